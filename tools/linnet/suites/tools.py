"""Tests of the tools themselves."""

import unittest

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


def jobs(options):
    def work(report):
        from .. import tests
        suite = unittest.defaultTestLoader.discover(tests.__path__[0], top_level_dir=str(_top()))
        suite.run(_Result(report))
    return [Job(NAME, work)]


def _top():
    import pathlib
    return pathlib.Path(__file__).resolve().parents[2]
