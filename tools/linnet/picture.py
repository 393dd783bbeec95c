"""Screenshots as PNG: what the emulator dumps is PPM, which browsers and people's tools do not show."""

import re
import struct
import zlib


def read_ppm(data):
    """(width, height, rows of RGB bytes) of a binary PPM with 8 bits a channel."""
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        raise ValueError("no P6 picture with 8 bits a channel")
    width, height, pixels = int(header[1]), int(header[2]), data[header.end():]
    return width, height, [pixels[row * width * 3:(row + 1) * width * 3] for row in range(height)]


def png(width, height, rows):
    """The bytes of a PNG (ISO/IEC 15948): truecolour, no filter."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = b"".join(b"\0" + row for row in rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")
