#!/usr/bin/env python3
"""Makes a C++ header out of a console font (PSF 1 or 2, maybe gzipped): glyph bitmaps and the table of characters.

usage: font.py FONT.psf.gz OUTPUT.h
"""
import gzip
import struct
import sys


def read_font(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"\x72\xb5\x4a\x86":
        _, _, header, flags, count, size, height, width = struct.unpack("<IIIIIIII", data[:32])
        unicode, psf2 = flags & 1, True
    elif data[:2] == b"\x36\x04":
        mode, size = data[2], data[3]
        header, count, height, width = 4, 512 if mode & 1 else 256, size, 8
        unicode, psf2 = mode & 2, False
    else:
        sys.exit(f"{path}: neither PSF 1 nor PSF 2")
    if width != 8:
        sys.exit(f"{path}: glyphs are {width} wide; the console draws glyphs of 8")
    glyphs = data[header:header + count * size]
    table = {}
    if unicode:
        rest = data[header + count * size:]
        if psf2:
            for index, entry in enumerate(rest.split(b"\xff")[:count]):
                for c in entry.split(b"\xfe")[0].decode("utf-8", "ignore"):
                    table.setdefault(ord(c), index)
        else:
            words = struct.unpack(f"<{len(rest) // 2}H", rest[:len(rest) // 2 * 2])
            index, sequence = 0, False
            for w in words:
                if w == 0xffff:
                    index, sequence = index + 1, False
                elif w == 0xfffe:
                    sequence = True
                elif not sequence:
                    table.setdefault(w, index)
    else:
        table = {i: i for i in range(min(count, 256))}
    return glyphs, count, height, sorted(table.items())


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    glyphs, count, height, table = read_font(sys.argv[1])
    out = ["// Made by tools/gen/font.py. Glyphs are one byte a row, the leftmost pixel in the highest bit.", "#pragma once",
           "", "#include <array>", "", '#include "base/types.h"', "", "namespace font {", "",
           f"inline constexpr usize kHeight = {height}, kWidth = 8, kCount = {count};",
           f"inline constexpr std::array<u8, {len(glyphs)}> kGlyphs = {{"]
    for i in range(0, len(glyphs), 16):
        out.append("    " + " ".join(f"0x{b:02x}," for b in glyphs[i:i + 16]))
    out += ["};", "struct Character {", "    u16 code;", "    u16 glyph;", "};",
            f"// Sorted by code.", f"inline constexpr std::array<Character, {len(table)}> kCharacters = {{{{"]
    line = "   "
    for code, glyph in table:
        if code > 0xffff:
            continue
        item = f" {{0x{code:04x}, {glyph}}},"
        if len(line) + len(item) > 118:
            out.append(line)
            line = "   "
        line += item
    out += [line, "}};", "", "}  // namespace font", ""]
    with open(sys.argv[2], "w") as f:
        f.write("\n".join(out))


main()
