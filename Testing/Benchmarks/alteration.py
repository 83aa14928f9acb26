"""One file -> the same, altered at random as editors, spreadsheets, converters and failing disks alter files."""

import gzip
import json
import zlib

import numpy as np

NUMBERS = (0, -1, 1, 2, 3, 0.5, 1e-300, 1e9, 1e300, -1e300, 2**70, 10**400, float("nan"), float("inf"))
TEXTS = ("", " ", "n/a", "NA", "3,0", "nan", "x" * 5000, "\u200b", "a\tb", "..", "/", "gone.nii", "$\\frac$", "Ж漢é")
OTHERS = (None, True, False, [], {}, [[]], [None], {"": 0})
SUFFIXES_OF_NIFTI = (".nii", ".hdr", ".nii.gz")
# Of a NIfTI-1 header: offset and type of the fields that a reader looks at.
FIELDS = (
    *((offset, "<i2") for offset in (*range(40, 56, 2), 70, 72, 252, 254)),
    *((offset, "<f4") for offset in (*range(76, 120, 4), *range(256, 328, 4))),
    *((offset, "u1") for offset in (123, 344, 345, 346, 347)),
    (0, "<i4"),
)


def altered(path, random):
    """The bytes of a file, altered in one to three places."""
    content = path.read_bytes()
    for _ in range(random.integers(1, 4)):
        content = _altered_once(path.name, content, random)
    return content


def _altered_once(name, content, random):
    if random.random() < 0.2:
        return _torn(content, random)
    if name.endswith(SUFFIXES_OF_NIFTI):
        return _nifti(name, content, random)
    if name.endswith(".json"):
        return _json(content, random)
    if name.endswith(".tsv"):
        return _table(content, random)
    return _text_header(content, random)


def _torn(content, random):
    """Bytes changed, cut off, put in, or repeated."""
    if not content:
        return bytes(random.integers(0, 256, 10, np.uint8))
    begin, end = sorted(random.integers(0, len(content) + 1, 2).tolist())
    end = min(end, begin + 64)
    anything = bytes(random.integers(0, 256, end - begin, np.uint8))
    kinds = (
        content[:begin],
        content[:begin] + content[end:],
        content[:begin] + anything + content[end:],
        content[:begin] + anything + content[begin:],
        content[:end] + content[begin:],
        content[:begin] + bytes(end - begin) + content[end:],
    )
    return kinds[random.integers(len(kinds))]


def _nifti(name, content, random):
    """A field of the header set to an odd number."""
    packed = name.endswith(".gz")
    try:
        header = bytearray(gzip.decompress(content) if packed else content)
    except (OSError, EOFError, zlib.error):
        return content
    offset, kind = FIELDS[random.integers(len(FIELDS))]
    odd = (0, 1, -1, 2, 4, 5, 127, 255, 1e-6, 0.39, 1.5, 352, 1e30, float("nan"), float("inf"))
    value = float(odd[random.integers(len(odd))])
    if kind != "<f4":
        value = int(np.clip(np.nan_to_num(value), 0 if kind == "u1" else -1, 255))
    header[offset : offset + np.dtype(kind).itemsize] = np.array(value, kind).tobytes()
    return gzip.compress(bytes(header), 1) if packed else bytes(header)


def _json(content, random):
    """A member replaced, renamed, taken out, or put in twice."""
    try:
        data = json.loads(content)
    except ValueError:
        return content
    places = list(_places(data))
    if not places:
        return json.dumps(_odd(random)).encode()
    holder, key = places[random.integers(len(places))]
    kind = random.integers(5)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[f"{key}s"] = holder.pop(key)
    elif kind == 2 and isinstance(holder, list):
        holder.insert(0, holder[key])
    else:
        holder[key] = _odd(random)
    return json.dumps(data).encode()


def _places(data):
    """Every member of plain data, as what holds it and its key or number."""
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(members):
        yield data, key
        yield from _places(value)


def _odd(random):
    kinds = (NUMBERS, TEXTS, OTHERS)
    some = kinds[random.integers(len(kinds))]
    return some[random.integers(len(some))]


def _table(content, random):
    """A cell, a row, a column or the separators changed."""
    rows = [line.split("\t") for line in content.decode(errors="replace").split("\n")]
    row = rows[random.integers(len(rows))]
    column = random.integers(len(row))
    kind = random.integers(7)
    if kind == 0:
        rows.insert(random.integers(len(rows)), list(row))
    elif kind == 1:
        rows.remove(row)
    elif kind == 2:
        for each in rows:
            del each[column : column + 1]
    elif kind == 3:
        row[column] = row[column].replace(".", random.choice([",", "", ".."]))
    elif kind == 4:
        row[column] += random.choice(["\u200b", "\u00a0", '"', "\u0308", " ", "0", "\t"])
    else:
        row[column] = str(_odd(random))
    separator = "\t" if random.random() < 0.97 else random.choice([",", ";", " "])
    return "\n".join(separator.join(each) for each in rows).encode(errors="replace")


def _text_header(content, random):
    """A line of a header in text taken out, repeated or given odd numbers; what follows the header stays."""
    end = content.find(b"\n\n")
    header, rest = (content[:end], content[end:]) if end >= 0 else (content, b"")
    lines = header.split(b"\n")
    number = random.integers(len(lines))
    kind = random.integers(4)
    if kind == 0:
        del lines[number]
    elif kind == 1:
        lines.insert(random.integers(len(lines) + 1), lines[number])
    else:
        words = lines[number].replace(b",", b" , ").replace(b"(", b"( ").replace(b")", b" )").split(b" ")
        words[random.integers(len(words))] = str(_odd(random)).encode(errors="replace")
        lines[number] = b" ".join(words)
    return b"\n".join(lines) + rest
