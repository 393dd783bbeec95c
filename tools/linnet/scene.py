"""What a scene of tests/system/ can do: run ./linnet as a person would, type at a shell, look at the screen."""

import os
import re
import subprocess
import time

from . import build, picture, qemu, qmp, rootfs
from .paths import BUILD, TOP
from .process import spawn
from .session import Outcome, Session


class Skip(Exception):
    """Raised by a scene that cannot play here; the text says why."""


def full(function):
    """Marks a scene that plays with --full only."""
    function.only_full = True
    return function


class Ran:
    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr

    def __repr__(self):
        return f"status {self.status}, stdout {self.stdout[-500:]!r}, stderr {self.stderr[-1500:]!r}"


class Stage:
    """The surroundings of one scene; everything that it started ends with it."""

    def __init__(self, name):
        self.name = name
        self._guests = []
        self._ran = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for guest in self._guests:
            guest.close()

    def seen(self):
        """What there was to see, for the message of a failed scene."""
        parts = [repr(self._ran)] if self._ran else []
        parts += [guest.seen() for guest in self._guests]
        return "\n".join(parts)

    def linnet(self, *words, stdin=b"", seconds=120):
        """./linnet WORDS...: its status, stdout and stderr."""
        child = spawn([TOP / "linnet", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, errors = child.communicate(stdin, timeout=seconds)
            self._ran = Ran(child.returncode, out, errors)
        except subprocess.TimeoutExpired:
            child.terminate()
            out, errors = child.communicate()
            self._ran = Ran(124, out, errors)
        return self._ran

    def run(self, *program, options=(), stdin=b"", seconds=120):
        """./linnet run OPTIONS -- PROGRAM..."""
        return self.linnet("run", "--timeout", str(seconds), *options, "--", *program, stdin=stdin, seconds=seconds + 60)

    def shell(self, root="busybox", preset="release", smp=2, append="", additions=(), **machine):
        """An interactive machine whose console the scene drives."""
        initrd = rootfs.assemble(root, additions, rootfs.run_conf([], "/", [], False, (80, 25)))
        size = os.fstat(initrd.fileno()).st_size
        options = qemu.Machine(
            kernel=build.kernel(preset), initrd=initrd.fileno(), smp=smp,
            memory=machine.pop("memory", max(256 << 20, 2 * size + (128 << 20))),
            append=f"console=ttyS0 exit=debug loglevel=8 init=/.linnet/init {append}", **machine)
        return self._add(Guest(options, initrd))

    def machine(self, **options):
        """Any machine."""
        return self._add(Guest(qemu.Machine(**options)))

    def _add(self, guest):
        self._guests.append(guest)
        return guest


class Guest:
    def __init__(self, machine, initrd=None):
        self._initrd = initrd
        self.console, self.log, self._at = "", "", 0
        self.emulator = qemu.Emulator(machine, qmp=True)
        self.qmp = qmp.Qmp(self.emulator.channels["qmp"])
        self.session = Session(self.emulator, on_console=self._console, on_log=self._log)
        self.outcome = None

    def _console(self, data):
        self.console += data.decode(errors="replace")

    def _log(self, level, line):
        self.log += line.decode(errors="replace") + "\n"

    def seen(self):
        return f"console: {self.console[-1200:]!r}\nlog:\n{self.log[-3000:]}\n{self.emulator.said()}"

    def close(self):
        self.emulator.close()
        if self._initrd:
            self._initrd.close()

    def type(self, text):
        self.session.send("console", text.encode())

    def settle(self, seconds=0.5):
        """Lets the guest go on for a while: a program that has just been started is then in the foreground."""
        self.session.run(time.monotonic() + seconds)

    def expect(self, pattern, seconds=60):
        """Waits until the console shows `pattern` after what was expected before; returns the match."""
        return self._wait(lambda: re.compile(pattern).search(self.console, self._at), pattern, seconds)

    def expect_log(self, pattern, seconds=60):
        return self._wait(lambda: re.search(pattern, self.log), pattern, seconds, console=False)

    def _wait(self, find, pattern, seconds, console=True):
        self.outcome = self.session.run(time.monotonic() + seconds, until=find)
        match = find()
        if not match:
            ended = self.outcome and self.outcome.kind != Outcome.TIMEOUT
            when = "before the guest ended" if ended else f"within {seconds} s"
            raise AssertionError(f"'{pattern}' did not appear {when}")
        if console:
            self._at = match.end()
        return match

    def wait_end(self, seconds=60):
        """Waits until the guest ends: an Outcome."""
        self.outcome = self.session.run(time.monotonic() + seconds)
        if self.outcome.kind == Outcome.TIMEOUT:
            raise AssertionError(f"the guest did not end within {seconds} s")
        return self.outcome

    def keys(self, text):
        """Types on the PS/2 keyboard."""
        self.qmp.keys(text)

    def screenshot(self, name):
        """The screen as (width, height, rows of RGB bytes); kept in build/screens/NAME.png."""
        path = BUILD / "screens" / f"{name}.ppm"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.qmp.execute("screendump", filename=str(path))
        shown = picture.read_ppm(path.read_bytes())
        path.with_suffix(".png").write_bytes(picture.png(*shown))
        path.unlink()
        return shown
