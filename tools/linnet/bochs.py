"""Bochs, a second implementation of x86: PCID, CET, TSC-deadline and strict MSRs, which QEMU's TCG lacks."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from .process import end, spawn
from .session import LogReader
from .ui import Problem

BIOS = pathlib.Path("/usr/share/bochs/BIOS-bochs-latest")
BIOS_FALLBACK = pathlib.Path("/usr/share/seabios/bios.bin")
VGA_BIOS = pathlib.Path("/usr/share/bochs/VGABIOS-lgpl-latest")

SETTINGS = """
display_library: sdl2
romimage: file={bios}, options=fastboot
vgaromimage: file={vga}
cpu: model={cpu}, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
megs: {memory}
ata0-master: type=cdrom, path={iso}, status=inserted
boot: cdrom
clock: sync=none, time0=1735689600
sound: driver=dummy
com1: enabled=1, mode=file, dev={folder}/console
com2: enabled=1, mode=file, dev={folder}/log
com3: enabled=1, mode=file, dev={folder}/stdout
com4: enabled=1, mode=file, dev={folder}/stderr
log: {folder}/bochs.log
panic: action=fatal
error: action=report
info: action=ignore
"""


class Result:
    def __init__(self, status, stdout, stderr, log):
        self.status, self.stdout, self.stderr, self.log = status, stdout, stderr, log


def available():
    return shutil.which("bochs") and pathlib.Path("/usr/lib/x86_64-linux-gnu/bochs").exists()


def run_iso(iso, seconds=120, cpu="tigerlake", memory=256):
    """Boots an ISO image until the guest says `@exit N`; status None when it did not."""
    if not available():
        raise Problem("bochs is missing; run tools/setup --full")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "rc").write_text(SETTINGS.format(
            bios=BIOS if BIOS.exists() else BIOS_FALLBACK, vga=VGA_BIOS, cpu=cpu, memory=memory, iso=iso, folder=folder))
        # Debian's Bochs starts in its debugger: `c` goes on.
        (folder / "go").write_text("c\nq\n")
        child = spawn(["bochs", "-q", "-f", folder / "rc", "-rc", folder / "go"], cwd=folder, stdin=subprocess.DEVNULL,
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                      env=dict(os.environ, SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy"))
        try:
            status = _follow(child, folder / "log", time.monotonic() + seconds)
        finally:
            end(child)

        def read(part):
            path = folder / part
            return path.read_bytes() if path.exists() else b""
        return Result(status, read("stdout"), read("stderr"), read("log") + b"\n" + read("bochs.log")[-2000:])


def _follow(child, path, deadline):
    reader, at = LogReader(lambda level, line: None), 0
    while time.monotonic() < deadline:
        if path.exists():
            data = path.read_bytes()[at:]
            at += len(data)
            reader.feed(data)
        for word in reader.words:
            if word.startswith("exit "):
                return int(word.split()[1])
            if word == "panic":
                return None
        if child.poll() is not None:
            return None
        time.sleep(0.1)
    return None
