"""Picks the accelerator: KVM only when a probe machine has run under it, else TCG."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from .paths import BUILD
from .process import spawn
from .ui import Problem

EMULATOR = "qemu-system-x86_64"


def emulator():
    path = shutil.which(EMULATOR)
    if not path:
        raise Problem(f"{EMULATOR} is missing; run tools/setup")
    return path


def _probe_kvm():
    """Boots a 64 KiB ROM whose reset vector (16 bytes below the end) leaves through isa-debug-exit."""
    rom = bytearray(b"\xf4" * 65536)
    rom[-16:-11] = b"\xb0\x15\xe6\xf4\xf4"  # mov $0x15,%al; out %al,$0xf4; hlt
    with tempfile.NamedTemporaryFile(suffix=".rom") as file:
        file.write(rom)
        file.flush()
        command = [emulator(), "-accel", "kvm", "-M", "q35", "-cpu", "host", "-m", "16M", "-nodefaults",
                   "-no-user-config", "-display", "none", "-no-reboot", "-bios", file.name,
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        child = spawn(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return child.wait(10) == 0x15 << 1 | 1
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return False


def kvm_works():
    if not re.search(r"\b(vmx|svm)\b", pathlib.Path("/proc/cpuinfo").read_text()):
        return False
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    key = f"{boot} {os.stat(emulator()).st_mtime_ns} {os.getuid()}"
    cache = BUILD / "kvm.json"
    try:
        known = json.loads(cache.read_text())
        if known["key"] == key:
            return known["works"]
    except (OSError, ValueError, KeyError):
        pass
    works = _probe_kvm()
    cache.parent.mkdir(exist_ok=True)
    cache.write_text(json.dumps({"key": key, "works": works}))
    return works
