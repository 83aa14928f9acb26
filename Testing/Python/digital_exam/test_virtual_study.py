"""The published study in silico: who takes part, what is measured of them, and how near it comes to the paper."""

import json
from collections import Counter

import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.subject import LIMB_REGIONS, iron_scores
from M1SHThkLib.digital_exam.virtual_study import FIELD_STRENGTHS, PEOPLE, draw_study
from M1SHThkLib.files.cohort_tables import read_studies
from scipy.stats import spearmanr

SEEDS = range(60)
STUDIES = {field: [draw_study(field, seed) for seed in SEEDS] for field in FIELD_STRENGTHS}


def of(subjects, group):
    return [subject for subject in subjects if subject.group == group]


@pytest.mark.parametrize("field", FIELD_STRENGTHS)
def test_people_are_those_of_the_paper(field):
    for group in ("patient", "control"):
        number, men, age, deviation = PEOPLE[field, group]
        groups = [of(study, group) for study in STUDIES[field]]
        assert {len(own) for own in groups} == {number}
        assert {Counter(subject.sex for subject in own)["M"] for own in groups} == {men}
        ages = [subject.age for own in groups for subject in own]
        assert np.mean(ages) == pytest.approx(age, abs=1)
        assert np.std(ages) == pytest.approx(deviation, rel=0.1)
    assert [subject.name for subject in STUDIES[field][0]][:2] == ["sim-01", "sim-02"]


def test_the_same_seed_gives_the_same_study_and_no_digital_exam_comes_twice():
    assert draw_study(3, 5) == draw_study(3, 5)
    seeds = [subject.seed for studies in STUDIES.values() for study in studies for subject in study]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("field", FIELD_STRENGTHS)
def test_scores_are_on_the_papers_scale_and_follow_the_iron_of_the_other_side(field):
    patients = [subject for study in STUDIES[field] for subject in of(study, "patient")]
    scores = np.array([[subject.umn[key] for key in LIMB_REGIONS] for subject in patients])
    totals = np.array([subject.umn_total for subject in patients])
    assert (scores.min(), scores.max()) == (0, 8)
    assert set(totals - scores.sum(axis=1)) == {0, 1}
    # Readers of the paper missed patients of about 3-5 in total and found those of about 12.
    assert 6 < totals.mean() < 11
    iron = np.array([iron_scores(subject.seed)[:4] for subject in patients])
    assert spearmanr(iron.ravel(), scores.ravel())[0] == pytest.approx(0.57, abs=0.03)
    controls = [subject for study in STUDIES[field] for subject in of(study, "control")]
    assert not any(subject.umn for subject in controls)
    row = patients[0].clinical()
    assert row["umn_right_arm"] == patients[0].umn["left", "hand_knob"]
    assert row["umn_left_leg"] == patients[0].umn["right", "paracentral_lobule"]


@pytest.mark.parametrize(
    ("field", "sensitivity", "specificity", "kappa"), ((3, 0.60, 0.88, 0.78), (7, 0.65, 0.94, 0.77))
)
def test_visual_readings_are_about_as_good_as_the_papers(field, sensitivity, specificity, kappa):
    patients, controls = (
        np.array([list(subject.visual.values()) for study in STUDIES[field] for subject in of(study, group)])
        for group in ("patient", "control")
    )
    assert patients.mean() == pytest.approx(sensitivity, abs=0.08)
    assert 1 - controls.mean() == pytest.approx(specificity, abs=0.08)
    seen = np.concatenate([patients, controls])
    chance = seen.mean() ** 2 + (1 - seen.mean()) ** 2
    agreement = np.mean([(seen[:, one] == seen[:, other]).mean() for one in range(4) for other in range(one)])
    assert (agreement - chance) / (1 - chance) == pytest.approx(kappa, abs=0.08)


