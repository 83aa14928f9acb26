"""What libraries print by themselves is kept from the terminal: what goes wrong is told in our words, in one line."""

import os
import sys
from contextlib import ExitStack, contextmanager


@contextmanager
def quiet():
    """What C and C++ code writes to standard output and error meanwhile is not seen."""
    with ExitStack() as streams:
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            streams.enter_context(_quiet(number, stream))
        yield


@contextmanager
def _quiet(number, stream):
    try:
        stream.flush()  # what Python has written so far is seen
        kept = os.dup(number)
    except (AttributeError, OSError, ValueError):  # there is none, as in a program with windows alone
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
        yield
        stream.flush()
    finally:
        os.dup2(kept, number)
        os.close(kept)
