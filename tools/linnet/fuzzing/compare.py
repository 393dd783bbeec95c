"""Differences between the answers of two sides: found, made small, put into groups."""

import dataclasses
import difflib
import re

from ..ui import Problem
from . import sides

COUNT = 40              # calls a seed
MOST_A_SEED = 8         # differences looked for in one seed
_STEP = re.compile(r"(\d+) (\w+)\((.*)\) = (\S+)$")
_BEGUN = re.compile(r"(\d+) (\w+)\(")


def steps_of(lines):
    """{step: its lines}, in order; the last line, how it ended, is step -1."""
    steps, current = {}, None
    for line in lines:
        if line.startswith("end "):
            steps[-1] = [line]
        elif match := _BEGUN.match(line):
            current = int(match[1])
            steps[current] = [line]
        elif current is not None:
            steps[current].append(line)
    return steps


def first_difference(linux, linnet):
    """The first step with different lines, or None."""
    a, b = steps_of(linux), steps_of(linnet)
    for step in [*a, *b]:
        if a.get(step) != b.get(step):
            if step == -1 and len(a) > 1 and list(a) == list(b):
                return list(a)[-2]      # it ended in the last call
            return step
    return None


@dataclasses.dataclass
class Difference:
    seed: int
    step: int
    linux: list
    linnet: list
    only: list = dataclasses.field(default_factory=list)
    program: list = dataclasses.field(default_factory=list)     # Linux's lines of the small program
    seen: int = 1

    def signature(self):
        """call: linux result / linnet result, or what memory differs."""
        name, a, b = "?", "nothing", "nothing"
        if self.linux and (m := _BEGUN.match(self.linux[0])):
            name = m[2]
        elif self.linnet and (m := _BEGUN.match(self.linnet[0])):
            name = m[2]
        results = []
        for lines in (self.linux, self.linnet):
            m = _STEP.match(lines[0]) if lines else None
            result = m[4] if m else "no end" if lines else "not reached"
            results.append(result if result.startswith("-E") or not m or result == "0" else "value")
        a, b = results
        if a == b and self.linux[:1] == self.linnet[:1]:
            changed = sorted({re.split(r"[ :]", line.strip())[0] + self._fields(line) for line in
                              set(self.linux[1:]) ^ set(self.linnet[1:])})
            return f"{name}: memory {' '.join(changed)}"
        return f"{name}: {a} / {b}"

    def _fields(self, line):
        other = self.linnet if line in self.linux else self.linux
        fields = lambda text: set(re.findall(r"[\w.]*=[^ }]*|\"[^\"]*\"", text))
        mine = fields(line)
        theirs = set().union(*(fields(l) for l in other)) if other else set()
        return "".join("." + f.split("=")[0] for f in sorted(mine - theirs) if "=" in f)

    def shown(self):
        out = [f"seed {self.seed}, call {self.step}, seen {self.seen} times"]
        out += ["    " + line for line in self.program if steps_of([line]).get(self.step) is None and not line.startswith("end")]
        return "\n".join(line[:600] for line in out + side_by_side(self.linux, self.linnet))


def side_by_side(linux, linnet):
    """The lines of both; what only Linux says begins with L, what only Linnet says with *."""
    marks = {"-": "  L ", "+": "  * ", " ": "    "}
    return [marks[line[0]] + line[2:] for line in difflib.ndiff(linux, linnet) if line[0] in marks]


@dataclasses.dataclass(frozen=True)
class Known:
    """A line of tests/fuzz/known.txt: what the signature, and if need be the call on either side, looks like."""
    signature: str
    call: str       # of "name(arguments) = result"; empty: any

    def explains(self, difference, signature):
        if not re.fullmatch(self.signature, signature):
            return False
        return not self.call or any(re.search(self.call, lines[0]) for lines in (difference.linux, difference.linnet) if lines)

    def __str__(self):
        return f"{self.signature} @ {self.call}" if self.call else self.signature


def known_differences(text=None):
    """The lines of tests/fuzz/known.txt; each comes with a reason."""
    known = []
    for line in (text or (sides.FOLDER / "known.txt").read_text()).splitlines():
        if line and not line.startswith("#"):
            pattern, _, reason = line.partition("  ")
            if not reason.strip():
                raise Problem(f"tests/fuzz/known.txt: '{pattern}' has no reason")
            signature, _, call = pattern.partition(" @ ")
            known.append(Known(signature, call))
    return known


class Comparison:
    """Asks both sides for the same seeds. `known` has the differences that are explained."""

    def __init__(self, linux, linnet, known, seconds=120):
        self._sides, self._known, self._seconds = (linux, linnet), known, seconds
        self.found = {}             # signature -> Difference
        self.explained = {}         # pattern -> times seen
        self.seeds = self.calls = self.unsteady = 0

    def batch(self, first, seeds, report=lambda difference: None):
        answers = []
        for side in self._sides:
            answers.append([line.split() for line in side.ask(f"batch {first} {seeds} {COUNT}", self._seconds + seeds)])
        for (_, seed, calls, a), (_, _, _, b) in zip(*answers):
            self.seeds += 1
            self.calls += int(calls)
            if a != b:
                self._explore(int(seed), report)

    def ask(self, seed, only=None, upto="-"):
        chosen = ",".join(map(str, only)) if only is not None else "-"
        return [side.ask(f"show {seed} {COUNT} {upto} {chosen or '999'}", self._seconds) for side in self._sides]

    def difference(self, seed, only=None):
        linux, linnet = self.ask(seed, only)
        step = first_difference(linux, linnet)
        if step is None:
            return None
        a, b = steps_of(linux), steps_of(linnet)
        return Difference(seed, step, a.get(step, []) + (a.get(-1, []) if step != -1 and a.get(-1) != b.get(-1) and list(a)[-2:-1] == [step] else []),
                          b.get(step, []) + (b.get(-1, []) if step != -1 and a.get(-1) != b.get(-1) and list(b)[-2:-1] == [step] else []), program=linux)

    def _explore(self, seed, report):
        """Takes the differing call out and looks again: one seed may show several."""
        left = list(range(COUNT))
        for _ in range(MOST_A_SEED):
            found = self.difference(seed, left)
            if found is None:
                return
            signature = found.signature()
            pattern = next((str(k) for k in self._known if k.explains(found, signature)), None)
            if pattern:
                self.explained[pattern] = self.explained.get(pattern, 0) + 1
            elif signature in self.found:
                self.found[signature].seen += 1
            else:
                again = self.difference(seed, left)
                if again is None or again.signature() != signature:
                    self.unsteady += 1
                    return
                self.found[signature] = self._minimise(found, left)
                report(self.found[signature])
            if found.step not in left:
                return
            left.remove(found.step)

    def _minimise(self, found, left):
        """The fewest calls before the differing one that still show the difference."""
        signature = found.signature()
        keep = [step for step in left if step <= found.step] if found.step >= 0 else list(left)
        best = found

        def still(steps):
            nonlocal best
            got = self.difference(found.seed, steps)
            if got is not None and got.step == found.step and got.signature() == signature:
                best = got
                return True
            return False

        if not still(keep):
            return found
        size = len(keep) // 2
        while size >= 1:
            at = 0
            while at < len(keep):
                without = keep[:at] + [s for s in keep[at:at + size] if s == found.step] + keep[at + size:]
                if len(without) < len(keep) and still(without):
                    keep = without
                else:
                    at += size
            size //= 2
        best.only = keep
        return best
