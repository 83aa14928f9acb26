"""Drawings within a page, without any library: pictures of grey values, curves and axes as SVG."""

import base64
import struct
import zlib

import numpy as np

from .markup import element, void


def grey_picture(values, low, high):
    """An array, shape (rows, columns), the first row on top, as the address of a PNG within the page.

    What is `low` or below is black, `high` or above white, nan middle grey.
    """
    share = (np.asarray(values, float) - low) / max(high - low, 1e-12)
    grey = np.where(np.isfinite(share), 255 * np.clip(share, 0, 1), 128).round().astype(np.uint8)
    rows, columns = grey.shape
    lines = np.hstack([np.zeros((rows, 1), np.uint8), grey])  # each begins with its filter: none
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def drawing(width, height, alt, *content, **attributes):
    """An SVG of this size in its own units, as wide as there is room for it."""
    box = f"0 0 {width:g} {height:g}"
    return element("svg", element("title", alt), *content, viewBox=box, role="img", aria_label=alt, **attributes)


def path(points, closed=False, **attributes):
    """A line through points, shape (n, 2)."""
    steps = "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    return void("path", d=f"M{steps}{'Z' if closed else ''}", **attributes)


def lines(starts, ends, **attributes):
    """A line from each of the first points, shape (n, 2), to its end."""
    steps = "".join(f"M{a:.2f} {b:.2f}L{c:.2f} {d:.2f}" for (a, b), (c, d) in zip(starts, ends, strict=True))
    return void("path", d=steps, **attributes)


def text(words, x, y, **attributes):
    """Words that begin (or, by `text_anchor`, are centred or end) at a place."""
    return element("text", words, x=f"{x:.2f}", y=f"{y:.2f}", **attributes)


def _chunk(part):
    kind, content = part
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
