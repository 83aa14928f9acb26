"""Tables that a spreadsheet has spoilt are refused with the line; what the program itself writes, rounded or not, and
what has no numbers is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.__main__ import main
from M1SHThkLib.files.measured_rows import DEEPEST_MM, check_measured
from M1SHThkLib.files.tables import Row
from study_files import write_study

NAMES = ("sh", "thk_mm", "sh_thk_per_mm", "sh_fit", "thk_fit_mm", "sh_thk_fit_per_mm")
ENDS = ("sh_thk_per_mm_ci_low", "sh_thk_per_mm_ci_high")


def row(sh="n/a", thk="n/a", ratio="n/a", fit=("n/a",) * 3, interval=("n/a", "n/a")):
    texts = [str(value) for value in (sh, thk, ratio, *fit, *interval)]
    return Row("measurements.tsv", 7, dict(zip(NAMES + ENDS, texts, strict=True)))


heights = st.floats(1e-4, 2)
widths = st.floats(0.3, DEEPEST_MM)


@given(heights, widths)
def test_what_the_program_writes_in_full_precision_passes(sh, thk):
    check_measured(row(sh, thk, sh / thk), DEEPEST_MM)
    check_measured(row(0, "n/a", 0, (sh, thk, sh / thk)), DEEPEST_MM)


@given(heights, widths, st.tuples(*[st.integers(0, 5)] * 3))
def test_each_number_may_be_rounded_to_any_digit(sh, thk, digits):
    texts = [f"{value:.{count}f}" for value, count in zip((sh, thk, sh / thk), digits, strict=True)]
    check_measured(row(*texts), DEEPEST_MM + 1)


@given(heights, widths, st.floats(1.01, 100))
def test_a_ratio_that_is_another_row_s_is_told(sh, thk, factor):
    for ratio in (sh / thk * factor, sh / thk / factor):  # to so many digits that rounding explains nothing
        with pytest.raises(ValueError, match=r"line 7: sh_thk_per_mm is .*, but sh / thk_mm is .*; restore the table"):
            check_measured(row(f"{sh:.9f}", f"{thk:.9f}", f"{ratio:.9f}"), DEEPEST_MM)


def test_missing_numbers_contradict_nothing():
    for sh, thk, ratio in ((0, "n/a", 0), ("n/a", 1.2, "n/a"), ("n/a", "n/a", 0.1), ("n/a", "n/a", "n/a")):
        check_measured(row(sh, thk, ratio), DEEPEST_MM)


def test_no_layer_is_thicker_than_what_was_sampled():
    check_measured(row(thk=5.99), 6.0)
    with pytest.raises(ValueError, match=r"thk_mm is 6\.01, thicker than the 6 mm that were sampled"):
        check_measured(row(thk=6.01), 6.0)


def test_an_interval_does_not_end_before_it_begins():
    with pytest.raises(ValueError, match=r"sh_thk_per_mm_ci_low is 0\.2, above sh_thk_per_mm_ci_high, 0.1"):
        check_measured(row(interval=(0.2, 0.1)), 6.0)


def test_digits_say_how_far_a_number_is_rounded():
    check_measured(row("0.06", "1.4", "0.04"), 6.0)  # 0.055 / 1.45 = 0.038 to 0.065 / 1.35 = 0.048
    with pytest.raises(ValueError):
        check_measured(row("0.0600", "1.400", "0.0400"), 6.0)


SPOILT = {
    "a decimal point lost": (lambda cells, n: cells.update(thk_mm=cells["thk_mm"].replace(".", "")), "thk_mm is 1"),
    "one column sorted": (lambda cells, n: cells.update(sh_thk_per_mm=str(0.02 + n / 500)), "sh_thk_per_mm is 0."),
    "filled down": (lambda cells, n: cells.update(sh="0.07"), "sh_thk_per_mm is "),
    "a date": (lambda cells, n: cells.update(thk_mm="01.Mai"), "thk_mm is '01.Mai'; it must be a number"),
    "a decimal comma": (lambda cells, n: cells.update(sh=cells["sh"].replace(".", ",")), "it must be a number"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_study_of_it_is_refused_with_the_line(tmp_path, capsys, case):
    spoil, told = SPOILT[case]
    measurements, clinical, _ = write_study(tmp_path)
    header, *lines = (line.split("\t") for line in measurements.read_text().splitlines())
    for number in range(20, 30):
        cells = dict(zip(header, lines[number], strict=True))
        spoil(cells, number)
        lines[number] = [cells[name] for name in header]
    measurements.write_text("\n".join("\t".join(line) for line in [header, *lines]) + "\n")
    assert main(["cohort", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "study")]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and message.startswith(f"{measurements}: line 22, ") and told in message
    assert not (tmp_path / "study").exists()


def test_the_depth_that_was_sampled_stands_in_the_provenance(tmp_path, capsys):
    measurements, clinical, _ = write_study(tmp_path)
    subjects = {line.split("\t")[0] for line in measurements.read_text().splitlines()[1:]}
    exam = '{{"subject": "{}", "observer": "R1", "settings": {{"depth_max_mm": 2.0}}}}'
    (tmp_path / "provenance.json").write_text(f'{{"exams": [{", ".join(map(exam.format, subjects))}]}}')
    assert main(["cohort", str(measurements), "--clinical", str(clinical), "-o", str(tmp_path / "study")]) == 2
    assert "thicker than the 2 mm that were sampled" in capsys.readouterr().err
