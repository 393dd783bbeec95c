"""/etc/ld.so.cache, which ldconfig would write: where the dynamic loader finds each shared library.

Layout: glibc 2.36, sysdeps/generic/dl-cache.h, struct cache_file_new.
"""

import functools
import re
import struct

MAGIC = b"glibc-ld.so.cache1.1"
LITTLE_ENDIAN = 2
X86_64_LIBC6 = 0x0303
FOLDERS = ("usr/lib/x86_64-linux-gnu", "usr/lib", "usr/lib64")
_NAME = re.compile(r"(lib[^/]+|ld-linux[^/]*)\.so(\.\d+)+")


def _compare(a, b):
    """_dl_cache_libcmp: runs of digits count as numbers, and a digit is above any other character."""
    i = j = 0
    while i < len(a):
        first, second = a[i], b[j] if j < len(b) else ""
        if first.isdigit():
            if not second.isdigit():
                return 1
            m, n = re.match(r"\d+", a[i:])[0], re.match(r"\d+", b[j:])[0]
            if int(m) != int(n):
                return int(m) - int(n)
            i, j = i + len(m), j + len(n)
        elif second.isdigit():
            return -1
        elif first != second:
            return ord(first) - (ord(second) if second else 0)
        else:
            i, j = i + 1, j + 1
    return -1 if j < len(b) else 0


def make(names):
    """The file's bytes for an archive with these `names`."""
    found = {}
    for name in names:
        folder, _, base = name.rpartition("/")
        if folder in FOLDERS and _NAME.fullmatch(base):
            known = found.get(base)
            if known is None or FOLDERS.index(folder) < FOLDERS.index(known):
                found[base] = folder
    entries, strings = [], b""
    start = len(MAGIC) + 4 + 4 + 4 + 4 + 12 + 24 * len(found)
    # The loader's binary search wants descending order.
    for base in sorted(found, key=functools.cmp_to_key(_compare), reverse=True):
        # The root's /lib is a link to usr/lib; ldconfig writes the short way.
        path = "/" + found[base].removeprefix("usr/") + "/" + base
        key, value = start + len(strings), start + len(strings) + len(base) + 1
        strings += f"{base}\0{path}\0".encode()
        entries.append(struct.pack("<iIIIQ", X86_64_LIBC6, key, value, 0, 0))
    header = MAGIC + struct.pack("<IIB3xI12x", len(entries), len(strings), LITTLE_ENDIAN, 0)
    return header + b"".join(entries) + strings
