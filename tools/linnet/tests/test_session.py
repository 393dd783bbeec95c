"""The session protocol against a played emulator."""

import os
import pathlib
import time
import unittest
from unittest import mock

from .. import accel, qemu
from ..session import Outcome, Session

FAKE = str(pathlib.Path(__file__).with_name("fake_emulator.py"))


class SessionTest(unittest.TestCase):
    def play(self, name, stdin=None, seconds=10):
        self.seen = {"stdout": b"", "stderr": b"", "log": []}

        def collect(channel):
            def take(data):
                self.seen[channel] += data
            return take

        with mock.patch.object(accel, "emulator", lambda: FAKE), mock.patch.dict(os.environ, PLAY=name), \
                qemu.Emulator(qemu.Machine(append="x", kernel=pathlib.Path("k"))) as emulator:
            session = Session(emulator, on_stdout=collect("stdout"), on_stderr=collect("stderr"),
                              on_log=lambda level, line: self.seen["log"].append((level, line)))
            if stdin is not None:
                for at in range(0, len(stdin), 1000):
                    session.send_stdin(stdin[at:at + 1000])
                session.send_stdin(b"")
            outcome = session.run(time.monotonic() + seconds)
            emulator.close(1)
        self.said = emulator.said()
        return outcome

    def test_streams_and_status(self):
        text = os.urandom(100_000)
        outcome = self.play("echo", stdin=text)
        self.assertEqual((outcome.kind, outcome.status), (Outcome.EXIT, 7))
        self.assertEqual(self.seen["stdout"], text)
        self.assertEqual(self.seen["stderr"], b"to stderr\n")
        self.assertEqual([level for level, _ in self.seen["log"]], [6, 4])

    def test_nothing_is_lost_at_the_end(self):
        self.assertEqual(self.play("big").status, 0)
        self.assertEqual(len(self.seen["stdout"]), 256 * 4096)

    def test_panic(self):
        self.assertEqual(self.play("panic").kind, Outcome.PANIC)
        self.assertIn((0, b"<0>[    0.5] at 0x1234 vm::map"), self.seen["log"])

    def test_timeout(self):
        self.assertEqual(self.play("hang", seconds=0.5).kind, Outcome.TIMEOUT)

    def test_reset(self):
        self.assertEqual(self.play("reset").kind, Outcome.DIED)
        self.assertIn("triple fault", self.said)
