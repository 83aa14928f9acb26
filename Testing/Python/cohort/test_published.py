"""A study's results beside those of the paper: quantity by quantity, and honest about direction."""

import numpy as np
import pytest
from cohort_builder import study_of
from M1SHThkLib.cohort.analysis import analyse
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.published import PUBLISHED, beside_the_paper

QUICK = CohortOptions(replicates=50, permutations=99)


def beside(study, findings=None):
    if findings is None:
        findings = analyse([study], QUICK).findings[study.field_strength_t]
    return {row["Quantity"]: row for row in beside_the_paper(study, findings)}


def visual(*seen):
    """Two readers in two sessions."""
    return dict(zip((("R1", "1"), ("R1", "2"), ("R2", "1"), ("R2", "2")), seen, strict=True))


def test_numbers_are_the_studys_own():
    patients = [[0.1, 0.2, 0.05, np.nan], [0.3, 0.1, 0.1, 0.1], [0.01, 0.02, 0.03, 0.04]]
    controls = [[0.02, 0.03, 0.04, 0.05], [0.01, 0.06, 0.03, 0.02]]
    seen = [visual(True, True, True, False), visual(True, False, True, True), visual(False, False, True, True)]
    seen += [visual(False, False, False, False), visual(True, False, False, False)]
    rows = beside(study_of(patients, controls, visual=seen))
    here = {quantity: row["This study"] for quantity, row in rows.items()}
    # 0.2, 0.3 and 0.04 of the patients: mean 0.18, SD 0.13115, half-width 4.3027 SD / sqrt(3).
    assert here["SH/Thk of patients, greatest region, mean"] == "0.18 +- 0.13 (95 % CI -0.15 to 0.51)"
    assert here["SH/Thk of controls, every region, mean"].startswith("0.03 +- 0.02 (")
    # 0.2 and 0.3 are greater than all 8 values of the controls, 0.04 than 5, and equal to one.
    assert here["AUC, the paper's rule"].startswith(f"{(8 + 8 + 5.5) / 24:.2f} ")
    assert here["Visual reader R1, better session: sensitivity, specificity, accuracy"] == "0.67, 0.50, 0.60"
    assert here["Visual reader R2, better session: sensitivity, specificity, accuracy"] == "1.00, 1.00, 1.00"
    assert rows["Patients against controls, the paper's rule"]["Same direction"] == "yes"


def test_an_effect_the_other_way_round_is_said_to_be_so():
    low, high = np.linspace(0.01, 0.05, 24).reshape(6, 4), np.linspace(0.1, 0.2, 24).reshape(6, 4)
    umn = [np.arange(8, 4, -1.0) for _ in range(6)]
    rows = beside(study_of(low, high, umn=umn))
    for quantity in ("Patients against controls, the paper's rule", "AUC, the paper's rule"):
        assert rows[quantity]["Same direction"] == "no", quantity
    assert rows["Spearman rho with the limb's UMN score"]["Same direction"] == "no"


@pytest.mark.parametrize("field", PUBLISHED)
def test_what_a_study_lacks_has_no_estimate_and_no_direction(field):
    rows = beside(study_of([[0.1, 0.1, 0.1, 0.1]], field_strength_t=float(field)))
    assert len(rows) == 15
    assert {row["Same direction"] for row in rows.values()} == {""}
    assert all("no estimate" in row["This study"] for row in rows.values())
    assert rows == beside(study_of([[0.1, 0.1, 0.1, 0.1]], field_strength_t=float(field)), findings=())


def test_nothing_was_published_at_other_field_strengths():
    with pytest.raises(ValueError, match=r"nothing was published at 1\.5 T; 3 and 7 T"):
        beside_the_paper(study_of(field_strength_t=1.5), ())
