"""What image formats with a header in text have in common: the header's lines, and voxels that follow it or lie apart.

Read with numpy alone: on damaged headers ITK's readers of these formats crash, and the process with them.
"""

import bz2
import gzip
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..translation import tr as _

LONGEST_HEADER = 1 << 22
_BLOCK = 1 << 20
# How many bytes of voxels one byte of a file may stand for: of zeros alone, and where a double is written as "0 ".
_MOST_PACKED = {"gzip": 2_000, "zlib": 2_000, "bzip2": 1_000_000, "text": 8}


@dataclass(frozen=True)
class Encoding:
    """How voxels are stored.

    Attributes
    ----------
    kind : str
        'raw', 'gzip', 'bzip2', 'zlib', 'text' (numbers) or 'hex'.
    dtype : numpy dtype
    count : int
        Of numbers, in all files together.
    lines, skipped : int
        Lines and then bytes that come before them; -1 bytes: they are the last ones of the file.
    """

    kind: str
    dtype: np.dtype
    count: int
    lines: int = 0
    skipped: int = 0


def header_lines(path):
    """Lines of a text header, without their ends, and the byte at which each next one begins.

    Raises
    ------
    OSError
    """
    with open(path, "rb") as file:
        content = file.read(LONGEST_HEADER)
    lines, begin = [], 0
    while begin < len(content):
        end = content.find(b"\n", begin)
        end = len(content) if end < 0 else end
        text = content[begin:end].rstrip(b"\r").decode("utf-8", "surrogateescape")
        begin = min(end + 1, len(content))
        lines.append((text, begin))
    return lines


def named_files(value, following):
    """Names of the files of voxels, as a header gives them: `NAME`, `PATTERN MIN MAX [STEP]`, or `LIST` and a name a
    line."""
    words = value.split()
    if words and words[0].lower() == "list":
        return [line.strip() for line in following if line.strip()]
    if words and "%" in words[0] and len(words) > 2:
        try:
            first, last, step = (int(word) for word in (*words[1:4], "1")[:3])
            numbers = range(first, last + (1 if step > 0 else -1), step)
            if len(numbers) <= _BLOCK:
                return [words[0] % number for number in numbers]
        except (TypeError, ValueError):  # no numbers, or no pattern: a name that looks like one
            pass
    return [value] if words else []


def stored_numbers(path, names, encoding, begin):
    """The numbers as they are stored, shape (count,).

    Parameters
    ----------
    path : Path
        Of the header.
    names : sequence of str
        Of the files of voxels, an equal share in each; none where they follow the header.
    encoding : Encoding
    begin : int
        Byte at which they begin where they follow the header.

    Raises
    ------
    OSError, EOFError, ValueError, zlib.error
        If there are too few, or they are damaged.
    """
    files = [path.parent / name for name in names] or [path]
    if encoding.count % len(files):
        raise ValueError(_("{count} files hold no equal shares of its voxels").format(count=len(files)))
    if encoding.kind not in ("text", "hex"):
        _check_size(files, encoding)
    share = encoding.count // len(files)
    numbers = np.empty(encoding.count, encoding.dtype)
    for number, file in enumerate(files):
        part = numbers[number * share : (number + 1) * share]
        _read_into(part, file, encoding, 0 if names else begin)
    return numbers


def _check_size(files, encoding):
    """Refuses, before memory is taken, what is far too short for any compression."""
    for file in files:
        if not os.path.isfile(file):
            raise ValueError(_("its file of voxels, {name}, is not there").format(name=Path(file).name))
    most = _MOST_PACKED.get(encoding.kind, 1)
    needed = encoding.count * encoding.dtype.itemsize
    if needed > most * sum(os.path.getsize(file) for file in files):
        raise ValueError(_("is cut short: {needed} bytes of voxels are needed").format(needed=needed))


def _read_into(part, path, encoding, begin):
    with open(path, "rb") as plain:
        plain.seek(begin)
        for _number in range(encoding.lines):
            plain.readline(LONGEST_HEADER)
        if encoding.kind in ("text", "hex"):
            part[:] = _parsed(plain.read(), encoding, len(part))
            return
        if encoding.skipped < 0:
            plain.seek(-part.nbytes, os.SEEK_END)
        with _unpacking(plain, encoding.kind) as file:
            if encoding.skipped > 0:
                file.read(encoding.skipped)
            missing = memoryview(part.view(np.uint8))
            while missing and (count := file.readinto(missing[:_BLOCK])):
                missing = missing[count:]
        if missing:
            raise ValueError(
                _("{name} is cut short: {count} bytes of voxels are missing").format(
                    name=Path(path).name, count=len(missing)
                )
            )


def _unpacking(plain, kind):
    if kind == "gzip":
        return gzip.GzipFile(fileobj=plain)
    if kind == "bzip2":
        return bz2.BZ2File(plain)
    return _Zlib(plain) if kind == "zlib" else plain


class _Zlib:
    """A stream of zlib, or of gzip, as MetaImage has either."""

    def __init__(self, plain):
        self._plain = plain
        self._decompress = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._waiting = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def readinto(self, buffer):
        while not self._waiting:
            packed = self._decompress.unconsumed_tail or self._plain.read(_BLOCK)
            if not packed or self._decompress.eof:
                return 0
            self._waiting = self._decompress.decompress(packed, len(buffer))
        count = min(len(buffer), len(self._waiting))
        buffer[:count], self._waiting = self._waiting[:count], self._waiting[count:]
        return count

    def read(self, size):
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])


def number_of(word, kind=float):
    """A header's word as a number of a kind.

    Raises
    ------
    ValueError
        If it is none; it names the word.
    """
    try:
        return kind(word)
    except ValueError as error:
        text = _("'{word}' is no whole number") if kind is int else _("'{word}' is no number")
        raise ValueError(text.format(word=word[:60])) from error


def _parsed(content, encoding, count):
    if encoding.kind == "hex":
        numbers = np.frombuffer(bytes.fromhex(content.decode("ascii")), encoding.dtype)
    else:
        words = content.decode("ascii").replace(",", " ").split()
        numbers = np.array([number_of(word) for word in words[:count]])
    if len(numbers) < count:
        raise ValueError(
            _("is cut short: {missing} of {needed} numbers are missing").format(
                missing=count - len(numbers), needed=count
            )
        )
    return numbers[:count]
