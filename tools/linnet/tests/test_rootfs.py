"""Putting the root, what --add names, and init's orders into one initrd."""

import gzip
import pathlib
import tempfile
import unittest
from unittest import mock

from .. import cpio, rootfs
from ..ui import Problem


class RootTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.enterContext(mock.patch.object(rootfs, "build_init", lambda: pathlib.Path("/bin/true")))
        archive = cpio.Archive()
        archive.link("bin", "usr/bin")
        archive.file("usr/bin/big", b"x" * 20_000)
        archive.folder("tmp", 0o1777)
        archive.save(self.folder / "root.cpio")
        (self.folder / "tool").write_text("tool")

    def names(self, root, *additions):
        with rootfs.assemble(str(root), additions, rootfs.run_conf(["a"], "/", [], False)) as initrd:
            return cpio.index(f"/dev/fd/{initrd.fileno()}")

    def test_archive_with_additions(self):
        names = self.names(self.folder / "root.cpio", f"{self.folder}/tool:/bin/tool", f"{self.folder}/tool:/tmp/")
        self.assertEqual(names["bin"][1], "usr/bin")
        self.assertLess({"usr/bin/big", "usr/bin/tool", "tmp/tool", ".linnet/init", ".linnet/run.conf"}, set(names))

    def test_compressed_archive(self):
        path = self.folder / "root.cpio.gz"
        path.write_bytes(gzip.compress((self.folder / "root.cpio").read_bytes()))
        self.assertIn("usr/bin/tool", self.names(path, f"{self.folder}/tool:/bin/tool"))

    def test_folder(self):
        (self.folder / "tree/etc").mkdir(parents=True)
        (self.folder / "tree/etc/name").write_text("x")
        self.assertLess({"etc/name", ".linnet/init"}, set(self.names(self.folder / "tree")))

    def test_what_is_wrong_is_named(self):
        for root, pattern in (("/no/root", "no such file"), (self.folder / "tool", "neither a folder nor")):
            with self.assertRaisesRegex(Problem, pattern):
                self.names(root)
        with self.assertRaisesRegex(Problem, "does not exist"):
            self.names(self.folder / "root.cpio", "/no/file")
        (self.folder / "bad.cpio.gz").write_bytes(b"\x1f\x8b\x08broken")
        with self.assertRaises(Problem):
            self.names(self.folder / "bad.cpio.gz")

    def test_orders(self):
        conf = rootfs.run_conf(["sh", "-c", "a=b"], "/tmp", ["K=V"], True, (80, 25))
        self.assertEqual(conf, b"cwd=/tmp\0stdin=1\0env=K=V\0columns=80\0rows=25\0arg=sh\0arg=-c\0arg=a=b\0")
