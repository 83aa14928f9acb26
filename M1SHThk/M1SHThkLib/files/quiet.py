"""What libraries print by themselves is kept from the terminal: what goes wrong is told in our words, in one line."""

import os
import sys
from contextlib import contextmanager


@contextmanager
def quiet():
    """Nothing that C or C++ code writes to standard error meanwhile is seen; what Python has written so far is."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):  # no standard error at all, as in a program with windows alone
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
