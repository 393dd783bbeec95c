"""Reads KTAP (the kernel's test protocol) out of the kernel log."""

import re

_PREFIX = re.compile(r"^<\d+>\[\s*[\d.]+\] ?")
_RESULT = re.compile(r"^(\s*)(not ok|ok) (\d+)\s*(?:- )?(.*?)\s*(?:# (\w+)\s*(.*))?$")
_PLAN = re.compile(r"^(\s*)1\.\.(\d+)")


class Reader:
    """Collects the leaf results; remarks that come before a failed one are its message."""

    def __init__(self):
        self.results = []       # (name, "ok" | "not ok" | "skip", message)
        self.planned = None     # tests at the outermost level
        self.seen = 0           # results at the outermost level
        self._remarks = []
        self._inner = 0         # indentation of the last result; deeper ones belong to the next outer one

    def feed(self, line):
        line = _PREFIX.sub("", line)
        plan = _PLAN.match(line)
        if plan:
            if not plan[1]:
                self.planned = int(plan[2])
            return
        match = _RESULT.match(line)
        if not match:
            self._remarks.append(line)
            del self._remarks[:-30]
            return
        depth, state, name = len(match[1]), match[2], match[4] or f"test {match[3]}"
        if depth == 0:
            self.seen += 1
        if match[5] and match[5].upper() == "SKIP":
            state = "skip"
        is_parent = depth < self._inner
        self._inner = depth
        if not is_parent:
            self.results.append((name, state, "\n".join(self._remarks)))
        self._remarks.clear()