def test_observers_draw_their_own_lines_on_one_image():
    subject = STUDIES[3][0][0]
    first, second = subject.readings()
    assert (first.observer, second.observer) == ("R1", "R2")
    assert np.array_equal(first.image.voxels, second.image.voxels)
    for one, other in zip(first.regions, second.regions, strict=True):
        apart = one.pial_lines[0] - other.pial_lines[0]
        assert np.abs(apart[:, :2]).max() > 0.1
        assert np.abs(apart[:, 2]).max() == 0
    assert sum(len(subject.observers) > 1 for subject in STUDIES[3][0]) == 10
    assert subject.readings()[0].regions[0].pial_lines[0] == pytest.approx(first.regions[0].pial_lines[0], abs=0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    (
        ([], "needs MEASUREMENTS.tsv"),
        (["m.tsv"], "--clinical"),
        (["--clinical", "c.tsv"], "needs MEASUREMENTS.tsv"),
        (["m.tsv", "--clinical", "c.tsv", "--simulate", "3"], "leave out either"),
        (["m.tsv", "--clinical", "c.tsv", "--jobs", "2"], "belong to --simulate"),
        (["--simulate", "4"], "invalid choice: 4"),
        (["--simulate", "3", "--seed", "-1"], "whole number from 0"),
        (["--simulate", "3", "--jobs", "2", "--dask", "tcp://h:1"], "not allowed with"),
        (["m.tsv", "--clinical", "c.tsv", "--cutoff", "0"], "above 0"),
        (["m.tsv", "--clinical", "c.tsv", "--sensitivity", "90"], "below 1"),
        (["m.tsv", "--clinical", "c.tsv", "--auc", "0.5"], "above 0.5"),
        (["m.tsv", "--clinical", "c.tsv", "--power", "nan"], "above 0"),
    ),
)
def test_what_does_not_fit_together_is_refused(arguments, told, tmp_path, capsys):
    try:
        status = main(["cohort", *arguments, "-o", str(tmp_path / "out")])
    except SystemExit as error:
        status = error.code
    assert status == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


simulates = pytest.mark.xdist_group("virtual study")  # one process measures it, once


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The virtual study at 3T, measured and analysed: half a minute."""
    folder = tmp_path_factory.mktemp("study")
    assert main(["cohort", "--simulate", "3", "-o", str(folder)]) == 0
    return folder


@simulates
def test_the_virtual_study_at_3t_has_the_sizes_and_directions_of_every_published_effect(simulated):
    results = json.loads((simulated / "cohort.json").read_text())
    rows = {row["Quantity"]: row for row in results["beside_the_paper"]}
    assert len(rows) == 15
    assert {row["Same direction"] for row in rows.values()} == {"yes", ""}
    assert "not the biology" in results["virtual"]["notice"]

    (study,), _ = read_studies([simulated / "measurements.tsv"], simulated / "clinical.tsv")
    patients, controls = (
        np.array([subject.readings[0].values["sh_thk_per_mm"] for subject in study.group(group)])
        for group in ("patient", "control")
    )
    greatest = np.nanmax(patients, axis=1)
    # Half the published value is as far as chance takes a study of this size.
    assert (greatest.mean(), greatest.std()) == pytest.approx((0.11, 0.09), rel=0.4)
    assert (np.nanmean(controls), np.nanstd(controls)) == pytest.approx((0.03, 0.02), rel=0.4)

    def estimate(analysis, quantity, **labels):
        return next(
            finding
            for finding in results["findings"]
            if (finding["analysis"], finding["quantity"]) == (analysis, quantity)
            and labels.items() <= finding["labels"].items()
        )

    marker = {"marker": "sh_thk_per_mm"}
    assert estimate("roc", "AUC", selection="paper", **marker)["estimate"] == pytest.approx(0.89, abs=0.06)
    for quantity, published in (("sensitivity", 0.81), ("specificity", 0.84)):
        found = estimate("roc", quantity, selection="paper", cutoff="youden", **marker)
        assert found["details"]["apparent"] == pytest.approx(published, abs=0.1)
    rho = estimate("correlation", "Spearman rho", limbs="all limbs", unit="region", **marker)
    assert rho["estimate"] == pytest.approx(0.57, abs=0.1)
    assert rho["p"] < 0.001
    assert estimate("selection", "AUC", selection="paper", **marker)["details"]["naive_p_not_valid"] < 0.001
    primary = estimate("selection", "AUC", selection="symmetric", **marker)
    assert primary["standing"] == "primary" and primary["estimate"] > 0.5 and primary["p"] < 0.05


@simulates
def test_observers_of_the_virtual_study_agree(simulated):
    (study,), _ = read_studies([simulated / "measurements.tsv"], simulated / "clinical.tsv")
    twice = [subject for subject in study.subjects if len(subject.readings) == 2]
    assert len(twice) == 10
    pairs = np.array([[reading.values["sh_thk_fit_per_mm"] for reading in subject.readings] for subject in twice])
    one, other = pairs.transpose(1, 0, 2).reshape(2, -1)
    differ = one != other
    assert differ.mean() > 0.9
    assert np.nanstd(one - other) < 0.02


@simulates
def test_a_resumed_virtual_study_measures_nothing_anew_and_ends_alike(simulated, tmp_path):
    records = sorted((simulated / "exams").iterdir())
    assert len(records) == 40
    before = {name: (simulated / name).read_bytes() for name in ("measurements.tsv", "clinical.tsv", "cohort.json")}
    written = {record: record.stat().st_mtime_ns for record in records}
    assert main(["cohort", "--simulate", "3", "-o", str(simulated), "--resume"]) == 0
    assert {record: record.stat().st_mtime_ns for record in records} == written
    assert {name: (simulated / name).read_bytes() for name in before} == before
