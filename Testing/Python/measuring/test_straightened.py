"""The straightened cortex: what lies where, in closed form."""

import numpy as np
from flat_cortex import LINE_MM, SURFACE_MM, cortex_exam, cortex_image, flat_line, layered, round_depth, round_line
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.straightened import ABOVE_MM, GAP_MM, position_at, straightened


def strips_of(image, lines, **settings):
    exam = cortex_exam(image, lines, **settings)
    (measurement,) = measure_exam(exam)
    return straightened(exam.image, measurement)


class TestStraightenedCortex:
    def test_a_flat_and_a_round_cortex_look_alike(self):
        for depth, line in (((None), flat_line()), (round_depth(12.0), round_line(12.0, 1.2))):
            image = cortex_image() if depth is None else cortex_image(depth)
            (strip,) = strips_of(image, [line])
            within = (strip.depths_mm > -1.5) & (strip.depths_mm < 5)
            expected = layered(strip.depths_mm[within])
            found = strip.intensities[3:-3][:, within]
            assert np.abs(found - expected).max() < 1.0
            assert strip.depths_mm[0] == -ABOVE_MM

    def test_a_wavy_line_shows_the_edge_where_it_is(self):
        line = flat_line(np.arange(4.0, 36.1, 1.0))
        line[:, 1] += 0.4 * np.sin(2 * np.pi * line[:, 0] / 10)
        (strip,) = strips_of(cortex_image(noise=1.0), [line])
        expected = SURFACE_MM - strip.positions[:, 1]
        inner = slice(10, -10)
        assert np.ptp(expected[inner]) > 0.6
        # Depth is along the normal, which the wave tilts by up to 14 degrees.
        np.testing.assert_allclose(strip.edge_mm[inner], (expected - expected.mean())[inner], atol=0.12)

    def test_every_place_leads_back_to_the_world(self):
        strips = strips_of(cortex_image(), [flat_line(LINE_MM[:8]), flat_line(LINE_MM[9:])])
        assert len(strips) == 2 and strips[1].start_mm == strips[0].end_mm + GAP_MM
        for strip in strips:
            place = position_at(strips, strip.start_mm + 3.0, 2.0)
            np.testing.assert_allclose(place, [strip.positions[0, 0] + 3.0, SURFACE_MM + 2.0, 1.0], atol=1e-6)
        assert position_at(strips, strips[0].end_mm + GAP_MM / 2, 1.0) is None

    def test_what_does_not_count_is_told(self):
        (strip,) = strips_of(cortex_image(), [flat_line(np.arange(-3.0, 36.1, 1.0))])
        outside = strip.positions[:, 0] < -0.3
        assert outside.any() and not strip.is_counted[outside].any()
        assert strip.is_counted[strip.positions[:, 0] > 0].all()
        (bent,) = strips_of(cortex_image(round_depth(4.0)), [round_line(4.0, 3.0)], depth_max_mm=6.0)
        assert np.isfinite(bent.ends_mm[bent.is_counted]).any() and bent.ends_mm[bent.is_counted].min() < 6.0
