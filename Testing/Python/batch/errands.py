"""What other processes are given to do in tests: importable by name, and nothing of M1SHThk at file scope."""

import os
import signal
import time

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has the latter alone, which kills there


def square(number):
    """Its square, and the process that worked it out."""
    time.sleep(0.1)
    return number**2, os.getpid()


def fail_at(number):
    """Fails at 1 by a ValueError and at 2 by another exception."""
    if number == 1:
        raise ValueError("one is\n not wanted; give another")
    if number == 2:
        raise LookupError("two")
    return number


def die_at_three(number):
    """The process dies of 3, as if it were out of memory."""
    if number == 3:
        os.kill(os.getpid(), KILL)
    return number


def version_and_place(_):
    """Version of the M1SHThk that this process imports, and where it lies."""
    import M1SHThkLib
    from M1SHThkLib.batch.parallel import run

    return M1SHThkLib.__version__, M1SHThkLib.__file__, run.__module__
