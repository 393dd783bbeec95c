"""The parts of `./linnet test`. A suite is a module with NAME and jobs(options): a list of Job."""

import dataclasses
import threading
import time

from ..ui import clear, progress


@dataclasses.dataclass
class Job:
    """A piece of work that runs by itself and reports one result or many."""
    name: str
    work: object            # called with the Report
    cpus: int = 1           # of this machine that it keeps busy


def failing_job(name, reason):
    """For what could not even be built."""
    return Job(name, lambda report: report.add(name, False, reason))


class Report:
    """Collects results and shows them as they arrive."""

    def __init__(self, wanted, quiet=False):
        self._wanted, self._quiet = wanted, quiet
        self._lock = threading.Lock()
        self.passed, self.failed, self.skipped = 0, [], 0

    def add(self, name, ok, message=""):
        if not self._wanted(name):
            return
        with self._lock:
            if ok:
                self.passed += 1
            else:
                self.failed.append(name)
                clear()
                print(f"FAILED {name}", flush=True)
                for line in str(message).strip().splitlines()[-60:]:
                    print(f"    {line}", flush=True)
            if not self._quiet:
                progress("testing", f"{self.passed} passed, {len(self.failed)} failed · {name}")

    def skip(self, name, reason):
        if self._wanted(name):
            with self._lock:
                self.skipped += 1
                clear()
                print(f"skipped {name}: {reason}", flush=True)

    def phase(self, text):
        if not self._quiet:
            progress("testing", text)


class Clock:
    """Seconds since it was made, for messages."""

    def __init__(self):
        self._start = time.monotonic()

    def __str__(self):
        return f"{time.monotonic() - self._start:.1f} s"
