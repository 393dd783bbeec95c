"""Talking to the person at the terminal. Everything goes to stderr: stdout belongs to the guest's program."""

import os
import shutil
import sys
import time


class Problem(Exception):
    """An error with a message for people and the exit status that goes with it."""

    def __init__(self, message, status=125):
        super().__init__(message)
        self.status = status


def say(message):
    clear()
    print(f"linnet: {message}", file=sys.stderr, flush=True)


_shown = False
_started = time.monotonic()
_announced = set()


def progress(phase, detail=""):
    """One line that overwrites itself on a terminal; elsewhere one line a phase, and only once it is slow."""
    global _shown
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        text = f"linnet: {phase} {detail}"[:width]
        os.write(2, f"\r\x1b[K{text}".encode())
        _shown = True
    elif phase not in _announced and time.monotonic() - _started > 5:
        _announced.add(phase)
        print(f"linnet: {phase}", file=sys.stderr, flush=True)


def clear():
    """Removes the progress line."""
    global _shown
    if _shown:
        os.write(2, b"\r\x1b[K")
        _shown = False
