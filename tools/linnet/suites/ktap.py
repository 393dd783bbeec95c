"""KTAP tests inside the booted kernel: each preset with one CPU and with four."""

import time

from .. import build, ktap, qemu
from ..paths import TESTED_PRESETS, TOP
from ..session import Outcome, Session
from ..ui import Problem
from . import Job, failing_job

NAME = "ktap"
SECONDS = {"release": 120, "debug": 240, "kasan": 600}
MEMORY = {"release": 256 << 20, "debug": 256 << 20, "kasan": 512 << 20}


def jobs(options):
    if not any((TOP / "kernel").rglob("*_ktap.cc")):
        return []
    found = []
    for preset in options.chosen_presets(TESTED_PRESETS):
        try:
            kernel = build.build_kernel(preset)
        except Problem as problem:
            found.append(failing_job(f"{NAME}/{preset}/build", problem))
            continue
        for cpus in (1, 4):
            found.append(_job(preset, cpus, kernel))
    return found


def _job(preset, cpus, kernel):
    name = f"{NAME}/{preset}/{cpus}cpu"

    def work(report):
        report.phase(f"booting {preset} with {cpus} CPUs")
        reader = ktap.Reader()
        machine = qemu.Machine(kernel=kernel, append="console=ttyS0 exit=debug loglevel=8 ktap=1", smp=cpus,
                               memory=MEMORY[preset])
        with qemu.Emulator(machine) as emulator:
            session = Session(emulator, on_log=lambda level, line: reader.feed(line.decode(errors="replace")))
            outcome = session.run(time.monotonic() + SECONDS[preset])
            if outcome.kind == Outcome.EXIT:
                emulator.close(1)
        for test, state, message in reader.results:
            if state == "skip":
                report.skip(f"{name}/{test}", message)
            else:
                report.add(f"{name}/{test}", state == "ok", message)
        report.add(f"{name}/boot", *_verdict(outcome, reader, session, emulator))
    return Job(name, work, min(cpus, 2))


def _verdict(outcome, reader, session, emulator):
    tail = b"\n".join(session.log.tail).decode(errors="replace")
    if outcome.kind == Outcome.PANIC:
        return False, f"the kernel panicked:\n{tail}"
    if outcome.kind == Outcome.TIMEOUT:
        return False, f"no end in time; last lines of the log:\n{tail}"
    if outcome.kind == Outcome.DIED:
        return False, f"the machine stopped without a status\n{emulator.said()}\n{tail}"
    if not reader.results:
        return False, f"the kernel ran no tests\n{tail}"
    if reader.planned is not None and reader.planned != reader.seen:
        return False, f"{reader.seen} of {reader.planned} planned tests ran"
    return True, ""
