"""The STARD checklist tells of the data what is true of them."""

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.analysis import Cohort
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.stard import checklist


def answers(study):
    return {item.number: item.answer for item in checklist(Cohort((study,), CohortOptions(), {3.0: ()}))}


class TestChecklist:
    def test_totals_of_different_scales_are_told_apart(self):
        study = study_of(np.ones((5, 4)), umn_scale=["A"] * 3 + ["B"] * 2, umn_total=[5.0, 6.0, 7.0, 20.0, 30.0])
        severity = answers(study)["21a"]
        assert "scale A: median 6 (quartiles 5.5 and 6.5), range 5 to 7, n = 3." in severity
        assert "scale B: median 25 (quartiles 22.5 and 27.5), range 20 to 30, n = 2." in severity

    def test_regions_that_were_not_measured_are_none_without_a_dark_layer(self):
        study = study_of([[0, 0.1, np.nan, np.nan], [0.1] * 4], [[0.02] * 4])
        assert "1 of 6 regions of patients measured at 3 T, 0 of 4 regions of controls" in answers(study)["15"]

    @pytest.mark.parametrize(("patients", "says"), [(1, "1 patient, 2 controls"), (2, "2 patients, 2 controls")])
    def test_flow_counts_in_plain_words(self, patients, says):
        assert says in answers(study_of(np.ones((patients, 4)), np.ones((2, 4))))["19"]
