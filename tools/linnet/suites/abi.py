"""Differential tests: the same static program on the host's Linux and on Linnet must print and return the same.

Each tests/abi/NAME.c or NAME.cc is one test. Many run in one boot, started one after the other by
tests/abi/runner; when one hangs or brings the kernel down, the rest continues in a new boot.
"""

import concurrent.futures
import difflib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

from .. import build, cpio, qemu, rootfs
from ..paths import TESTED_PRESETS, TOP
from ..process import spawn
from ..session import Outcome, Session
from ..ui import Problem
from . import Job, failing_job

NAME = "abi"
FOLDER = TOP / "tests/abi"
HOST_SECONDS = 60
GUEST_SECONDS = {"release": 60, "debug": 120, "kasan": 240}      # for one test
MOST_BOOTS = 25
SKIPPED = 77        # a test's status where the host does not let it do what it is about; it says why
_MARK = re.compile(rb"\x1e(begin|end) (\S+)(?: (\d+))?\n")
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
               "USER": "root", "LOGNAME": "root"}


def jobs(options):
    blocked = {line.split()[0] for line in (FOLDER / "known.blocked").read_text().splitlines()}
    sources = sorted(p for p in FOLDER.glob("*.c*") if p.suffix in (".c", ".cc") and p.stem not in blocked)
    sources = [p for p in sources if options.may_match(f"{NAME}/{{}}/{p.stem}")]
    if not sources:
        return []
    failed, kernels = [], {}
    for preset in options.chosen_presets(TESTED_PRESETS):
        try:
            kernels[preset] = build.build_kernel(preset)
        except Problem as problem:
            failed.append(failing_job(f"{NAME}/{preset}/build", problem))
    programs = {}
    for source in sources:
        programs[source.stem] = build.build_program(
            f"abi/{source.stem}", [source, *FOLDER.glob("*.h")],
            ["-pthread", "-O1", *([] if source.suffix == ".c" else ["-std=c++20"]), "-fexceptions"],
            "gcc" if source.suffix == ".c" else "g++")
    expected = _Expected(programs)
    variants = [(preset, cpus) for preset in kernels for cpus in ((1, 4) if options.full else (4,))]
    return failed + [_job(preset, cpus, kernels[preset], programs, expected) for preset, cpus in variants]


class _Expected:
    """What the host's Linux says, asked once."""

    def __init__(self, programs):
        self._programs, self._known = programs, {}
        self._lock = threading.Lock()

    def get(self, name):
        with self._lock:
            if name not in self._known:
                self._known[name] = _run_on_host(self._programs[name])
            return self._known[name]


