"""Values as they are shown: no digit more than asked for, but never only zeros."""

from M1SHThkLib.measuring.rounding import shown, shown_with_error


def test_two_digits_of_a_value_are_seen_whatever_its_unit():
    assert shown(0.057, 3) == "0.057"
    assert shown(12.3456, 2) == "12.35"
    assert shown(0.00042, 3) == "0.00042"
    assert shown(-0.00042, 3) == "-0.00042"
    assert shown(4.2e-8, 3) == "4.2e-08"
    assert shown(0.25, 3, sign="+") == "+0.250"


def test_limits_have_the_decimals_of_their_value():
    assert shown(0.00042, 3, 0.0003, 0.01) == ("0.00042", "0.00030", "0.01000")
    assert shown(0.0, 3, 0.0, 0.0042) == ("0", "0", "0.0042")


def test_nothing_is_nothing():
    assert shown(0.0, 3) == "0"


def test_an_error_that_is_not_nothing_is_not_shown_as_nothing():
    assert shown_with_error(-0.0602, 2, 0.00012) == ("-0.0602", "0.0001")
    assert shown_with_error(16.613, 2, 0.0415) == ("16.61", "0.04")
    assert shown_with_error(16.613, 2, 30.0) == ("16.61", "30.00")
    assert shown_with_error(0.25, 2, 0.0) == ("0.25", "0")
