"""Which files there are, and which differ from the main branch."""

import functools
import subprocess

from ..paths import TOP

CODE = (".cc", ".h", ".c", ".S")


def _git(*words):
    done = subprocess.run(["git", "-C", TOP, *words], capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else []


@functools.cache
def tracked():
    """Every file of the project, also those not yet added."""
    names = _git("ls-files", "--cached", "--others", "--exclude-standard")
    return [path for name in sorted(set(names)) if (path := TOP / name).is_file()]


@functools.cache
def changed():
    """Files that differ from main (or from the last commit, on main itself)."""
    base = (_git("merge-base", "HEAD", "main") or _git("merge-base", "HEAD", "origin/main") or ["HEAD"])[0]
    if base == (_git("rev-parse", "HEAD") or [""])[0]:
        base = "HEAD~1" if _git("rev-parse", "--verify", "-q", "HEAD~1") else "HEAD"
    names = set(_git("diff", "--name-only", base) + _git("ls-files", "--others", "--exclude-standard"))
    return [path for name in sorted(names) if (path := TOP / name).is_file()]


def code(paths, suffixes=CODE):
    return [path for path in paths if path.suffix in suffixes]


def relative(path):
    return str(path.relative_to(TOP))
