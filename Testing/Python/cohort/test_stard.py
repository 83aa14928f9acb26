"""The STARD checklist tells of the data what is true of them."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.analysis import Cohort
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.stard import INDETERMINATE, checklist
from M1SHThkLib.measuring.flags import FLAGS


def with_flags(subject, *flags):
    reading = replace(subject.readings[0], flags=(*flags, (), ()))
    return replace(subject, readings=(reading,))


def answers(study):
    return {item.number: item.answer for item in checklist(Cohort((study,), CohortOptions(), {3.0: ()}))}


def test_every_flag_that_takes_a_value_away_is_an_indeterminate_result():
    takes_away = {
        flag
        for flag, meaning in FLAGS.items()
        if "values are missing" in meaning or "thickness is missing" in meaning.lower()
    }
    assert len(takes_away) > 5 and takes_away <= set(INDETERMINATE)


class TestChecklist:
    def test_totals_of_different_scales_are_told_apart(self):
        study = study_of(np.ones((5, 4)), umn_scale=["A"] * 3 + ["B"] * 2, umn_total=[5.0, 6.0, 7.0, 20.0, 30.0])
        severity = answers(study)["21a"]
        assert "scale A: median 6 (quartiles 5.5 and 6.5), range 5 to 7, n = 3." in severity
        assert "scale B: median 25 (quartiles 22.5 and 27.5), range 20 to 30, n = 2." in severity

    def test_regions_that_were_not_measured_are_none_without_a_dark_layer(self):
        study = study_of([[0, 0.1, np.nan, np.nan], [0.1] * 4], [[0.02] * 4])
        told = answers(study)["15"]
        assert (
            "of 6 measured regions of patients: no_dark_layer 1" in told
            and "of 4 measured regions of controls: none" in told
        )
        assert "patients: 2 not measured, 0 measured without SH/Thk, of 8" in answers(study)["19"]

    def test_every_kind_of_indeterminate_result_is_counted(self):
        study = study_of([[0.1] * 4, [0.2, 0.1, 0.1, np.nan]], [[0.02] * 4])
        first, second, *others = study.subjects
        first = with_flags(first, ("near_noise",), ("second_dark_layer", "poor_fit"), (), ())
        second = with_flags(second, (), (), (), ("undecided",))
        told = answers(replace(study, subjects=(first, second, *others)))
        assert "of 8 measured regions of patients: undecided 1, near_noise 1, second_dark_layer 1" in told["15"]
        assert "poor_fit" not in told["15"]
        assert "patients: 0 not measured, 1 measured without SH/Thk, of 8" in told["19"]

    @pytest.mark.parametrize(("patients", "says"), [(1, "1 patient, 2 controls"), (2, "2 patients, 2 controls")])
    def test_flow_counts_in_plain_words(self, patients, says):
        assert says in answers(study_of(np.ones((patients, 4)), np.ones((2, 4))))["19"]
