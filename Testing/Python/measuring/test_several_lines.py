"""Several pial lines of one region: pooled over all their normals, unless they cover one stretch twice."""

import numpy as np
import pytest
from flat_cortex import CENTRE_MM, cortex_image, flat_line, round_depth, round_line, true_h
from measured_cortex import LENGTHS, MARKER, NOISY, assert_same, measured

pytestmark = pytest.mark.filterwarnings("error")

ROUND_RADIUS = 9.0


class TestSeveralLines:
    def test_pooled_lines_are_the_union_of_their_normals(self):
        lines = [flat_line(np.arange(4.0, 20.1)), flat_line(np.arange(22.0, 36.1), line_slice=2)]
        one, other, both = measured(NOISY, lines[:1]), measured(NOISY, lines[1:]), measured(NOISY, lines)
        assert both.n_normals == one.n_normals + other.n_normals
        assert both.line_length_mm == pytest.approx(one.line_length_mm + other.line_length_mm)
        np.testing.assert_allclose(both.intensities, np.concatenate([one.intensities, other.intensities]))
        pooled = (one.n_normals * one.profile + other.n_normals * other.profile) / both.n_normals
        np.testing.assert_allclose(both.profile, pooled)
        np.testing.assert_allclose(both.positions, np.concatenate([one.positions, other.positions]))

    def test_the_order_of_the_lines_does_not_matter(self):
        lines = [flat_line(np.arange(4.0, 20.1)), flat_line(np.arange(22.0, 36.1), line_slice=2)]
        assert_same(measured(NOISY, lines[::-1]), measured(NOISY, lines), MARKER + LENGTHS)

    def test_crossings_are_sought_within_each_line_alone(self):
        """Two lines on opposite banks of a round gyrus: their normals meet at the centre, and both keep them."""
        image = cortex_image(round_depth(ROUND_RADIUS))
        line = round_line(ROUND_RADIUS, 1.0)
        opposite = line * [1, -1, 1] + [0, 2 * CENTRE_MM[1], 0]
        found = measured(image, [line, opposite])
        assert (found.n_per_depth == found.n_normals).all()
        np.testing.assert_allclose(found.h, true_h(found.depths_mm), atol=5e-3)
