"""Short rounds of the fuzzer with fixed seeds (tests/fuzz/README.md). Always: calls of several threads at once on Linnet,
which must live through them. With --full: the same calls on the host's Linux and on Linnet; what differs depends on the
version of the host's Linux too."""

from ..fuzzing import compare, sides
from . import Job

NAME = "fuzz"
PARTS = 4
SEEDS = 25           # each
CRASH_SEEDS = 10
CRASH_CALLS = 400    # a seed
CRASH_THREADS = 4


def jobs(options):
    found = []
    if options.may_match(f"{NAME}/crash"):
        found.append(Job(f"{NAME}/crash", lambda report: _with_linnet(_crash, report), 2))
    if options.full and options.may_match(f"{NAME}/seeds"):
        found.append(Job(f"{NAME}/seeds", lambda report: _with_linnet(_compare, report), 2))
    if found:
        sides.program()
    return found


def _with_linnet(work, report):
    binary = sides.program()
    linnet = sides.Linnet(binary)
    try:
        work(report, binary, linnet)
    finally:
        linnet.close()


def _crash(report, _, linnet):
    name = f"{NAME}/crash-1-{CRASH_SEEDS}"
    try:
        answered = list(linnet.ask(f"crash 1 {CRASH_SEEDS} {CRASH_CALLS} {CRASH_THREADS}", 60 + 10 * CRASH_SEEDS))
    except sides.Ended as error:
        report.add(name, False, f"{error.reason}\n{error.text}")
        return
    complaints = list(linnet.take_complaints())
    report.add(name, len(answered) == CRASH_SEEDS and not complaints,
               f"{len(answered)} of {CRASH_SEEDS} seeds answered\n" + "\n".join(map(str, complaints)))


def _compare(report, binary, linnet):
    linux = sides.Linux(binary)
    try:
        for part in range(PARTS):
            _play(report, compare.Comparison(linux, linnet, compare.known_differences()), part * SEEDS + 1)
    finally:
        linux.close()


def _play(report, comparison, first):
    name = f"{NAME}/seeds-{first}-{first + SEEDS - 1}"
    try:
        comparison.batch(first, SEEDS)
    except sides.Ended as error:
        report.add(name, False, f"{error.reason}\n{error.text}")
        return
    message = "\n\n".join(f"{signature}\n{found.shown()}" for signature, found in comparison.found.items())
    report.add(name, not comparison.found, message)
