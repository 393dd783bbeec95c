"""Where things are."""

import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
CACHE = BUILD / "cache"      # downloads
ROOTS = BUILD / "roots"      # finished root file systems
PRESETS = ("release", "debug", "kasan")


def kernel(preset):
    return BUILD / preset / "linnet.elf"
