"""Child processes that never outlive us, and locks between copies of this program."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    """For preexec_fn: the kernel kills the child when the thread that started it ends, however it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def spawn(command, **options):
    return subprocess.Popen([str(word) for word in command], preexec_fn=die_with_parent,
                            **options)


def end(child, patience=0.0):
    """Waits `patience` seconds for the child, then kills it. Returns its exit status."""
    try:
        return child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


@contextlib.contextmanager
def file_lock(path):
    """Holds an exclusive lock on `path`; a second `./linnet` waits here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
