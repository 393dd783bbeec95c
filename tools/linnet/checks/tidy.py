"""clang-tidy, on changed sources of the release kernel and of the host tests."""

import json
import subprocess

from ..paths import BUILD
from . import sources

CHECKS = "-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,performance-*"


def check(options):
    wanted = {str(path) for path in sources.code(sources.tracked() if options.all else sources.changed(), (".cc",))}
    problems = []
    for preset in ("release", "host"):
        commands = BUILD / preset / "compile_commands.json"
        if not commands.exists():
            continue
        files = sorted(wanted & {entry["file"] for entry in json.loads(commands.read_text())})
        wanted -= set(files)
        if files:
            done = subprocess.run(["clang-tidy-19", "--quiet", f"--checks={CHECKS}", "-p", BUILD / preset, *files],
                                  capture_output=True, text=True)
            problems += sorted({line for line in done.stdout.splitlines() if ": warning: " in line or ": error: " in line})
    return problems, []
