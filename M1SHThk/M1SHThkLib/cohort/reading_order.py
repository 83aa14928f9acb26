"""Which exam is read when, and by whom: drawn by lot, with codes in place of names and with repeats."""

import zlib
from dataclasses import dataclass

import numpy as np

# Neither 0 and O nor 1 and I, which eyes mix up.
_LETTERS = tuple("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
_CODE_LENGTH = 5
FIRST, REPEAT = 1, 2  # of the readings of an exam, and of the blocks of a reader's list


@dataclass(frozen=True)
class Turn:
    """One case of one reader.

    Attributes
    ----------
    reader : str
    place : int
        In the reader's order, from 1.
    block : int
        FIRST, or REPEAT for what is read again.
    case : str
        The code.
    """

    reader: str
    place: int
    block: int
    case: str


@dataclass(frozen=True)
class Draw:
    """What was drawn by lot.

    Attributes
    ----------
    turns : tuple of Turn
        Reader by reader, in the order of reading.
    codes : dict of str -> (int, int)
        The number of the exam, from 0, and FIRST or REPEAT: one code a reading, so that a repeat has another one.
    """

    turns: tuple[Turn, ...]
    codes: dict


def draw_order(exams, readers, seed, repeat_share=0.0):
    """Every reader reads all exams in a random order of his own, then some of them again in another.

    Parameters
    ----------
    exams : int
        How many there are.
    readers : sequence of str
    seed : int
        The same seed and reader give the same order, whoever else reads.
    repeat_share : float
        From 0 to 1: how many of the exams are read again; the same ones by every reader.

    Returns
    -------
    Draw
    """
    random = np.random.default_rng([seed, 0])
    again = sorted(random.permutation(exams)[: round(repeat_share * exams)].tolist())
    readings = [(exam, FIRST) for exam in range(exams)] + [(exam, REPEAT) for exam in again]
    codes = dict(zip(_codes(len(readings), random), readings, strict=True))
    turns = []
    for reader in readers:
        own = np.random.default_rng([seed, 1, zlib.crc32(reader.encode())])
        order = []
        for block in (FIRST, REPEAT):
            cases = [code for code, (_, number) in codes.items() if number == block]
            order += [(block, cases[number]) for number in own.permutation(len(cases))]
        turns += [Turn(reader, place, block, case) for place, (block, case) in enumerate(order, 1)]
    return Draw(tuple(turns), codes)


def _codes(count, random):
    codes = {}
    while len(codes) < count:
        codes["".join(random.choice(_LETTERS, _CODE_LENGTH))] = None
    return list(codes)
