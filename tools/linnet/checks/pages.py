"""Pages that follow from a table say what the table says: system calls and kernel options."""

import re
import subprocess
import sys

from ..paths import TOP

GENERATOR, TABLE, COVERAGE = TOP / "tools/gen/syscalls.py", TOP / "abi/linux/syscalls.def", TOP / "docs/coverage.md"
OPTIONS, OPTIONS_PAGE = TOP / "kernel/main/options.cc", TOP / "docs/kernel-options.md"
_OPTION = re.compile(r'\bOption\{"([a-z][a-z0-9_.]*)"')


def _generate(command):
    return subprocess.run([sys.executable, GENERATOR, command, TABLE], capture_output=True, text=True)


def check(options):
    problems = []
    tested = _generate("check")
    if tested.returncode != 0:
        problems.append(tested.stderr.strip())
    if COVERAGE.read_text() != _generate("coverage").stdout:
        problems.append("docs/coverage.md is old: python3 tools/gen/syscalls.py coverage abi/linux/syscalls.def > docs/coverage.md")
    page = OPTIONS_PAGE.read_text()
    problems += [f"docs/kernel-options.md: says nothing of {option}" for option in _OPTION.findall(OPTIONS.read_text())
                 if f"`{option}" not in page]
    return problems, []
