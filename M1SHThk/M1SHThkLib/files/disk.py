"""What all files have in common: faults that name the file, whole writes, checksums, JSON."""

import codecs
import hashlib
import json
import os
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from ..translation import tr as _

_LONGEST_SUFFIXES = 24


@contextmanager
def naming(path):
    """Puts the file's name before the message of any ValueError raised within."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def existing(path):
    """The path, if a file is there.

    Raises
    ------
    ValueError
        If nothing is there, a folder, or a link that leads nowhere.
    """
    path = Path(path)
    if os.path.isdir(path):
        raise ValueError(_("{path}: is a folder; name a file in it").format(path=path))
    if not os.path.exists(path):
        if os.path.islink(path):
            raise ValueError(
                _("{path}: is a link to {target}, which is not there; restore that file").format(
                    path=path, target=os.readlink(path)
                )
            )
        raise ValueError(_("{path}: there is no such file; check its name and folder").format(path=path))
    return path


def sha256(path):
    """SHA-256 of a file's bytes, 64 hexadecimal digits.

    Raises
    ------
    ValueError
        If the file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    with _readable(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_text(path):
    """What a text file holds: UTF-8, or UTF-16 with its byte order mark, as spreadsheets write Unicode text.

    Raises
    ------
    ValueError
        If the file is missing or cannot be read, or is not UTF-8 (the message gives the line).
    """
    with _readable(path) as file:
        content = file.read()
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")  # Windows editors put a byte order mark first
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            _("{path}: line {line} is not UTF-8 text; save the file as UTF-8").format(path=path, line=line)
        ) from error


def read_json(path):
    """What a JSON file (UTF-8) holds, as plain Python values.

    Raises
    ------
    ValueError
        If the file is missing or cannot be read, is not JSON (the message gives the line), or names a key twice.
    """
    text = read_text(path)
    try:
        return json.loads(text, object_pairs_hook=_with_unique_keys)
    except json.JSONDecodeError as error:
        raise ValueError(
            _("{path}: line {lineno} is not valid JSON ({msg}); correct it there").format(
                path=path, lineno=error.lineno, msg=error.msg
            )
        ) from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_json(path, data):
    """Writes plain data, numpy numbers and arrays included, as JSON: UTF-8, indented, full precision.

    Raises
    ------
    ValueError
        If the data holds NaN or infinity, which JSON lacks, or the file cannot be written.
    """
    with naming(path):
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    write_text(path, text + "\n")


def write_text(path, text):
    """Writes text as UTF-8 with its line ends as they are.

    A file's name that is no UTF-8 keeps its bytes as escapes, which JSON reads back.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode(errors="backslashreplace"))


@contextmanager
def replacing(path):
    """Gives the path of a file to write, which takes the name `path` only when it is whole and on the disk.

    The file to write lies in the same folder and its name ends in the same suffixes. If anything is raised meanwhile it
    is removed, and what `path` named before is as it was.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    path = Path(path)
    # Short, since the name itself may have the greatest length.
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}-{path.name[-_LONGEST_SUFFIXES:]}")
    try:
        yield temporary
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        remedy = _("make room there, or choose a folder that you may write to")
        raise ValueError(
            _("{path}: cannot be written ({reason}); {remedy}").format(
                path=path, reason=error.strerror or error, remedy=remedy
            )
        ) from error
    finally:
        with suppress(OSError):  # what there was to tell of the folder has been told
            temporary.unlink(missing_ok=True)


def made_folder(path):
    """The folder, made with its parents where it is missing.

    Raises
    ------
    ValueError
        If it cannot be made.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            _("{path}: this folder cannot be made ({reason}); choose another").format(path=path, reason=error.strerror)
        ) from error
    return path


@contextmanager
def _readable(path):
    try:
        with open(existing(path), "rb") as file:
            yield file
    except OSError as error:
        raise ValueError(
            _("{path}: cannot be read ({reason}); check your right to read it").format(path=path, reason=error.strerror)
        ) from error


def _with_unique_keys(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(_("the key '{repeated}' stands twice in one object; keep one").format(repeated=repeated))
    return members


def _plain(value):
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def removed(*paths):
    """Takes files away that are there, as earlier results that no longer hold.

    Raises
    ------
    ValueError
        If one cannot be taken away.
    """
    for path in paths:
        try:
            Path(path).unlink(missing_ok=True)
        except OSError as error:
            raise ValueError(
                _("{path}: cannot be taken away ({reason}); close or remove it").format(
                    path=path, reason=error.strerror
                )
            ) from error
