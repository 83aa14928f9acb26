"""The picture of a measured region: what is drawn and written in it, and where."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import LINE_MM, cortex_exam, cortex_image, flat_line, round_depth, round_line
from M1SHThkLib.measuring.measurement import measure_exam

pytest.importorskip("matplotlib")
from M1SHThkLib.reports.region_figure import draw_measurement
from M1SHThkLib.reports.region_slice import LAYER, LINE
from matplotlib.backends.backend_agg import FigureCanvasAgg

NOISY = cortex_image(noise=1.0)
TWO_LINES = [flat_line(LINE_MM[:7]), flat_line(LINE_MM[10:])]


def drawn(image=NOISY, lines=None, **settings):
    """The figure, and slice, profiles, h and straightened cortex, its axes."""
    exam = cortex_exam(image, lines, **settings)
    (measurement,) = measure_exam(exam)
    figure = draw_measurement(exam, measurement)
    return figure, *figure.axes


def texts(figure):
    ticks = [text for axes in figure.axes for text in [*axes.get_xticklabels(), *axes.get_yticklabels()]]
    found = [text for axes in figure.axes for text in axes.findobj(type(figure.texts[0])) if text not in ticks]
    return [text for text in [*figure.texts, *found] if text.get_text() and text.get_visible()]


def lines_of(axes, color):
    return [line for line in axes.get_lines() if line.get_color() == color]


class TestSlice:
    def test_nothing_is_drawn_from_one_line_to_the_next(self):
        _, on_slice, _, _, straight = drawn(lines=TWO_LINES)
        for axes, least in ((on_slice, 2), (straight, 2)):
            edges = lines_of(axes, LAYER)
            assert len(edges) == 2 * least
            for edge in [*edges, *lines_of(axes, LINE)]:
                x, y = edge.get_data()
                assert np.hypot(np.ptp(x), np.ptp(y)) < 14.0  # the lines are 12 mm long, and 6 mm apart

    def test_the_layer_itself_is_left_to_be_seen(self):
        _, on_slice, *_ = drawn()
        assert not on_slice.patches and lines_of(on_slice, LAYER)

    def test_lines_of_other_slices_are_not_drawn_over_this_one(self):
        image = replace(NOISY, voxels=NOISY.voxels.copy())
        image.voxels[:, :, 0] = image.voxels[:, :, 1]
        _, on_slice, *_ = drawn(image, [flat_line(LINE_MM[:9]), flat_line(LINE_MM[10:], line_slice=0)])
        feet = np.concatenate([line.get_xydata() for line in lines_of(on_slice, LINE) if line.get_linewidth() > 1])
        assert np.ptp(feet[:, 0]) == pytest.approx(16.0, abs=0.1)
        assert "other slices" in on_slice.get_xlabel()


class TestWords:
    @pytest.mark.parametrize(
        "image, lines, settings",
        [
            (NOISY, None, {"replicates": 50}),
            (cortex_image(noise=1.0, dip=0.0), None, {"replicates": 50}),
            (cortex_image(round_depth(5.0), noise=1.0), [round_line(5.0, 2.5)], {}),
            (replace(NOISY, voxels=NOISY.voxels * 1e-6), None, {"normalization": "none", "replicates": 50}),
        ],
        ids=["a layer", "no layer", "crossing normals", "small unit"],
    )
    def test_every_letter_lies_within_the_figure(self, image, lines, settings):
        figure, *_ = drawn(image, lines, **settings)
        FigureCanvasAgg(figure).draw()
        whole = figure.bbox
        for text in texts(figure):
            box = text.get_window_extent()
            assert whole.x0 <= box.x0 and box.x1 <= whole.x1, text.get_text()
            assert whole.y0 <= box.y0 and box.y1 <= whole.y1, text.get_text()

    def test_no_thickness_is_written_at_the_curve_where_it_is_missing(self):
        for image, is_missing in ((NOISY, False), (cortex_image(noise=1.0, dip=0.0), True)):
            _, _, _, h, straight = drawn(image)
            assert any("Thk" in text.get_text() for text in h.texts) != is_missing
            assert bool(lines_of(straight, LAYER)) != is_missing

    def test_small_units_are_no_zeros(self):
        figure, *_ = drawn(replace(NOISY, voxels=NOISY.voxels * 1e-5), normalization="none")
        words = " ".join(text.get_text() for text in texts(figure))
        assert "SH 0.00010" in words and "0.000 " not in words

    def test_letters_on_bright_fluid_have_a_dark_rim(self):
        _, on_slice, *_ = drawn()
        assert on_slice.texts and all(text.get_path_effects() for text in on_slice.texts)


class TestHypointensity:
    def test_without_a_layer_h_fills_its_panel(self):
        _, _, _, axes, _ = drawn(cortex_image(noise=1.0, dip=0.0))
        low, high = axes.get_ylim()
        h = axes.get_lines()[1].get_ydata()[15:]
        assert (h > low).all() and (h < high).all()
        hidden = [line for line in axes.get_lines() if "hide" in str(line.get_label())]
        assert hidden and low < hidden[0].get_ydata()[0] < high
        assert high - low < 8 * (hidden[0].get_ydata()[0] - h.min())
