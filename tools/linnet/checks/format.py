"""clang-format, on changed files."""

import re
import subprocess

from . import sources

ASSEMBLY = "kernel/arch/x86_64/asm.h"    # a header of macros for .S files: no C++


def check(options):
    files = sources.code(sources.tracked() if options.all else sources.changed(), (".cc", ".h", ".c"))
    files = [path for path in files if sources.relative(path) != ASSEMBLY]
    if not files:
        return [], []
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], capture_output=True, text=True)
    wrong = sorted({match[1] for match in re.finditer(r"^(.+?):\d+:\d+: error", done.stderr, re.MULTILINE)})
    return [f"{sources.relative(path)}: run clang-format-19 -i" for path in files if str(path) in wrong], []
