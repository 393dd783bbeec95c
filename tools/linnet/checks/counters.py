"""Counters that may only fall; their limits are in tools/check/counters.json."""

import json
import re
import tomllib

from ..paths import TOP
from . import sources, trust

LIMITS = TOP / "tools/check/counters.json"
LONG_FILE = 800
TRUSTED_GOAL = 25    # percent of kernel lines


def _kernel_sources(*folders):
    return [path for path in sources.code(sources.tracked()) if sources.relative(path).startswith(folders or "kernel/")
            and not re.search(r"_(test|ktap|host)\.cc$", path.name)]


def _count(pattern, paths, skip=lambda name: False):
    rule = re.compile(pattern)
    return sum(len(rule.findall(path.read_text(errors="replace"))) for path in paths if not skip(sources.relative(path)))


def _lines(paths):
    return sum(len(path.read_bytes().splitlines()) for path in paths)


def _table(path):
    """Tables are exempt from the limit of length: generated or one row a line."""
    return path.suffix == ".def" or path.name in ("numbers.h",)


def measure():
    kernel = _kernel_sources()
    return {
        "files over 800 lines": sum(_lines([path]) > LONG_FILE for path in sources.code(sources.tracked()) if not _table(path)),
        "must() outside main": _count(r"\bmust\(", kernel, lambda name: name.startswith(("kernel/main/", "kernel/platform/"))),
        "analysis opt-outs": _count(r"NO_THREAD_SAFETY_ANALYSIS|NOLINT", kernel),
        "TODOs without a decision number": _count(r"\b(TODO|FIXME|XXX)\b(?!\(\d{4}\))", sources.code(sources.tracked())),
        "blocked tests": sum(len(path.read_text().split("\n")) - 1 for path in (TOP / "tests").rglob("*.blocked")),
        "blocked foreign tests": sum(len(tomllib.loads(path.read_text()).get("blocked", {}))
                                     for path in (TOP / "tests/programs").glob("*.toml")),
    }


def trusted_share():
    """(trusted lines, all lines) of the kernel with base/, tests left out."""
    kernel, judge = _kernel_sources("kernel/", "base/"), trust.Trust()
    return _lines(path for path in kernel if judge.trusts(path)), _lines(kernel)


def check(options):
    limits = json.loads(LIMITS.read_text()) if LIMITS.exists() else {}
    now = measure()
    problems = [f"{name}: {value}, the limit is {limits.get(name, 0)}" for name, value in now.items()
                if value > limits.get(name, 0)]
    if options.lower and not problems:
        LIMITS.write_text(json.dumps(now, indent=4) + "\n")
    remarks = [f"{name}: {value}" for name, value in now.items()]
    trusted, kernel = trusted_share()
    if kernel:
        remarks.append(f"trusted base: {100 * trusted / kernel:.1f} % of {kernel} lines of kernel/ and base/ "
                       f"(goal: under {TRUSTED_GOAL} %)")
    return problems, remarks
