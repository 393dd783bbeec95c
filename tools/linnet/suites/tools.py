"""Tests of the tools themselves."""

import json
import subprocess
import sys
import unittest

from ..paths import TOP
from ..process import spawn
from . import Job

NAME = "tools"


class _Result(unittest.TestResult):
    def __init__(self, report):
        super().__init__()
        self._report = report

    @staticmethod
    def _name(test):
        return f"{NAME}/{test.id().removeprefix('linnet.tests.test_')}"

    def addSuccess(self, test):
        self._report.add(self._name(test), True)

    def addFailure(self, test, error):
        self._report.add(self._name(test), False, self._exc_info_to_string(error, test))

    addError = addFailure


class _Printer:
    """A report that prints each result as a line of JSON, for the process that started this one."""

    def add(self, name, ok, message=""):
        print(json.dumps([name, ok, str(message)]), flush=True)


def run_here():
    """In a process of its own: these tests put a fake emulator in the real one's place."""
    from .. import tests
    suite = unittest.defaultTestLoader.discover(tests.__path__[0], top_level_dir=str(TOP / "tools"))
    suite.run(_Result(_Printer()))


def jobs(options):
    def work(report):
        words = [sys.executable, "-c", "from linnet.suites import tools; tools.run_here()"]
        child = spawn(words, cwd=TOP / "tools", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for line in child.stdout:
            if line.startswith("["):
                report.add(*json.loads(line))
        if child.wait() != 0:
            report.add(f"{NAME}/process", False, f"ended with status {child.returncode}")
    return [Job(NAME, work)]
