"""Builds what is stale: the kernel of a preset, the host tests, the user programs."""

import argparse
import collections
import hashlib
import os
import shutil
import subprocess

from .paths import BUILD, PRESETS, TOP, kernel
from .process import file_lock, spawn
from .ui import Problem, clear, progress, say

USER_FLAGS = ("-std=c++20", "-static", "-Os", "-Wall", "-Wextra", "-fno-exceptions", "-fno-rtti",
              "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s")


def stream(command, phase, shown=lambda line: line.startswith("[")):
    """Runs a command with its last line as progress; on failure shows what it said."""
    environment = dict(os.environ, NINJA_STATUS="[%f/%t] ", CLICOLOR_FORCE="0")
    child = spawn(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                  text=True, errors="replace", env=environment)
    kept = collections.deque(maxlen=400)
    for line in child.stdout:
        if shown(line):
            progress(phase, line.rstrip())
        if not line.startswith("["):
            kept.append(line)
    clear()
    if child.wait() != 0:
        raise Problem(f"{phase} failed:\n{''.join(kept)}")


def _priority():
    """The build is polite to everything else on the machine."""
    return ["nice", "-n", "5"] if shutil.which("nice") else []


def build_preset(preset, targets=(), jobs=None):
    folder = BUILD / preset
    with file_lock(BUILD / f".{preset}.lock"):
        if not (folder / "build.ninja").exists():
            stream(["cmake", "--preset", preset], f"configuring {preset}", lambda line: line.startswith("--"))
        command = _priority() + ["ninja", "-C", folder, *(["-j", jobs] if jobs else []), *targets]
        stream(command, f"building {preset}")


def build_kernel(preset):
    build_preset(preset, ["kernel"] if (TOP / "kernel/main/start.cc").exists() else [])
    if not kernel(preset).exists():
        raise Problem(f"the build made no {kernel(preset).relative_to(TOP)}: kernel/main is missing")
    return kernel(preset)


def build_program(name, sources, flags=(), compiler="g++", libraries=()):
    """A static Linux program of one command line, made again when a source or the command changed."""
    output = BUILD / "user" / name
    command = [compiler, *USER_FLAGS, *flags]
    digest = hashlib.sha256(repr(command).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    stamp = output.with_name(output.name + ".stamp")
    with file_lock(output.with_name(output.name + ".lock")):
        if output.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
            return output
        progress("building", name)
        units = [path for path in sources if path.suffix in (".c", ".cc", ".S")]
        done = subprocess.run([*command, "-o", output, *units, *libraries], capture_output=True, text=True)
        clear()
        if done.returncode != 0:
            raise Problem(f"building {name} failed:\n{done.stderr}")
        stamp.write_text(digest.hexdigest())
    return output


def build_init():
    folder = TOP / "user/services/init"
    sources = [p for p in folder.glob("*.*") if p.suffix in (".cc", ".h") and not p.stem.endswith("_test")]
    return build_program("init", sources)


def main(arguments):
    parser = argparse.ArgumentParser(prog="./linnet build", description="Builds the kernel and the user programs.")
    parser.add_argument("preset", nargs="*", default=["release"],
                        help="release (default), debug, kasan, coverage (kasan with counters for the fuzzer) or host (the "
                             "pure cores and their tests)")
    parser.add_argument("-j", "--jobs", help="parallel jobs")
    options = parser.parse_args(arguments)
    for preset in options.preset:
        if preset not in (*PRESETS, "host"):
            parser.error(f"no preset {preset}: {', '.join(PRESETS)} or host")
    for preset in options.preset:
        build_preset(preset, jobs=options.jobs)
        say(f"{preset}: built in build/{preset}")
    build_init()
    return 0
