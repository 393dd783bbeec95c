"""Programs of crash mode that reached something new, and what to play next because of them. A program is known by its
name alone (tests/fuzz/mutate.h): SEED, NAME+SEED, NAME_NAMExSEED."""

import random
import re

from .coverage import numbers_of

LONGEST = 120            # letters of a name: beyond it a program is changed no more
LEAST_SHARE = 0.15       # of programs that are made from a seed alone, and of those that are made of others
MEMORY = 0.95            # weight of what was before a program, in the mean of edges that programs of its kind reached
SPLICED = 0.15           # share of the others that are made of two
_NAME = re.compile(r"\d+(?:[+_x]\d+)*")


def is_name(text):
    """Whether it looks like a name; the fuzzer's program says whether it is one."""
    return _NAME.fullmatch(text) is not None


def is_seed(text):
    return text.isdigit()


class Corpus:
    """Deterministic but for what the guest answers."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._next = seed
        self._means = {True: 1.0, False: 1.0}       # edges that a program reached first: from a seed alone?
        self.names = []
        self.reached = set()

    def add(self, name, edges):
        """Takes the answer to a program, "3-7,12"; whether it reached anything new."""
        fresh = set(numbers_of(edges)) - self.reached
        kind = is_seed(name)
        self._means[kind] = MEMORY * self._means[kind] + (1 - MEMORY) * len(fresh)
        if not fresh:
            return False
        self.reached |= fresh
        if len(name) <= LONGEST and name not in self.names:
            self.names.append(name)
        return True

    def _fresh(self):
        self._next += 1
        return str(self._next - 1)

    def _chosen(self):
        """Later programs rather than earlier ones: what is behind them is less known."""
        count = len(self.names)
        return self.names[max(self._random.randrange(count), self._random.randrange(count))]

    def propose(self):
        """The name of a program to play."""
        means = self._means
        share = (means[True] + 0.01) / (means[True] + means[False] + 0.02)
        if not self.names or self._random.random() < min(max(share, LEAST_SHARE), 1 - LEAST_SHARE):
            return self._fresh()
        name = self._chosen()
        if self._random.random() < SPLICED:
            other = self._chosen()
            if len(name) + len(other) < LONGEST:
                name = f"{name}_{other}x{self._random.randrange(1000)}"
        return f"{name}+{self._random.randrange(10000)}"
