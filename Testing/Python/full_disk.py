"""A disk with hardly any room left, as far as one process can have it."""

from contextlib import contextmanager

import pytest


@contextmanager
def little_room(size):
    """No file of this process may grow beyond so many bytes."""
    resource = pytest.importorskip("resource", reason="no such limit there")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
