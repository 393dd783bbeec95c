"""./linnet debug: gdb on a machine that `./linnet run --gdb` started in another terminal."""

import argparse
import os
import shutil

from .paths import PRESETS, TOP, kernel
from .qemu import GDB_SOCKET
from .ui import Problem


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="./linnet debug", description="First `./linnet run --gdb` in another terminal; then this: gdb with the "
        "kernel's symbols and printers, attached and stopped at the first instruction.")
    parser.add_argument("--preset", default="release", choices=PRESETS, help="the one that runs")
    parser.add_argument("gdb", nargs="*", metavar="-- ARG", help="more arguments for gdb")
    options = parser.parse_args(arguments)
    if not GDB_SOCKET.exists():
        raise Problem("no machine waits for gdb; start one with ./linnet run --gdb in another terminal", status=1)
    if not shutil.which("gdb"):
        raise Problem("gdb is missing; run tools/setup")
    command = ["gdb", "-q", str(kernel(options.preset)), "-ex", f"source {TOP / 'tools/gdb/linnet.py'}",
               "-ex", f"target remote {GDB_SOCKET}", *options.gdb]
    os.execvp("gdb", command)
