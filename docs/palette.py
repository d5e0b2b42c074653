"""PNG with a palette: pages have few colours, and a byte a pixel is a third of the size, without another package.

After the PNG specification (third edition): chunks, filters (section 9), colour types 2 (RGB) and 3 (palette).
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
CHANNELS = {2: 3, 6: 4}


def with_palette(png: bytes) -> bytes:
    """The same picture in at most 256 colours; the rarest become the nearest of the others."""
    width, height, rows = _read(png)
    counted = Counter(pixel for row in rows for pixel in row)
    kept = [colour for colour, _count in counted.most_common(COLOURS)]
    places = {colour: place for place, colour in enumerate(kept)}
    for colour in counted.keys() - places.keys():
        places[colour] = _nearest(colour, kept)
    body = b"".join(b"\0" + bytes(places[pixel] for pixel in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", bytes(part for colour in kept for part in colour))]
    chunks += [(b"IDAT", zlib.compress(body, 9)), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _nearest(colour: tuple[int, ...], kept: list[tuple[int, ...]]) -> int:
    distances = (sum((a - b) ** 2 for a, b in zip(colour, other, strict=True)) for other in kept)
    return min(enumerate(distances), key=lambda one: one[1])[0]


def _read(png: bytes) -> tuple[int, int, list[list[tuple[int, ...]]]]:
    """Width, height and the rows of RGB pixels of a picture as Chromium writes it: 8 bits, not interlaced."""
    header, data = b"", b""
    for kind, content in _chunks(png):
        if kind == b"IHDR":
            header = content
        elif kind == b"IDAT":
            data += content
    width, height, depth, colour_type, _method, _filter, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or colour_type not in CHANNELS or interlaced:
        raise ValueError("Only pictures of 8 bits a channel, RGB or RGBA, not interlaced, are read.")
    step = CHANNELS[colour_type]
    raw, length = zlib.decompress(data), width * step
    above, rows = bytearray(length), []
    for start in range(0, height * (length + 1), length + 1):
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + length]), above, step)
        rows.append([tuple(above[at : at + 3]) for at in range(0, length, step)])
    return width, height, rows


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """A row as it was before its filter: 0 none, 1 left, 2 above, 3 average, 4 Paeth."""
    for at in range(len(line) if kind else 0):
        left = line[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        guess = (0, left, above[at], (left + above[at]) // 2, 0)[kind]
        if kind == 4:
            guess = _paeth(left, above[at], corner)
        line[at] = (line[at] + guess) & 255
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))[2]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
