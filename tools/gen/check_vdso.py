#!/usr/bin/env python3
"""Fails when the vDSO holds a relocation, data, or lacks one of its symbols: nobody relocates or links it.

usage: check_vdso.py VDSO_SO
"""
import struct
import sys

SYMBOLS = {"clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu"}
DT_STRTAB, DT_SYMTAB, DT_RELA, DT_STRSZ, DT_REL, DT_JMPREL, DT_HASH, DT_RELR = 5, 6, 7, 10, 17, 23, 4, 36


def main():
    image = open(sys.argv[1], "rb").read()
    table, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    headers = [struct.unpack_from("<IIQQQQQQ", image, table + 56 * i) for i in range(count)]
    loads = [h for h in headers if h[0] == 1]
    if len(loads) != 1 or loads[0][2] != 0 or loads[0][3] != 0 or loads[0][5] != loads[0][6]:
        sys.exit("vDSO: not one segment from the start of the file, as it is mapped")
    dynamic = next(h for h in headers if h[0] == 2)
    tags = dict(struct.iter_unpack("<QQ", image[dynamic[2]:dynamic[2] + dynamic[5]]))
    if any(tag in tags for tag in (DT_RELA, DT_REL, DT_JMPREL, DT_RELR)):
        sys.exit("vDSO: it has relocations")
    symbols = struct.unpack_from("<II", image, tags[DT_HASH])[1]
    names, defined = image[tags[DT_STRTAB]:tags[DT_STRTAB] + tags[DT_STRSZ]], set()
    for i in range(symbols):
        name, _, _, section, _, _ = struct.unpack_from("<IBBHQQ", image, tags[DT_SYMTAB] + 24 * i)
        if section:
            defined.add(names[name:names.index(b"\0", name)].decode())
    missing = {prefix + s for s in SYMBOLS for prefix in ("", "__vdso_")} - defined
    if missing:
        sys.exit(f"vDSO: missing symbols: {' '.join(sorted(missing))}")


main()
