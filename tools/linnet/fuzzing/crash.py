"""Crash mode: programs on Linnet alone, several threads at once, until something falls. With a kernel that counts edges
(preset coverage), programs that reach new ones are changed and played again (corpus.py)."""

import time

from . import coverage, sides
from .corpus import Corpus, is_seed
from ..paths import kernel
from ..ui import Problem, clear, progress, say

BATCH = 20
CALLS = 200             # of a thread
REPEATS = 10            # of one program: what falls may depend on who is first
MINUTES = 5


class Findings:
    """What was found, each with how to play it again."""

    def __init__(self, linnet, options):
        self.count = 0
        self._linnet, self._options = linnet, options

    def _replay(self, name):
        words = ["./linnet fuzz --mode crash", f"--preset {self._linnet.preset}"]
        words += [f"--smp {self._options.smp}"] if self._options.smp != 2 else []
        words += [f"--threads {self._options.threads}"] if self._options.threads != 4 else []
        words += [f"--calls '{self._options.calls}'"] if self._options.calls else []
        return " ".join([*words, f"--seed {name}", "--seeds 1" if is_seed(name) else ""]).rstrip()

    def ended(self, error, name):
        self.count += 1
        clear()
        print(f"crash: {error.reason} in program {name}; again: {self._replay(name)}\n{error.text}", flush=True)

    def take_complaints(self, names):
        for line in self._linnet.take_complaints():
            self.count += 1
            clear()
            print(f"complaint while programs {names[0]} to {names[-1]} ran: {line}", flush=True)


def answers_of(lines):
    """([(name, calls, edges or None)], the name of the program that was running when the answer broke off)."""
    found, running = [], None
    for line in lines:
        words = line.split()
        if words[:1] != ["seed"] or len(words) < 2:
            continue
        if len(words) == 2:
            running = words[1]
        else:
            found.append((words[1], int(words[2]), words[3] if len(words) > 3 else None))
    return found, running


def names_of(options, corpus):
    """Lists of names to play, until time or number runs out."""
    given = options.seed if not is_seed(options.seed) else None
    left = options.seeds or (REPEATS if given and options.minutes is None else None)
    seconds = 60 * options.minutes if options.minutes is not None else None if left else 60 * MINUTES
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    while (left is None or left > 0) and time.monotonic() < end:
        size = BATCH if left is None else min(BATCH, left)
        left = None if left is None else left - size
        yield [given or corpus.propose() for _ in range(size)]


def save(path, lines):
    try:
        path.write_text("".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}")


def show_coverage(options, preset, reached):
    functions = coverage.read(kernel(preset))
    for folder, hit, edges in coverage.by_folder(functions, reached):
        print(f"{coverage.share(hit, edges)}  {folder}")
    print(f"{coverage.share(len(reached), sum(f.edges for f in functions))}  all edges")
    if options.report:
        save(options.report, coverage.report(functions, reached))
        say(f"{options.report}: each function")


def run(options, linnet):
    corpus = Corpus(int(options.seed) if is_seed(options.seed) else 0)
    stored = options.corpus.read_text().split() if options.corpus and options.corpus.exists() else []
    total = len(coverage.table_of(kernel(linnet.preset).read_bytes()))
    findings = Findings(linnet, options)
    programs = calls = 0
    for names in names_of(options, corpus):
        if stored:
            names, stored = stored[:BATCH], stored[BATCH:]
        edges = f", {len(corpus.reached)} of {total} edges, {len(corpus.names)} programs kept" if total else ""
        progress("fuzzing", f"{programs} programs, {calls} calls{edges}, {findings.count} findings")
        try:
            answered, running = answers_of(linnet.ask(f"play {CALLS} {options.threads} {' '.join(names)}",
                                                      60 + 10 * len(names)))
        except sides.Ended as error:
            answered, running = answers_of(getattr(error, "answered", []))
            findings.ended(error, running or names[0])
        for name, made, reached in answered:
            programs += 1
            calls += made
            if reached and not options.blind:
                corpus.add(name, reached)
            elif reached:
                corpus.reached |= set(coverage.numbers_of(reached))
        findings.take_complaints(names)
    clear()
    if total:
        show_coverage(options, linnet.preset, corpus.reached)
    if options.corpus:
        save(options.corpus, corpus.names)
    edges = f"{len(corpus.reached)} of {total} edges, {len(corpus.names)} programs kept, " if total else ""
    print(f"{programs} programs, {calls} calls, {edges}{linnet.boots} boots, {findings.count} findings")
    return 1 if findings.count else 0
