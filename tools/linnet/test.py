"""./linnet test: everything that can fail, with one summary line."""

import argparse
import concurrent.futures
import re
import subprocess
import threading

from . import qemu
from .paths import TESTED_PRESETS, TOP
from .suites import Report, abi, check, fuzz, host, ktap, system, tools
from .ui import Problem, clear

SUITES = (check, tools, host, abi, fuzz, ktap, system)


def parser():
    p = argparse.ArgumentParser(
        prog="./linnet test", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs the tests and ends with one line: N passed, N failed.\n\n"
                    "  check/   what ./linnet check --all judges: format, layers, sizes, counters\n"
                    "  tools/   the tools themselves\n"
                    "  host/    GoogleTest of the pure cores, under ASan and UBSan\n"
                    "  abi/     the same static program on Linux and on Linnet\n"
                    "  fuzz/    random system calls, the same seeds on Linux and on Linnet\n"
                    "  ktap/    tests inside the kernel: release, debug, kasan; 1 and 4 CPUs\n"
                    "  system/  scenes of the whole machine")
    p.add_argument("--filter", metavar="REGEX", default="",
                   help="only tests whose name matches, for instance host/base, abi/ or fork")
    p.add_argument("--list", action="store_true", help="name the suites' jobs and end")
    p.add_argument("--full", action="store_true", help="also what takes long: every preset, slow scenes")
    p.add_argument("--preset", action="append", dest="presets", choices=TESTED_PRESETS, default=[],
                   help="only this kernel preset (repeatable)")
    p.add_argument("-j", "--jobs", type=int, default=qemu.host_cpus(), help="CPUs of this machine to use")
    return p


def alternatives(pattern):
    """The parts of a regular expression between the | that stand in no group."""
    parts, depth, escaped = [""], 0, False
    for c in pattern:
        if c == "|" and depth == 0 and not escaped:
            parts.append("")
            continue
        if not escaped:
            depth += (c in "([") - (c in ")]")
        escaped = c == "\\" and not escaped
        parts[-1] += c
    return parts


class Filter:
    def __init__(self, pattern):
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise Problem(f"--filter {pattern}: {error}", status=2)
        # An alternative that names suites is about them alone; any other may match in every suite.
        every = {suite.NAME for suite in SUITES}
        self._suites = set()
        for part in alternatives(pattern):
            first = part.lstrip("^").partition("/")[0]
            self._suites |= {name for name in every if re.search(part, name + "/") or name == first} or every

    def wants(self, name):
        return bool(self._pattern.search(name))

    def wants_suite(self, name):
        return name in self._suites

    def presets(self, offered):
        """Of the offered presets those that the pattern names, or all."""
        return [preset for preset in offered if preset in self._pattern.pattern] or list(offered)

    def may_match(self, name):
        """`{}` in a name stands for what is not known yet."""
        return any(self._pattern.search(name.replace("{}", f"{preset}-{cpus}cpu"))
                   for preset in TESTED_PRESETS for cpus in (1, 4))


class Slots:
    """As many CPUs as jobs may keep busy at a time."""

    def __init__(self, count):
        self._free, self._count = count, count
        self._changed = threading.Condition()

    def take(self, wanted):
        wanted = min(wanted, self._count)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= wanted)
            self._free -= wanted
        return wanted

    def give(self, count):
        with self._changed:
            self._free += count
            self._changed.notify_all()


def collect(options, chosen, report):
    jobs = []
    for suite in SUITES:
        if not chosen.wants_suite(suite.NAME):
            continue
        report.phase(f"preparing {suite.NAME}")
        try:
            jobs += suite.jobs(options)
        except Problem as problem:
            report.add(f"{suite.NAME}/build", False, problem)
    return jobs


def main(arguments):
    options = parser().parse_args(arguments)
    chosen = Filter(options.filter)
    options.may_match = chosen.may_match
    options.chosen_presets = lambda offered: options.presets or chosen.presets(offered)
    # A suite that does not build fails whatever the filter says.
    report = Report(lambda name: chosen.wants(name) or name.endswith("/build"))
    slots = Slots(max(1, options.jobs))

    def perform(job):
        taken = slots.take(job.cpus)
        try:
            job.work(report)
        except Exception as error:  # a broken job must not hide the others' results
            report.add(f"{job.name}/build", False, f"{type(error).__name__}: {error}")
        finally:
            slots.give(taken)

    if options.full:
        subprocess.run([TOP / "tools/setup", "--full"], check=False)
    jobs = collect(options, chosen, report)
    if options.list:
        clear()
        print("\n".join(job.name for job in jobs))
        return 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        list(pool.map(perform, jobs))
    clear()
    if report.skipped:
        print(f"{report.skipped} skipped")
    print(f"{report.passed} passed, {len(report.failed)} failed", flush=True)
    if not report.passed and not report.failed:
        print(f"no test has a name that matches '{options.filter}'")
        return 1
    return 1 if report.failed else 0
