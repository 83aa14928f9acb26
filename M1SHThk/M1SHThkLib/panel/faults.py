"""What went wrong, as the reader is told."""

from contextlib import contextmanager

import slicer


@contextmanager
def faults_in_words():
    """What the user can mend is said in words; what nobody expected comes with its details."""
    try:
        yield
    except ValueError as error:
        slicer.util.errorDisplay(str(error))
