"""The cpio writer against the system's cpio, and the resolver of links."""

import io
import pathlib
import subprocess
import tempfile
import unittest

from .. import cpio
from ..ui import Problem


class CpioTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def save(self, archive):
        archive.save(self.folder / "a.cpio")
        return self.folder / "a.cpio"

    def test_read_back_by_cpio(self):
        source = self.folder / "source"
        source.write_bytes(b"x" * 5001)
        archive = cpio.Archive()
        archive.file("etc/odd", b"abc", 0o4755)
        archive.link("lib", "usr/lib")
        archive.host_tree("data/copy", source)
        path = self.save(archive)
        out = self.folder / "out"
        out.mkdir()
        subprocess.run(["cpio", "-idm", "--quiet"], stdin=open(path), cwd=out, check=True)
        self.assertEqual((out / "etc/odd").read_bytes(), b"abc")
        self.assertEqual((out / "etc/odd").stat().st_mode & 0o7777, 0o4755)
        self.assertEqual((out / "data/copy").read_bytes(), source.read_bytes())
        self.assertEqual((out / "lib").readlink(), pathlib.Path("usr/lib"))

    def test_index_of_two_archives(self):
        first, second = cpio.Archive(), cpio.Archive()
        first.link("bin", "usr/bin")
        second.file("usr/bin/a", b"1")
        out = io.BytesIO()
        first.write(out)
        out.write(b"\0" * (-out.tell() % 512))
        second.write(out)
        path = self.folder / "two"
        path.write_bytes(out.getvalue())
        names = cpio.index(path)
        self.assertEqual(set(names), {"bin", "usr", "usr/bin", "usr/bin/a"})
        self.assertEqual(cpio.resolve(names, "/bin/tool"), "usr/bin/tool")

    def test_broken_archive_is_named(self):
        path = self.folder / "broken"
        path.write_bytes(b"070701" + b"0" * 50)
        with self.assertRaisesRegex(Problem, "broken cpio archive"):
            cpio.index(path)

    def test_no_way_out(self):
        with self.assertRaises(Problem):
            cpio.Archive().file("../etc/passwd", b"")

    def test_links_that_turn_in_circles(self):
        archive = cpio.Archive()
        archive.link("a", "b")
        archive.link("b", "a")
        self.assertTrue(cpio.resolve(cpio.index(self.save(archive)), "a/x"))


if __name__ == "__main__":
    unittest.main()
