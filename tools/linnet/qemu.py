"""The emulated machine: a description, its command line, and the running emulator with its four UARTs.

UART 0 is the console, 1 the kernel log, 2 the program's stdout (and its stdin in frames), 3 its stderr.
"""

import dataclasses
import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile

from . import accel
from .paths import BUILD
from .process import end, spawn
from .ui import Problem

UARTS = ("console", "log", "stdout", "stderr")
DEBUG_EXIT = "isa-debug-exit,iobase=0xf4,iosize=4"
DETERMINISTIC = ("-accel", "tcg", "-icount", "shift=1,sleep=off", "-seed", "42",
                 "-rtc", "base=2025-01-01T00:00:00,clock=vm")
QBOOT = pathlib.Path("/usr/share/qemu/qboot.rom")
GDB_SOCKET = BUILD / "gdb.sock"


@dataclasses.dataclass
class Machine:
    kernel: pathlib.Path | None = None
    initrd: int | str | None = None       # a file descriptor or a path
    append: str = ""
    smp: int = 1
    memory: int = 256 << 20               # bytes
    icount: bool = False
    gdb: bool = False
    firmware: str | None = None           # None: qboot when there is one; "seabios", "ovmf"
    display: bool = False                 # a VGA adapter, for screenshots
    extra: tuple = ()                     # more words for the emulator's command line

    def command(self):
        words = [accel.emulator(), "-M", "q35", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-m", f"{self.memory >> 10}K", "-device", DEBUG_EXIT]
        if self.icount:
            words += ["-cpu", "max", "-smp", "1", *DETERMINISTIC]
        else:
            words += ["-smp", str(self.smp)]
            if accel.kvm_works() and not self.gdb:
                words += ["-accel", "kvm", "-cpu", "host"]
            else:
                words += ["-accel", "tcg,thread=multi" if self.smp > 1 else "tcg", "-cpu", "max"]
        if self.firmware == "ovmf":
            words += ["-bios", "/usr/share/ovmf/OVMF.fd"]
        elif self.firmware is None and self.kernel and QBOOT.exists():
            words += ["-bios", str(QBOOT)]
        if self.display:
            words += ["-vga", "std"]
        if self.kernel:
            words += ["-kernel", str(self.kernel), "-append", self.append]
        if self.initrd is not None:
            words += ["-initrd", f"/dev/fd/{self.initrd}" if isinstance(self.initrd, int) else str(self.initrd)]
        if self.gdb:
            GDB_SOCKET.unlink(missing_ok=True)
            words += ["-S", "-chardev", f"socket,path={GDB_SOCKET},server=on,wait=off,id=gdb", "-gdb", "chardev:gdb"]
        return [*words, *map(str, self.extra)]


class Emulator:
    """A running machine. Ends with `close()`, with the `with` block, or with this process."""

    def __init__(self, machine, qmp=False):
        self.channels = {}
        theirs, words = [], []
        for name in (*UARTS, *(["qmp"] if qmp else [])):
            ours, other = socket.socketpair()
            other.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            self.channels[name] = ours
            theirs.append(other)
            words += ["-chardev", f"socket,id={name},fd={other.fileno()}"]
            words += ["-mon", "chardev=qmp,mode=control"] if name == "qmp" else ["-serial", f"chardev:{name}"]
        self.errors = tempfile.TemporaryFile()
        descriptors = [other.fileno() for other in theirs]
        if isinstance(machine.initrd, int):
            descriptors.append(machine.initrd)
        self.child = spawn([*machine.command(), *words], stdin=subprocess.DEVNULL, stdout=self.errors,
                           stderr=self.errors, pass_fds=descriptors)
        for other in theirs:
            other.close()

    def said(self):
        """What the emulator itself printed: why it could not start."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    def close(self, patience=0.0):
        status = end(self.child, patience)
        for channel in self.channels.values():
            channel.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def host_cpus():
    return len(os.sched_getaffinity(0))


def kernel_end(path):
    """The physical address behind the last byte of an ELF kernel: the least memory that can hold it."""
    with open(path, "rb") as file:
        header = file.read(64)
        offset, = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(offset)
        entries = [struct.unpack_from("<IIQQQQQQ", file.read(size)) for _ in range(count)]
    return max(entry[4] + entry[6] for entry in entries if entry[0] == 1)


def parse_size(text):
    match = re.fullmatch(r"(\d+)\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if not match:
        raise Problem(f"'{text}' is not a size; write for instance 64M or 1G", status=2)
    shift = {"": 20, "K": 10, "M": 20, "G": 30, "T": 40}[match[2].upper()]
    return int(match[1]) << shift
