"""The loader's cache, read back by ldconfig."""

import subprocess
import tempfile
import unittest

from .. import ld_cache

LDCONFIG = "/sbin/ldconfig"


class LdCacheTest(unittest.TestCase):
    def test_read_back(self):
        names = ["usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libz.so.1.2.13", "usr/bin/libno.so.1",
                 "usr/lib/x86_64-linux-gnu/libz.so.1", "usr/lib64/ld-linux-x86-64.so.2", "usr/lib/libz.so.1"]
        with tempfile.NamedTemporaryFile() as file:
            file.write(ld_cache.make(names))
            file.flush()
            said = subprocess.run([LDCONFIG, "-p", "-C", file.name], capture_output=True, text=True, check=True).stdout
        shown = [line.split()[0] + line.split("=>")[1] for line in said.splitlines() if "=>" in line]
        self.assertEqual(shown, ["libz.so.1.2.13 /lib/x86_64-linux-gnu/libz.so.1.2.13",
                                 "libz.so.1 /lib/x86_64-linux-gnu/libz.so.1", "libc.so.6 /lib/x86_64-linux-gnu/libc.so.6",
                                 "ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2"])

    def test_order_of_numbers(self):
        self.assertLess(ld_cache._compare("libx.so.9", "libx.so.10"), 0)
        self.assertGreater(ld_cache._compare("libx.so.1.2", "libx.so.1"), 0)
        self.assertEqual(ld_cache._compare("libx.so.1", "libx.so.1"), 0)