def _run_on_host(program):
    # The guest's programs run as root: elsewhere than as root a user namespace gives the same ids.
    prefix = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
    # The guest works in tmpfs; so does the host.
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        child = spawn([*prefix, program], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, _ = child.communicate(timeout=HOST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, _ = child.communicate()
            return b"(no end on the host)\n" + out, 124
    status = child.returncode
    return out, status if status >= 0 else 128 - status


def _job(preset, cpus, kernel, programs, expected):
    name = f"{NAME}/{preset}-{cpus}cpu"

    def work(report):
        left = list(programs)
        for _ in range(MOST_BOOTS):
            if not left:
                return
            left = _boot(name, preset, cpus, kernel, programs, left, expected, report)
        for test in left:
            report.add(f"{name}/{test}", False, f"not run: {MOST_BOOTS} boots ended early")
    return Job(name, work, min(cpus, 2))


class _Judge:
    """Compares in a thread of its own: while the host ran a program, the guest's full serial line would stop whatever
    it ran, and its clock went on."""

    def __init__(self, expected, name, report):
        self._expected, self._name, self._report, self._verdicts = expected, name, report, []
        self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)

    def submit(self, test, seen, errors):
        self._verdicts.append(self._thread.submit(self._tell, test, seen, errors))

    def _tell(self, test, seen, errors):
        linux = self._expected.get(test)
        if linux[1] == SKIPPED:
            self._report.skip(f"{self._name}/{test}", "on the host: " + linux[0].decode(errors="replace").strip())
        else:
            self._report.add(f"{self._name}/{test}", *_compare(linux, seen, errors))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._thread.shutdown()
        for verdict in self._verdicts:
            verdict.result()


class _Stream:
    """Cuts the guest's stdout into the tests' outputs."""

    def __init__(self, finished):
        self._finished, self._data = finished, b""
        self.current, self.since = None, time.monotonic()
        self.errors = b""

    def feed(self, data):
        self._data += data
        while mark := _MARK.search(self._data):
            before, self._data = self._data[:mark.start()], self._data[mark.end():]
            self.since = time.monotonic()
            if mark[1] == b"begin":
                self.current = mark[2].decode()
                self.errors = b""
            elif self.current:
                done, self.current = self.current, None
                self._finished(done, before, int(mark[3]), self.errors)

    def feed_errors(self, data):
        self.errors = (self.errors + data)[-4000:]

    def rest(self):
        return self._data


def _initrd(programs, left):
    runner = build.build_program("abi-runner", list((FOLDER / "runner").glob("*.cc")))
    archive = cpio.Archive()
    archive.folder("tmp", 0o1777)
    for name in ("proc", "dev", "root"):
        archive.folder(name)
    for name, text in rootfs.ETC.items():
        archive.file(name, text)
    archive.host_file("abi/.runner", runner, 0o755)
    for name in left:
        archive.host_file(f"abi/{name}", programs[name], 0o755)
    rootfs.add_init(archive, rootfs.run_conf(["/abi/.runner", *left], "/", [], False))
    file = tempfile.TemporaryFile()
    archive.write(file)
    file.flush()
    return file


def _boot(name, preset, cpus, kernel, programs, left, expected, report):
    """Runs `left` in one boot; returns what still has to run."""
    left = list(left)

    def finished(test, output, status, errors):
        left.remove(test)
        judge.submit(test, (output, status), errors)

    stream = _Stream(finished)
    with _Judge(expected, name, report) as judge, _initrd(programs, left) as initrd:
        size = os.fstat(initrd.fileno()).st_size
        machine = qemu.Machine(kernel=kernel, initrd=initrd.fileno(), smp=cpus,
                               memory=(512 << 20) + size // (1 << 20) * (2 << 20),
                               append="console=ttyS0 exit=debug loglevel=5 init=/.linnet/init")
        with qemu.Emulator(machine) as emulator:
            session = Session(emulator, on_stdout=stream.feed, on_stderr=stream.feed_errors)
            seconds = GUEST_SECONDS[preset]
            while True:
                outcome = session.run(stream.since + seconds)
                if outcome.kind != Outcome.TIMEOUT or stream.since + seconds < time.monotonic():
                    break
    if outcome.kind == Outcome.EXIT and not stream.current:
        for test in left:
            report.add(f"{name}/{test}", False, "the runner did not start it")
        return []
    tail = b"\n".join(session.log.tail).decode(errors="replace")
    reason = {Outcome.PANIC: "the kernel panicked", Outcome.TIMEOUT: f"no end after {seconds} s",
              Outcome.EXIT: "the runner ended early"}.get(outcome.kind, "the machine stopped without a status")
    guilty = stream.current or left[0]
    left.remove(guilty)
    report.add(f"{name}/{guilty}", False,
               f"{reason}\n{stream.rest().decode(errors='replace')[-1500:]}\n{emulator.said()}\n{tail}")
    if not stream.current and outcome.kind != Outcome.PANIC and len(left) + 1 == len(programs):
        for test in left:
            report.add(f"{name}/{test}", False, "not run: user space did not start")
        return []
    return left


def _compare(linux, linnet, errors):
    if linux == linnet:
        return True, ""
    lines = difflib.unified_diff(linux[0].decode(errors="replace").splitlines(),
                                 linnet[0].decode(errors="replace").splitlines(), "linux", "linnet", lineterm="", n=1)
    message = "\n".join(list(lines)[:40])
    if linux[1] != linnet[1]:
        message += f"\nexit status {linux[1]} on Linux, {linnet[1]} on Linnet"
    return False, message + "\n" + errors.decode(errors="replace")
