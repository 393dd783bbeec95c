"""The differential suite reads the guest's output on while the host still runs a program."""

import threading
import unittest

from linnet.suites.abi import SKIPPED, _Judge


class Report:
    def __init__(self):
        self.seen = []

    def add(self, name, ok, message):
        self.seen.append((name, ok))

    def skip(self, name, why):
        self.seen.append((name, why))


class JudgeTest(unittest.TestCase):
    def test_a_slow_host_does_not_hold_up_the_guest(self):
        answered, report = threading.Event(), Report()

        class SlowHost:
            def get(self, name):
                answered.wait(10)
                return b"same\n", 0

        with _Judge(SlowHost(), "abi", report) as judge:
            judge.submit("one", (b"same\n", 0), b"")
            judge.submit("two", (b"other\n", 0), b"")
            self.assertEqual(report.seen, [])
            answered.set()
        self.assertEqual(report.seen, [("abi/one", True), ("abi/two", False)])

    def test_what_the_host_does_not_let_do_is_skipped(self):
        class Host:
            def get(self, name):
                return b"no pool to set\n", SKIPPED

        report = Report()
        with _Judge(Host(), "abi", report) as judge:
            judge.submit("one", (b"other\n", 0), b"")
        self.assertEqual(report.seen, [("abi/one", "on the host: no pool to set")])

    def test_a_broken_comparison_is_told(self):
        class NoHost:
            def get(self, name):
                raise OSError("no such program")

        with self.assertRaises(OSError):
            with _Judge(NoHost(), "abi", Report()) as judge:
                judge.submit("one", (b"", 0), b"")
