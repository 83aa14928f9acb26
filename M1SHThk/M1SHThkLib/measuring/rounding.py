"""How many decimals a value is shown with: at least two of its digits, however small its unit makes it."""

import math

MOST_DECIMALS = 6


def shown(value, decimals, *limits, sign=""):
    """A value, and limits with as many decimals, as texts; 0 is '0'.

    Parameters
    ----------
    value : float
        Finite.
    decimals : int
        How many there are at least; more where two digits of the value (of the limits, where it is 0) need them.
        Beyond MOST_DECIMALS it is written with an exponent.
    limits : floats
    sign : str
        '+' shows it of positive values too.

    Returns
    -------
    str, or a tuple of str where there are limits
    """
    size = max((abs(number) for number in ((value,) if value else limits)), default=0)
    digits = max(decimals, 1 - math.floor(math.log10(size)) if size else 0)
    kind = f"{sign}.{digits}f" if digits <= MOST_DECIMALS else f"{sign}.1e"
    texts = tuple(f"{number:{kind}}" if number else "0" for number in (value, *limits))
    return texts if limits else texts[0]


def shown_with_error(value, decimals, error):
    """A value and its standard error, finite, as two texts of as many decimals; the error with one digit at least."""
    return shown(value, max(decimals, -math.floor(math.log10(error))) if error > 0 else decimals, error)
