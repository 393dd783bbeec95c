"""./linnet menuconfig: edits the build options of a preset."""

import argparse
import os
import subprocess

from .paths import BUILD, PRESETS, TOP
from .ui import Problem


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="./linnet menuconfig", description="Edits the build options of a preset; the answers are kept in "
        "build/PRESET/.config on top of kernel/configs/PRESET.config.")
    parser.add_argument("preset", nargs="?", default="release", choices=PRESETS)
    preset = parser.parse_args(arguments).preset
    answers = BUILD / preset / ".config"
    if not answers.exists():
        answers.parent.mkdir(parents=True, exist_ok=True)
        answers.write_text((TOP / f"kernel/configs/{preset}.config").read_text())
    environment = dict(os.environ, KCONFIG_CONFIG=str(answers))
    status = subprocess.run(["/usr/bin/python3", "-m", "menuconfig", str(TOP / "kernel/Kconfig")], env=environment).returncode
    if status != 0:
        raise Problem(f"menuconfig ended with status {status}", status=1)
    return 0
