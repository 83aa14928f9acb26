"""A reading list drawn up from a folder: images under codes, who reads them when, and the key in a file of its own."""

import os
import re
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..cohort.reading_order import draw_order
from ..files.disk import made_folder, removed, sha256
from ..files.images import write_image
from ..files.reading_list import (
    ASK,
    BOTH,
    BY_REGION,
    DESCRIPTION,
    MEASUREMENT,
    SCORE,
    TABLE,
    Case,
    key_beside,
    write_key,
    write_reading_list,
)
from .reading_sources import find_sources

CASES = "cases"
_READER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}")


def make_reading_list(
    root,
    folder,
    readers,
    key=None,
    ask=(),
    protocol=None,
    repeat_share=0.0,
    seed=None,
    tesla=None,
    tell=lambda done, total: None,
    warn=lambda words: None,
):
    """Draw up a list, and copy every image under its code, echoes combined and without drawings or names.

    Parameters
    ----------
    root : path
        Folder of the exams, or a BIDS data set.
    folder : path
        Of the list, made where it is missing; no list may be there.
    readers : sequence of str
        Letters, figures and hyphens, since they name folders and columns.
    key : path, optional
        Of the key; by default beside the folder, not in it.
    ask : sequence of str
        One of ASK for all readers, or `READER=` one of ASK; the last one counts.
    protocol : Protocol
    repeat_share : float
        From 0 to 1.
    seed : int, optional
        Drawn by lot where it is missing. It stands in the key alone, since order and codes can be told from it.
    tesla : float, optional
        Field strength of images that do not tell theirs; without it a measurement is asked of none of them.
    tell : callable
        Hears how many images of how many are written.
    warn : callable
        Hears in words what is passed over, and what is odd about an image.

    Returns
    -------
    key : Path
    draw : Draw
    sources : list of Source

    Raises
    ------
    ValueError
        If a reader's name or what is asked cannot be used, there is nothing to read, a list is there already, or a file
        cannot be read or written.
    """
    folder = Path(folder)
    key = key_beside(folder) if key is None else Path(key)
    _check_readers(readers)
    asked = _asked(readers, ask)
    _check_score_first(protocol, asked)
    if os.path.exists(folder / DESCRIPTION):
        raise ValueError(f"{folder}: holds a reading list already, which is never overwritten; choose another folder")
    if os.path.exists(key):
        raise ValueError(f"{key}: is there already, and a lost key is never found again; choose another name by --key")
    if folder.resolve() in key.resolve().parents:
        raise ValueError(f"{key}: lies in the folder that the readers see; keep the key elsewhere, by --key")
    if not os.path.isdir(key.parent):
        raise ValueError(f"{key}: there is no folder {key.parent}; make it, or put the key elsewhere by --key")
    sources = find_sources(root, leave_out=folder, warn=warn)
    _check_told_apart(sources)
    seed = secrets.randbelow(2**31) if seed is None else seed
    draw = draw_order(len(sources), readers, seed, repeat_share)
    codes = {}
    for code, (exam, reading) in draw.codes.items():
        codes.setdefault(exam, []).append((code, reading))
    made_folder(folder / CASES)
    cases, rows = {}, []
    try:
        for exam, source in enumerate(sources):
            image, checksum = source.image(), source.checksum()
            if image.field_strength_tesla is None:
                if tesla is None and set(asked.values()) != {SCORE}:
                    raise ValueError(f"{source.name}: does not tell its field strength; give it by --field")
                image = replace(image, field_strength_tesla=tesla)
            for code, reading in codes[exam]:
                cases[code] = _written(folder, code, image)
                identity = [source.subject, source.session, source.group]
                rows.append([code, *identity, reading, source.name, checksum, seed])
            for warning in image.warnings:
                warn(warning)
            tell(exam + 1, len(sources))
        of_list = write_reading_list(folder, protocol, [cases[code] for code in sorted(cases)], draw.turns, asked)
        write_key(key, [[*row, of_list] for row in sorted(rows, key=lambda row: row[0])])
    except (ValueError, KeyboardInterrupt):
        _take_away(folder, draw.codes)  # a list without its key can never be collected
        raise
    return key, draw, sources


def _take_away(folder, codes):
    """What there is of a list that was not completed."""
    removed(*(folder / _path_of(code) for code in codes), folder / TABLE, folder / DESCRIPTION)
    for place in (folder / CASES, folder):
        with suppress(OSError):  # something else lies in it
            place.rmdir()


def _path_of(code):
    return f"{CASES}/{code}.nii.gz"


def _written(folder, code, image):
    """An image copied under its code: a Case."""
    path = _path_of(code)
    write_image(folder / path, [image.voxels], image.affine)
    return Case(
        code,
        path,
        sha256(folder / path),
        image.echo_times_ms,
        image.echo_combination,
        image.averaged_echoes,
        image.field_strength_tesla,
        image.settings,
    )


def _check_readers(readers):
    for reader in readers:
        if not _READER.fullmatch(reader):
            raise ValueError(f"--reader {reader}: is to be letters, figures and hyphens, such as R1; it names a folder")
    folded = [reader.casefold() for reader in readers]
    if len(set(folded)) < len(folded):
        raise ValueError("--reader: two readers have the same name; give each a name of his own")


def _asked(readers, ask):
    asked = dict.fromkeys(readers, BOTH)
    for text in ask:
        reader, is_one, what = text.rpartition("=")
        if what not in ASK or (is_one and reader not in asked):
            raise ValueError(f"--ask {text}: is to be one of {', '.join(ASK)}, or READER= one of them")
        asked |= {reader: what} if is_one else dict.fromkeys(readers, what)
    return asked


def _check_score_first(protocol, asked):
    if protocol.score != BY_REGION and set(asked.values()) == {MEASUREMENT}:
        raise ValueError("--score: no reader is asked for a score; leave it out")


def _check_told_apart(sources):
    seen = {}
    for source in sources:
        who = source.subject, source.session
        if who in seen:
            raise ValueError(
                f"{source.name}: is {' '.join(filter(None, who))}, as {seen[who]} is; take one away, or give it a "
                "session of its own"
            )
        seen[who] = source.name
