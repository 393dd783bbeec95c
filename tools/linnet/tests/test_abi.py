"""The differential suite reads the guest's output on while the host still runs a program."""

import threading
import unittest

from linnet.suites.abi import _Judge


class JudgeTest(unittest.TestCase):
    def test_a_slow_host_does_not_hold_up_the_guest(self):
        answered, seen = threading.Event(), []

        class SlowHost:
            def get(self, name):
                answered.wait(10)
                return b"same\n", 0

        with _Judge(SlowHost(), lambda test, ok, message: seen.append((test, ok))) as judge:
            judge.submit("one", (b"same\n", 0), b"")
            judge.submit("two", (b"other\n", 0), b"")
            self.assertEqual(seen, [])
            answered.set()
        self.assertEqual(seen, [("one", True), ("two", False)])

    def test_a_broken_comparison_is_told(self):
        class NoHost:
            def get(self, name):
                raise OSError("no such program")

        with self.assertRaises(OSError):
            with _Judge(NoHost(), lambda *_: None) as judge:
                judge.submit("one", (b"", 0), b"")
