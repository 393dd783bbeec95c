"""Debian's package lists: fetched anew when what they name is not there (a machine without lists, or with old ones)."""

import subprocess

from .paths import TOP
from .ui import Problem, say


def with_fresh_lists(fetch):
    """fetch(); when that is a Problem, once more after `tools/setup --lists`."""
    try:
        return fetch()
    except Problem as problem:
        say(f"{problem}\ntrying once more with new package lists")
        if subprocess.run([TOP / "tools/setup", "--lists"], stdin=subprocess.DEVNULL).returncode != 0:
            raise
        return fetch()
