"""The terminal of an interactive session: raw while it runs, as it was afterwards; Ctrl-A X leaves."""

import os
import shutil
import termios
import tty

PREFIX = 1  # Ctrl-A
HELP = "leave with Ctrl-A X (Ctrl-A A sends Ctrl-A), or type exit"


def is_terminal(descriptor):
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


class Terminal:
    def __init__(self):
        self.raw = is_terminal(0)
        self._prefixed = False

    def __enter__(self):
        if self.raw:
            self._saved = termios.tcgetattr(0)
            tty.setraw(0, termios.TCSADRAIN)
        return self

    def __exit__(self, *_):
        if self.raw:
            termios.tcsetattr(0, termios.TCSADRAIN, self._saved)

    def size(self):
        """(columns, rows), or None where nobody looks."""
        if not (self.raw and is_terminal(1)):
            return None
        return tuple(shutil.get_terminal_size())

    def filter(self, data):
        """What of the typed bytes goes to the guest; None when the person leaves."""
        if not self.raw:
            return data
        out = bytearray()
        for byte in data:
            if self._prefixed:
                self._prefixed = False
                if byte in b"xX\x18":
                    return None
                out.append(byte if byte == PREFIX or byte not in b"aA" else PREFIX)
            elif byte == PREFIX:
                self._prefixed = True
            else:
                out.append(byte)
        return bytes(out)

    def print_line(self, data):
        """A whole line on stderr, correct in raw mode as well."""
        os.write(2, data + (b"\r\n" if self.raw else b"\n"))
