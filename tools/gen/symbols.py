#!/usr/bin/python3
"""Makes the symbol table that the kernel's backtraces read, from the first link of the kernel.

usage: symbols.py linnet.elf.0 symbols1.S

Layout of section .ksymbols (little endian, 8-byte aligned):
    u64 count
    count entries, by ascending address:
        u32 address    offset from the image's link base (0xffffffff80000000)
        u32 name       offset into the strings
    the strings, each ended by a NUL
A name is demangled and without its parameters: `vm::AddressSpace::map`.
"""

import struct
import subprocess
import sys

LINK_BASE = 0xFFFFFFFF80000000
SHT_SYMTAB = 2
SHF_EXECINSTR = 4
STT_NOTYPE, STT_FUNC = 0, 2


def sections(image):
    if image[:6] != b"\x7fELF\x02\x01":
        sys.exit("symbols: not a little-endian ELF64 file")
    offset, = struct.unpack_from("<Q", image, 0x28)
    entry_size, count = struct.unpack_from("<HH", image, 0x3A)
    for index in range(count):
        # sh_name, type, flags, address, offset, size, link, info, alignment, entry size
        yield struct.unpack_from("<IIQQQQIIQQ", image, offset + index * entry_size)


def functions(image):
    """(offset from the link base, mangled name) of each function and each label in executable sections."""
    table = list(sections(image))
    for section in table:
        if section[1] != SHT_SYMTAB:
            continue
        start, size, strings = section[4], section[5], table[section[6]][4]
        for at in range(start, start + size, 24):
            name, info, _, home, value, _ = struct.unpack_from("<IBBHQQ", image, at)
            if info & 15 not in (STT_NOTYPE, STT_FUNC) or not 0 < home < len(table):
                continue
            if not table[home][2] & SHF_EXECINSTR or not 0 <= value - LINK_BASE < 1 << 32:
                continue
            end = image.index(b"\0", strings + name)
            text = image[strings + name:end].decode()
            if text and not text.startswith((".L", "__cfi_", "$")):
                yield value - LINK_BASE, info & 15, text


def demangle(names):
    for tool in ("llvm-cxxfilt-19", "llvm-cxxfilt", "c++filt"):
        try:
            done = subprocess.run([tool, "--no-params"] if tool.startswith("llvm") else [tool, "-p"],
                                  input="\n".join(names), capture_output=True, text=True, check=True)
            return done.stdout.split("\n")
        except (FileNotFoundError, subprocess.CalledProcessError):
            continue
    return names


def shorten(name):
    """Template arguments, parameters and ABI tags say little in a backtrace and cost space."""
    if name.startswith("_Z") or "operator" in name or "<" not in name:
        return name
    out, depth = [], 0
    for letter in name:
        depth += letter == "<"
        if not depth:
            out.append(letter)
        depth -= letter == ">"
    short = "".join(out)
    return short.rsplit(" ", 1)[-1] if short and depth == 0 and "{" not in short else name


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        image = file.read()
    # One name an address: a function before a label.
    chosen = {}
    for offset, kind, name in functions(image):
        if offset not in chosen or kind > chosen[offset][0]:
            chosen[offset] = (kind, name)
    offsets = sorted(chosen)
    names = [shorten(name) for name in demangle([chosen[offset][1] for offset in offsets])]

    positions, strings, size = {}, [], 0
    lines = ['.section .ksymbols, "a"', ".balign 8", f".quad {len(offsets)}"]
    for offset, name in zip(offsets, names):
        if name not in positions:
            positions[name] = size
            strings.append(name)
            size += len(name.encode()) + 1
        lines.append(f".long {offset:#x}, {positions[name]}")
    escape = str.maketrans({"\\": "\\\\", '"': '\\"'})
    lines += [f'.asciz "{name.translate(escape)}"' for name in strings]
    with open(sys.argv[2], "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
