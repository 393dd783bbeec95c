"""Which files may use raw memory: docs/decisions/0006. Checked code is compiled with -Wunsafe-buffer-usage; this looks for
what the compiler does not judge."""

import re

from ..paths import TOP
from . import layering, sources

LIST = "trusted.txt"
_RAW = re.compile(r"\breinterpret_cast\b|\b__?asm__\b|\basm\s*(volatile\b|\()|(?<!operator )\bnew\s*\(|\bnew\s+\w|\bdelete\s+\w|\bunsafe_buffer_usage\b"
                  r"|\b__builtin_mem\w+")
_QUIET = re.compile(r"//.*|\"(\\\\.|[^\"\\\\])*\"")
# Not part of the kernel's image: tests, and the vDSO, which runs in user mode.
_OUTSIDE = re.compile(r"_(test|ktap|host)\.(cc|h)$|/vdso/|_vdso\.cc$")


def reasons(floor):
    """{file: why} of a floor that names its trusted files; None: it does not."""
    path = TOP / floor.path / LIST
    if not path.exists():
        return None
    lines = (line.partition(":") for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {f"{floor.path}/{name.strip()}": why.strip() for name, _, why in lines}


class Trust:
    def __init__(self):
        self._table = layering.floors()
        self.named = {floor.name: reasons(floor) for floor in self._table.values()}

    def trusts(self, path):
        """Whether the kernel's source at `path` is of the trusted base."""
        floor = layering.floor_of(path, self._table)
        if not floor:
            return False
        named = self.named[floor.name]
        if named is None:
            return floor.trusted
        return sources.relative(path) in named or path.suffix == ".S"


def check(options):
    trust, problems = Trust(), []
    for name, named in trust.named.items():
        for path, why in (named or {}).items():
            if not (TOP / path).exists():
                problems.append(f"{path}: named in {LIST}, but not there")
            elif not why:
                problems.append(f"{path}: {LIST} does not say why it is trusted")
    for path in sources.code(sources.tracked()):
        name = sources.relative(path)
        if not name.startswith(("kernel/", "base/")) or _OUTSIDE.search(name) or trust.trusts(path):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if match := _RAW.search(_QUIET.sub("", line)):
                problems.append(f"{name}:{number}: {match[0].strip()} in checked code")
    return problems, []
