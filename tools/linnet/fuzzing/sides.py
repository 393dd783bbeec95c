"""Linux and Linnet as two things that answer orders: a line in, lines out until `done`."""

import os
import pathlib
import selectors
import subprocess
import tempfile
import time

from .. import build, cpio, qemu, rootfs
from ..paths import BUILD, TOP, has_shadow
from ..process import end, spawn
from ..session import Outcome, Session
from ..ui import Problem, progress

FOLDER = TOP / "tests/fuzz"


class Ended(Exception):
    """The side is gone: a panic, a hang, or its program ended. `text` says which and shows the log."""

    def __init__(self, reason, text=""):
        super().__init__(reason)
        self.reason, self.text = reason, text


def _grammar():
    """Makes the source of the grammar."""
    folder = BUILD / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    grammar = folder / "grammar.cc"
    fresh = folder / f"grammar.{os.getpid()}.cc"
    done = subprocess.run(["python3", TOP / "tools/gen/fuzz_grammar.py", TOP / "abi/linux/syscalls.def", FOLDER / "hints.def", fresh],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"the fuzzer's grammar cannot be made:\n{done.stderr}")
    if grammar.exists() and grammar.read_bytes() == fresh.read_bytes():
        fresh.unlink()
    else:
        fresh.replace(grammar)
    return grammar


_FLAGS = ["-O1", "-fexceptions", "-pthread", f"-I{TOP}", f"-I{FOLDER}"]


def program():
    """Builds tests/fuzz with its grammar."""
    sources = [path for path in FOLDER.glob("*.cc") if not path.stem.endswith("_test")]
    return build.build_program("fuzz", [_grammar(), *sources, *FOLDER.glob("*.h")], _FLAGS)


def test_program():
    """Builds the tests of what makes programs."""
    sources = [FOLDER / f"{name}.cc" for name in ("generate", "mutate", "mutate_test", "name", "coverage", "world")]
    return build.build_program("test_fuzz", [_grammar(), *sources, *FOLDER.glob("*.h")], [*_FLAGS, "-frtti"],
                               libraries=["-lgtest_main", "-lgtest"])


class Linux:
    """The host. The program keeps to name spaces of its own."""
    name = "Linux"

    def __init__(self, binary, calls=None):
        self._calls = calls
        self._prefix = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
        self._binary, self._child, self._rest = binary, None, b""

    def ask(self, order, seconds):
        if self._child is None:
            self._child = spawn([*self._prefix, self._binary, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, bufsize=0)
            self._rest = b""
            if self._calls:
                self.ask(f"calls {self._calls}", seconds)
        self._child.stdin.write(order.encode() + b"\n")
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while not self._rest.endswith(b"done\n"):
                if not selector.select(max(0, deadline - time.monotonic())):
                    self.close()
                    raise Ended(f"no answer from the host's Linux after {seconds} s")
                data = self._child.stdout.read(1 << 16)
                if not data:
                    self.close()
                    raise Ended("the fuzzer ended on the host")
                self._rest += data
        answer, self._rest = self._rest, b""
        return answer.decode(errors="replace").splitlines()[:-1]

    def close(self):
        if self._child:
            end(self._child, 0.0)
            self._child = None


class Linnet:
    """A booted guest; after a panic the next order boots another."""
    name = "Linnet"

    def __init__(self, binary, preset="release", cpus=2, calls=None):
        self._binary, self.preset, self._cpus, self._calls = binary, preset, cpus, calls
        self._kernel = build.build_kernel(preset)
        self._emulator = None
        self._output = b""
        self.boots = 0
        self.complaints = []         # log lines that tell of a bug though the kernel lives

    def _boot(self):
        progress("booting", self.preset)
        archive = cpio.Archive()
        archive.folder("tmp", 0o1777)
        for name in ("proc", "dev", "root", "sys"):
            archive.folder(name)
        for name, text in rootfs.ETC.items():
            archive.file(name, text)
        archive.host_file("fuzz", self._binary, 0o755)
        rootfs.add_init(archive, rootfs.run_conf(["/fuzz", "serve"], "/", [], True))
        self._initrd = tempfile.TemporaryFile()
        archive.write(self._initrd)
        self._initrd.flush()
        machine = qemu.Machine(kernel=self._kernel, initrd=self._initrd.fileno(), smp=self._cpus,
                               memory=(1 << 30) if has_shadow(self.preset) else (512 << 20),
                               append="console=ttyS0 exit=debug loglevel=5 init=/.linnet/init")
        self._emulator = qemu.Emulator(machine)
        self._output = b""
        self._session = Session(self._emulator, on_stdout=self._feed, on_log=self._log)
        self.boots += 1

    def _feed(self, data):
        self._output += data

    def _log(self, level, line):
        if level <= 4 and any(word in line for word in (b"KASAN", b"UBSAN", b"lock", b"leak", b"warning")):
            self.complaints.append(line.decode(errors="replace"))

    def ask(self, order, seconds):
        if self._emulator is None:
            self._boot()
            if self._calls:
                self.ask(f"calls {self._calls}", seconds)
        self._output = b""
        self._session.send_stdin(order.encode() + b"\n")
        outcome = self._session.run(time.monotonic() + seconds, until=lambda: self._output.endswith(b"done\n"))
        if outcome is None:
            return self._output.decode(errors="replace").splitlines()[:-1]
        kind = {Outcome.PANIC: "panic", Outcome.TIMEOUT: f"no answer after {seconds} s"}.get(outcome.kind, "the program ended")
        text = b"\n".join(self._session.log.tail).decode(errors="replace")
        answered = self._output.decode(errors="replace").splitlines()
        self.close()
        error = Ended(kind, text)
        error.answered = answered
        raise error

    def take_complaints(self):
        taken, self.complaints = self.complaints, []
        return taken

    def close(self):
        if self._emulator:
            self._emulator.close()
            self._emulator = None
