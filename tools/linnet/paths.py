"""Where things are."""

import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
CACHE = BUILD / "cache"      # downloads
ROOTS = BUILD / "roots"      # finished root file systems
PRESETS = ("release", "debug", "kasan", "coverage")
TESTED_PRESETS = PRESETS[:3]     # coverage is kasan with counters, for the fuzzer


def has_shadow(preset):
    """Whether its kernel has KASAN, and so needs more memory."""
    return preset in ("kasan", "coverage")


def kernel(preset):
    return BUILD / preset / "linnet.elf"
