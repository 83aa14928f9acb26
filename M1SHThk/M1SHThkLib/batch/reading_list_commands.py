"""`reading-list make` and `reading-list collect` on the command line."""

import argparse
import math
import os
import sys
from pathlib import Path

from ..cohort.reading_order import REPEAT
from ..cohort.study import ALL_REGIONS, LIMB_REGIONS
from ..files.reading_list import ASK, BY_REGION, SCORES, Protocol, key_beside
from ..program import NOTICE
from .reading_lists import make_reading_list
from .reading_results import collect

_LIMBS = tuple(ALL_REGIONS[number] for number in LIMB_REGIONS)
_LONGEST_DAYS = 36525  # a century; a calendar has an end


def add_reading_list(commands, folder, whole, number):
    """Add the command to argparse's subparsers; the others give the types of its arguments."""
    parser = commands.add_parser(
        "reading-list",
        help="draw up a blinded reading study, and collect what was read",
        description=f"A blinded reading study, read in the section Reading list of the module. {NOTICE}",
    )
    verbs = parser.add_subparsers(required=True, metavar="make|collect")

    make = verbs.add_parser(
        "make",
        help="draw up a list",
        description="Copies the image of every exam under a code, without drawings and names, and draws by lot who "
        "reads it when. The key, which tells whose a code is, is written into a file of its own; keep it from readers.",
    )
    make.add_argument("source", type=Path, metavar="FOLDER", help="exams, scenes, images or series; or a BIDS data set")
    make.add_argument("-o", "--output", required=True, type=folder, metavar="DIR", help="folder for the list")
    make.add_argument(
        "--reader", action="append", required=True, metavar="NAME", help="who reads, such as R1; may be repeated"
    )
    make.add_argument(
        "--ask",
        action="append",
        default=[],
        metavar="[READER=]WHAT",
        help=f"what is asked, of all readers or of one: {', '.join(ASK)} (default: both); may be repeated",
    )
    make.add_argument(
        "--score",
        choices=SCORES,
        default=BY_REGION,
        help="by eye: 0, 1 or 2 for each of the regions, or one verdict, pathologic or nonpathologic "
        "(default: regions)",
    )
    make.add_argument(
        "--numbers-any-time",
        action="store_true",
        help="the score need not be locked before the region is drawn and its numbers appear",
    )
    make.add_argument("--orofacial", action="store_true", help="ask for the orofacial regions too")
    make.add_argument(
        "--repeat", type=_share, default=0.0, metavar="SHARE", help="of exams that are read again (default: none)"
    )
    make.add_argument(
        "--after",
        type=number(0, _LONGEST_DAYS),
        default=0.0,
        metavar="DAYS",
        help="how long after a reader's last first reading the repeats begin (default: at once)",
    )
    make.add_argument(
        "--seed", type=whole, metavar="N", help="same seed, same order (default: by lot; kept in the key)"
    )
    make.add_argument(
        "--field", type=number(0, 25), metavar="TESLA", help="field strength of images that do not tell theirs"
    )
    make.add_argument("--key", type=Path, metavar="KEY.tsv", help="the key (default: DIR-key.tsv beside DIR)")
    make.set_defaults(run=_make)

    collected = verbs.add_parser(
        "collect",
        help="check the readings and write tables for cohort",
        description="Checks the audit trails (order kept, nobody unblinded, files unchanged) and writes "
        "measurements.tsv, clinical.tsv with the scores by eye, readings.tsv and checks.tsv. Exit status 1 where "
        "something is not as the protocol has it.",
    )
    collected.add_argument("list", type=Path, metavar="DIR", help="folder of the list")
    collected.add_argument("--key", type=Path, metavar="KEY.tsv", help="the key (default: DIR-key.tsv beside DIR)")
    collected.add_argument("-o", "--output", required=True, type=folder, metavar="DIR", help="folder for the tables")
    collected.add_argument("--clinical", type=Path, metavar="CLINICAL.tsv", help="table to add the scores by eye to")
    collected.set_defaults(run=_collect)


def _share(text):
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return share


def _make(options):
    protocol = Protocol(
        options.score,
        not options.numbers_any_time,
        ALL_REGIONS if options.orofacial else _LIMBS,
        options.after,
    )
    warnings = []
    key, draw, sources = make_reading_list(
        options.source,
        options.output,
        list(options.reader),
        options.key,
        options.ask,
        protocol,
        options.repeat,
        options.seed,
        options.field,
        _show_progress,
        warnings.append,
    )
    for warning in warnings:  # where there is a list; else one line tells why not
        print(f"warning: {warning}", file=sys.stderr)
    repeats = sum(reading == REPEAT for _, reading in draw.codes.values())
    print(f"{len(sources)} exams, {repeats} of them read again, for {', '.join(options.reader)}")
    print(f"Reading list: {options.output}")
    print(f"Key:          {key} (keep it from the readers)")


def _collect(options):
    folder = options.list if os.path.isdir(options.list) else options.list.parent
    key = options.key or key_beside(folder)
    if not os.path.exists(key):
        raise ValueError(f"{key}: there is no such key; name the one that 'reading-list make' wrote, by --key")
    collected = collect(folder, key, options.output, options.clinical)
    for reader, planned in collected.planned.items():
        print(f"{reader}: {collected.finished[reader]} of {planned} cases finished")
    for reader, fault, is_left_out in collected.faults:
        about = f"{reader}, {fault.case}" if fault.case else reader
        print(f"{about}: {fault.words}{'; left out of the tables' if is_left_out else ''}", file=sys.stderr)
    if collected.torn:
        print(f"The program was ended while it wrote {collected.torn} of the trails' lines; nothing else is missing.")
    print(f"Results: {options.output}")
    return 1 if collected.faults else 0


def _show_progress(done, total):
    if sys.stderr.isatty() and total > 1:
        print(f"\rCopied {done} of {total} images", end="\n" if done == total else "", file=sys.stderr, flush=True)
