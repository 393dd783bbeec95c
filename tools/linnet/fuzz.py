"""./linnet fuzz: programs of random system calls, compared with Linux or meant to bring the kernel down."""

import argparse
import pathlib
import re
import sys
import time

from .fuzzing import compare, crash, sides
from .fuzzing.corpus import is_name, is_seed
from .paths import PRESETS, TOP
from .ui import Problem, clear, progress

BATCH = 20


def parser():
    p = argparse.ArgumentParser(
        prog="./linnet fuzz", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs programs of random system calls (tests/fuzz). The same seed makes the same calls.\n\n"
                    "  --mode diff   each seed on the host's Linux and on Linnet; a difference is shown with the fewest\n"
                    "                calls that lead to it: L what Linux said, * what Linnet said\n"
                    "  --mode crash  all calls, several threads at once, on Linnet alone: panics, reports of KASAN and\n"
                    "                of the lock ranks, and hangs. With preset coverage, its default, programs that reach\n"
                    "                code not reached before are changed and played again; a program's name, as\n"
                    "                5012+77+3, makes it again: --seed takes it",
        epilog="exit status: 0 nothing found, 1 findings")
    p.add_argument("--mode", choices=("diff", "crash"), default="diff")
    p.add_argument("--minutes", type=float, metavar="N", help="how long; default 5 (with --seeds: until they are done)")
    p.add_argument("--seed", default="1", metavar="S", help="the first seed, default 1; in crash mode also the name of a "
                   f"program, which is played --seeds times ({crash.REPEATS})")
    p.add_argument("--seeds", type=int, metavar="N", help="so many seeds, or programs")
    p.add_argument("--only", metavar="N,N,...", help="one seed, and of it these calls: shows what both sides say")
    p.add_argument("--calls", metavar="REGEX", help="programs of the calls with such a name")
    p.add_argument("--preset", choices=PRESETS, help="default release, coverage for --mode crash")
    p.add_argument("--smp", type=int, default=2, metavar="N", help="CPUs of the guest; default 2")
    p.add_argument("--threads", type=int, default=4, metavar="N", choices=range(1, 17), help="threads of --mode crash, up to 16; default 4")
    p.add_argument("--report", type=pathlib.Path, metavar="FILE",
                   help="writes what of each function was reached (--mode crash, preset coverage)")
    p.add_argument("--corpus", type=pathlib.Path, metavar="FILE",
                   help="begins with the programs of FILE, and writes those that reached something new (--mode crash)")
    p.add_argument("--blind", action="store_true", help="crash mode: takes no notice of what programs reach")
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


def checked(options):
    if not (is_name if options.mode == "crash" else is_seed)(options.seed):
        raise Problem(f"--seed {options.seed}: not a seed" + (" or a name" if options.mode == "crash" else ""), status=2)
    for name in ("report", "corpus", "blind"):
        if getattr(options, name) and options.mode != "crash":
            raise Problem(f"--{name}: only for --mode crash", status=2)
        if getattr(options, name) and options.preset not in (None, "coverage"):
            raise Problem(f"--{name}: only preset coverage tells what programs reach", status=2)
    return options


class Clock:
    def __init__(self, options):
        minutes = options.minutes if options.minutes is not None else 1e9 if options.seeds else 5
        self._end = time.monotonic() + minutes * 60
        self._next = int(options.seed)
        self._last = self._next + (options.seeds or 1 << 62)

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
    a, b = comparison.ask(int(options.seed), steps)
    clear()
    print("\n".join(compare.side_by_side(a, b)))
    return 1 if a != b else 0


def main(arguments):
    options = checked(parser().parse_args(arguments))
    calls = numbers_of(options.calls) if options.calls else None
    preset = options.preset or ("coverage" if options.mode == "crash" else "release")
    binary = sides.program()
    linnet = sides.Linnet(binary, preset, options.smp, calls)
    linux = sides.Linux(binary, calls)
    try:
        if options.mode == "crash":
            return crash.run(options, linnet)
        return only(options, linux, linnet) if options.only else diff(options, linux, linnet)
    finally:
        linux.close()
        linnet.close()
        sys.stdout.flush()
