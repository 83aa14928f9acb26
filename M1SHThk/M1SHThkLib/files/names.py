"""Names that people give: as they are seen, and as names of files."""

import hashlib
import re
import sys
import unicodedata

MISSING_NAME = "n/a"  # in tables, as BIDS has it; in small letters
LONGEST_BYTES = 100  # of a file's name; file systems end at 255, and suffixes and further parts follow
# Selectors of a glyph's shape, and signs that are blank: unseen, though no format characters.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_NOT_OF_A_FILE = re.compile(r"[^\w.-]+")
# There, two names that differ in their letters' size or composition are one file.
_FOLDS = sys.platform in ("win32", "darwin")


def cleaned(text):
    """Text without what cannot be seen, letters composed, white space as single blanks."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    seen = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", seen)).split())


def seen(name):
    """A name as people see it, in which all that look alike are the same: `cleaned`, and wide letters, ligatures and
    dashes as their plain ones."""
    return cleaned(_DASHES.sub("-", unicodedata.normalize("NFKC", name)))


def file_name(*parts):
    """A file's name, without suffix, that no other parts share.

    Parts are joined by underscores; None is an empty part, left out at the end. Where a part is changed, for its
    characters, its length or an underscore of its own, a checksum of all tells the names apart.
    """
    texts = [part or "" for part in parts]
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    whole = "_".join(texts)
    plain = plain_name(whole)
    if plain == whole and not any("_" in text for text in texts) and not (_FOLDS and plain != plain.casefold()):
        return plain
    checksum = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain}_{checksum}"


def plain_name(text):
    """Text with what every file system takes, of at most LONGEST_BYTES; different texts may give the same."""
    return _NOT_OF_A_FILE.sub("-", text).encode()[:LONGEST_BYTES].decode("utf-8", "ignore")
