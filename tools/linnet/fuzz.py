"""./linnet fuzz: programs of random system calls, compared with Linux or meant to bring the kernel down."""

import argparse
import re
import sys
import time

from .fuzzing import compare, sides
from .paths import PRESETS, TOP
from .ui import Problem, clear, progress

BATCH = 20
CRASH_COUNT = 200       # calls a thread


def parser():
    p = argparse.ArgumentParser(
        prog="./linnet fuzz", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs programs of random system calls (tests/fuzz). The same seed makes the same calls.\n\n"
                    "  --mode diff   each seed on the host's Linux and on Linnet; a difference is shown with the fewest\n"
                    "                calls that lead to it: L what Linux said, * what Linnet said\n"
                    "  --mode crash  all calls, several threads at once, on Linnet alone: panics, reports of KASAN and\n"
                    "                of the lock ranks, and hangs",
        epilog="exit status: 0 nothing found, 1 findings")
    p.add_argument("--mode", choices=("diff", "crash"), default="diff")
    p.add_argument("--minutes", type=float, metavar="N", help="how long; default 5 (with --seeds: until they are done)")
    p.add_argument("--seed", type=int, default=1, metavar="S", help="the first seed; default 1")
    p.add_argument("--seeds", type=int, metavar="N", help="so many seeds")
    p.add_argument("--only", metavar="N,N,...", help="one seed, and of it these calls: shows what both sides say")
    p.add_argument("--calls", metavar="REGEX", help="programs of the calls with such a name")
    p.add_argument("--preset", choices=PRESETS, help="default release, kasan for --mode crash")
    p.add_argument("--smp", type=int, default=2, metavar="N", help="CPUs of the guest; default 2")
    p.add_argument("--threads", type=int, default=4, metavar="N", help="threads of --mode crash; default 4")
    return p


def numbers_of(pattern):
    """The numbers of the calls whose names match."""
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise Problem(f"--calls {pattern}: {error}", status=2)
    rows = re.findall(r"^\s*(\d+)\s+\S+\s+\w+\s+\S+\s+(\w+)\(", (TOP / "abi/linux/syscalls.def").read_text(), re.M)
    found = [number for number, name in rows if wanted.search(name)]
    if not found:
        raise Problem(f"--calls {pattern}: no call has such a name", status=2)
    return ",".join(found)


class Clock:
    def __init__(self, options):
        minutes = options.minutes if options.minutes is not None else 1e9 if options.seeds else 5
        self._end = time.monotonic() + minutes * 60
        self._next, self._last = options.seed, options.seed + (options.seeds or 1 << 62)

    def batches(self):
        """(first seed, number), until time or seeds run out."""
        while self._next < self._last and time.monotonic() < self._end:
            size = min(BATCH, self._last - self._next)
            yield self._next, size
            self._next += size


def show_ended(side, error, seeds):
    clear()
    answered = getattr(error, "answered", [])
    last = next((line for line in reversed(answered) if line.startswith("seed")), None)
    print(f"{side}: {error.reason}; seeds {seeds}, last answer: {last}\n{error.text}", flush=True)


def diff(options, linux, linnet):
    comparison = compare.Comparison(linux, linnet, compare.known_differences())
    lost = 0

    def report(found):
        clear()
        print(f"{found.signature()}\n{found.shown()}\n", flush=True)

    for first, size in Clock(options).batches():
        progress("fuzzing", f"{comparison.seeds} seeds, {comparison.calls} calls, {len(comparison.found)} differences")
        try:
            comparison.batch(first, size, report)
        except sides.Ended as error:
            lost += 1
            show_ended("diff", error, f"{first} to {first + size - 1}")
    clear()
    print(f"{comparison.seeds} seeds, {comparison.calls} calls, {len(comparison.found)} differences, "
          f"{sum(comparison.explained.values())} explained, {comparison.unsteady} unsteady, {lost} times lost a system")
    for signature, found in sorted(comparison.found.items(), key=lambda item: -item[1].seen):
        print(f"  {found.seen:4} {signature}  (seed {found.seed})")
    return 1 if comparison.found or lost else 0


def only(options, linux, linnet):
    steps = [int(n) for n in options.only.split(",")]
    comparison = compare.Comparison(linux, linnet, [])
    a, b = comparison.ask(options.seed, steps)
    clear()
    print("\n".join(compare.side_by_side(a, b)))
    return 1 if a != b else 0


def crash(options, linnet):
    seeds = calls = found = 0
    for first, size in Clock(options).batches():
        progress("fuzzing", f"{seeds} seeds, {calls} calls, {found} findings")
        try:
            for line in linnet.ask(f"crash {first} {size} {CRASH_COUNT} {options.threads}", 60 + 10 * size):
                seeds += 1
                calls += int(line.split()[2])
        except sides.Ended as error:
            found += 1
            show_ended("crash", error, f"{first} to {first + size - 1}")
        for line in linnet.take_complaints():
            found += 1
            clear()
            print(f"complaint at seeds {first} to {first + size - 1}: {line}", flush=True)
    clear()
    print(f"{seeds} seeds, {calls} calls, {linnet.boots} boots, {found} findings")
    return 1 if found else 0


def main(arguments):
    options = parser().parse_args(arguments)
    calls = numbers_of(options.calls) if options.calls else None
    preset = options.preset or ("kasan" if options.mode == "crash" else "release")
    binary = sides.program()
    linnet = sides.Linnet(binary, preset, options.smp, calls)
    linux = sides.Linux(binary, calls)
    try:
        if options.mode == "crash":
            return crash(options, linnet)
        return only(options, linux, linnet) if options.only else diff(options, linux, linnet)
    finally:
        linux.close()
        linnet.close()
        sys.stdout.flush()
