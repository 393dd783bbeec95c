"""What a machine that ran many scripts has printed is taken apart right, also when it stopped on the way."""

import unittest

from linnet import batch


class ReadTest(unittest.TestCase):
    def test_all_ended(self):
        played, running = batch.read(b"\1" b"0000 begin\n\1" b"0000 0\nhello\r\n\1" b"0001 begin\n\1" b"0001 3\n\1end\n", ["a", "b"])
        self.assertEqual({name: (p.status, p.shown) for name, p in played.items()}, {"a": (0, "hello\n"), "b": (3, "")})
        self.assertIsNone(running)

    def test_the_machine_stopped(self):
        played, running = batch.read(b"\1" b"0000 begin\n\1" b"0000 0\n\1" b"0001 begin\n", ["a", "b"])
        self.assertEqual((list(played), running), (["a"], "b"))
