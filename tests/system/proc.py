"""Views of the machine in /proc and /sys."""

import re

from linnet import build
from linnet.paths import TOP


def _read(stage, *names, options=()):
    """The files' texts, in one run."""
    script = "; ".join(f"cat /proc/{name}; echo ==end" for name in names)
    ran = stage.run("sh", "-c", script, options=options)
    assert ran.status == 0, "status"
    return ran.stdout.decode().split("==end\n")[:len(names)]


def test_machine(stage):
    memmap, pmap, idt, ranks = _read(stage, "memmap", "pmap", "idt", "lock_ranks", options=("--memory", "256M"))
    assert re.search(r"^\w{12}-\w{12} +\d+ KiB usable$", memmap, re.MULTILINE)
    assert "kernel image" in memmap and "root archive" in memmap
    assert sum(int(size) for size in re.findall(r"^\S+ +(\d+) KiB usable", memmap, re.MULTILINE)) > 240 << 10
    for area in ("kernel image", "direct map", "vmap"):
        assert area in pmap, area
    assert re.search(r"r-x .*kernel image", pmap) and re.search(r"rw- .*direct map", pmap)
    assert "writable and executable: 0 KiB" in pmap, "write xor execute"
    assert len(re.findall(r"^0x..", idt, re.MULTILINE)) == 256
    assert re.search(r"^0x02 .* ist2 ", idt, re.MULTILINE), "the NMI has a stack of its own"
    assert re.search(r"^0x03 .* yes ", idt, re.MULTILINE), "INT3 is for users"
    assert ranks.index("kMmap") < ranks.index("kWaitQueue") < ranks.index("kRunQueue") < ranks.index("kLog")
    assert re.search(r"^kRunQueue +spin +\d+ +\d+$", ranks, re.MULTILINE)


def test_interrupt_controllers(stage):
    lapic, ioapic, interrupts = _read(stage, "lapic", "ioapic", "interrupts", options=("--smp", "2"))
    assert re.search(r"^mode: x2?APIC$", lapic, re.MULTILINE | re.IGNORECASE) and "CPU 1: APIC 1" in lapic
    assert re.search(r"^spurious +\w{6}1ff$|^spurious +0*1ff$", lapic, re.MULTILINE), "the APIC is on"
    opened = re.findall(r"^ *(\d+) .* open +(\S+)$", ioapic, re.MULTILINE)
    assert opened, "the serial lines' interrupts are open"
    for line, _ in opened:
        assert re.search(rf"^ *{line}:", interrupts, re.MULTILINE), line
    assert len(ioapic.splitlines()) == 25


def test_pci(stage):
    pci, devices = _read(stage, "pci", "bus/pci/devices")
    functions = re.findall(r"^0000:(\w\w):(\w\w)\.(\d) (\w{4}):(\w{4}) ", pci, re.MULTILINE)
    rows = [line.split("\t") for line in devices.splitlines()]
    assert ("00", "00", "0", "8086", "29c0") in functions, "the host bridge of q35"
    assert len(rows) == len(functions) and all(len(row) == 18 for row in rows)
    assert rows[0][0] == "0000" and rows[0][1] == "808629c0"


def test_drivers(stage):
    (drivers,) = _read(stage, "drivers")
    assert re.search(r"^terminals +running$", drivers, re.MULTILINE)
    assert re.search(r"^ACTOR +STATE", drivers, re.MULTILINE)


def test_cpus_and_node_in_sys(stage):
    script = """cd /sys/devices/system; for f in cpu/online cpu/possible cpu/cpu2/topology/core_id cpu/cpu2/topology/thread_siblings \\
        cpu/cpu2/topology/core_siblings_list node/online node/node0/cpulist node/node0/cpumap; do cat $f; done; \\
        ls -d cpu/cpu[0-9]* | wc -l; cat node/node0/cpu1/node0/distance; head -n 1 node/node0/meminfo"""
    ran = stage.run("sh", "-c", script, options=("--smp", "3"))
    assert ran.status == 0, "status"
    *facts, memory = ran.stdout.decode().splitlines()
    assert facts == ["0-2", "0-2", "2", "4", "0-2", "0", "0-2", "7", "3", "10"], facts
    assert re.fullmatch(r"Node 0 MemTotal: +[1-9]\d+ kB", memory), memory


def test_log_in_pieces(stage):
    program = build.build_program("system/read_log", [TOP / "tests/system/programs/read_log.c"], ["-O1"], "gcc")
    ran = stage.run("read_log", options=("--add", f"{program}:/bin/read_log"))
    assert ran.stdout == b"at once 1, unread as much, pieces the same\n", ran
