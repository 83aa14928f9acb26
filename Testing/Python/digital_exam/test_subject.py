"""Simulated subjects: iron, layers and folds."""

import numpy as np
import pytest
from M1SHThkLib.digital_exam.subject import (
    ALL_REGIONS,
    DEEP_LAYER_MM,
    GROUPS,
    ISOINTENSE_R2STAR,
    R2STAR_EXCESS,
    SUBJECT_CORRELATION,
    deep_r2star,
    layer_thicknesses,
    motor_banks,
    undulation,
)

FIELDS = (3, 7)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("group", GROUPS)
def test_iron_is_lognormal_and_correlated_within_a_subject(field, group):
    excess = np.array([deep_r2star(field, group, seed) for seed in range(3000)]) - ISOINTENSE_R2STAR[field]
    mean, spread = R2STAR_EXCESS[field, group]
    assert excess.mean() == pytest.approx(mean, rel=0.06)
    assert np.log(excess).std() == pytest.approx(spread, rel=0.06)
    correlations = np.corrcoef(np.log(excess).T)[np.triu_indices(len(ALL_REGIONS), 1)]
    assert correlations == pytest.approx(SUBJECT_CORRELATION, abs=0.06)


@pytest.mark.parametrize("group", GROUPS)
def test_cortex_has_its_thickness(group):
    layers = np.array([layer_thicknesses(group, seed) for seed in range(200)])
    assert layers.shape == (200, len(ALL_REGIONS), 2)
    assert 2.5 <= layers.sum(axis=-1).min() < layers.sum(axis=-1).max() <= 4
    lowest, highest = DEEP_LAYER_MM[group]
    assert lowest <= layers[..., 1].min() < lowest + 0.1 < highest - 0.1 < layers[..., 1].max() <= highest


def test_superficial_thickness_varies_by_its_deviation_over_its_correlation_length():
    arc = np.array([-20.0, -16.0, 12.0])
    drawn = np.array([undulation(arc, 0.2, 4.0, seed, number) for seed in range(1500) for number in range(4)])
    assert drawn.std(axis=0) == pytest.approx(0.2, rel=0.05)
    assert np.corrcoef(drawn.T)[0, 1:] == pytest.approx([np.exp(-0.5), 0.0], abs=0.05)
    neighbours = np.reshape(drawn[:, 0], (-1, 4))
    assert np.corrcoef(neighbours.T)[np.triu_indices(4, 1)] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("opposite_bank", (False, True))
def test_normals_do_not_cross_within_the_cortex(opposite_bank):
    for seed in range(20):
        for bank in motor_banks(3, "control", seed, 40.0, opposite_bank=opposite_bank).values():
            line = bank.fold.stretch(-20, 20)
            white_matter_from = next(
                depth for depth, tissue in bank.layers if depth > 0 and tissue.name == "white_matter"
            )
            assert 1 / line.curvature.max() > white_matter_from + 1
            bottom = line.points + white_matter_from * line.normals
            assert bank.fold.depth(bottom) == pytest.approx(white_matter_from, abs=2e-3)


def test_folds_lie_where_the_motor_cortex_does():
    banks = motor_banks(3, "control", 1, 30.0)
    for (hemisphere, region), bank in banks.items():
        (apex,), (inward,) = bank.fold.at(np.zeros(1))
        side = 1 if hemisphere == "right" else -1
        assert apex[0] * side > 0
        assert (bank.white_matter - apex) @ inward > 10
        if region == "hand_knob":
            # The knob points to the back and outwards.
            assert inward[1] > 0.9
            assert inward[0] * side < 0
            ends, _ = bank.fold.at(np.array([-15.0, 15.0]))
            assert ends[:, 1].max() > apex[1] + 6
        elif region == "orofacial":
            # Outwards of the hand knob and before it, facing backwards and outwards.
            (hand,), _ = banks[hemisphere, "hand_knob"].fold.at(np.zeros(1))
            assert (apex[0] - hand[0]) * side > 3 and apex[1] > hand[1] + 10
            assert inward[1] > 0.5 and inward[0] * side < -0.5
        else:
            assert inward[0] * side > 0.99
            assert abs(apex[0]) < 5


def test_an_option_changes_only_what_it_names():
    plain = motor_banks(3, "patient", 5, 30.0)
    vein = motor_banks(3, "patient", 5, 30.0, vein=True)
    for key in ALL_REGIONS:
        assert np.array_equal(plain[key].fold.points, vein[key].fold.points)
        assert plain[key].layers[-2:] == vein[key].layers[-2:]
        assert [tissue.name for _, tissue in vein[key].layers[3:5]] == ["vein", "cortex"]


def test_opposite_bank_begins_after_two_millimetres_of_white_matter():
    for bank in motor_banks(7, "patient", 2, 30.0, opposite_bank=True).values():
        near, white_matter, far = bank.layers[4:7]
        assert [tissue.name for _, tissue in (near, white_matter, far)] == [
            "deep_cortex",
            "white_matter",
            "deep_cortex",
        ]
        assert far[0] - white_matter[0] == pytest.approx(2.0)
        assert bank.layers[7][0] - far[0] == pytest.approx(white_matter[0] - near[0])
