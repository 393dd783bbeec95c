"""A short round of the fuzzer: fixed seeds, the same on the host's Linux and on Linnet (tests/fuzz/README.md)."""

from ..fuzzing import compare, sides
from . import Job

NAME = "fuzz"
PARTS = 4
SEEDS = 25      # each


def jobs(options):
    if not options.may_match(f"{NAME}/seeds"):
        return []
    binary = sides.program()
    linnet = sides.Linnet(binary)

    def work(report):
        linux = sides.Linux(binary)
        try:
            for part in range(PARTS):
                _play(report, compare.Comparison(linux, linnet, compare.known_differences()), part * SEEDS + 1)
        finally:
            linux.close()
            linnet.close()
    return [Job(f"{NAME}/seeds", work, 2)]


def _play(report, comparison, first):
    name = f"{NAME}/seeds-{first}-{first + SEEDS - 1}"
    try:
        comparison.batch(first, SEEDS)
    except sides.Ended as error:
        report.add(name, False, f"{error.reason}\n{error.text}")
        return
    message = "\n\n".join(f"{signature}\n{found.shown()}" for signature, found in comparison.found.items())
    report.add(name, not comparison.found, message)
