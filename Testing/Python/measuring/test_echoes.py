"""Echoes: closed forms, invariance, noise, memory, and what cannot be right."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from M1SHThkLib.measuring.echoes import checked_echo_times, combine, needed_boxes, r2star_map, settings_for
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi

TIMES_MS = (5.0, 11.0, 18.6, 30.0)


def decay(rates, times_ms=TIMES_MS, amplitude=1000.0):
    return [amplitude * np.exp(-np.asarray(rates) * time / 1000) for time in times_ms]


class TestCombine:
    @pytest.fixture
    def echoes(self):
        return [np.full((2, 3, 4), value, np.int16) for value in (300, 400, 1200)]

    @pytest.mark.parametrize(
        ("method", "value"), [("mean", 1900 / 3), ("rss", 1300.0), ("echo-1", 300.0), ("echo-3", 1200.0)]
    )
    def test_value(self, echoes, method, value):
        for given_as in (echoes, np.stack(echoes, axis=-1)):
            np.testing.assert_allclose(combine(given_as, method), value, rtol=1e-6)

    @pytest.mark.parametrize(
        ("stored", "combined"),
        [("uint8", "float32"), ("int16", "float32"), ("float32", "float32"), ("int32", "float64"), ("f8", "float64")],
    )
    def test_type_is_no_wider_than_needed(self, echoes, stored, combined):
        for method in ("mean", "rss"):
            assert combine([echo.astype(stored) for echo in echoes], method).dtype == combined

    def test_squares_of_integers_do_not_overflow(self):
        assert combine([np.full((1, 1, 1), 32767, np.int16)] * 2, "rss").item() == pytest.approx(32767 * np.sqrt(2))

    def test_echo_types_are_mixed_without_loss(self):
        echoes = [np.full((1, 1, 1), 1, np.int16), np.full((1, 1, 1), 1.5, np.float64)]
        assert combine(echoes).item() == 1.25
        assert combine(echoes[::-1]).dtype == combine(echoes).dtype == np.float64

    def test_nan_stays(self, echoes):
        echoes = [echo.astype(np.float32) for echo in echoes]
        echoes[1][0, 0, 0] = np.nan
        for method in ("mean", "rss"):
            missing = np.isnan(combine(echoes, method))
            assert missing[0, 0, 0]
            assert missing.sum() == 1

    def test_inputs_are_not_changed(self, echoes):
        for method in ("mean", "rss", "echo-2"):
            combine(echoes, method)[:] = 0
        assert [echo.max() for echo in echoes] == [300, 400, 1200]

    def test_a_single_echo_is_passed_on(self, echoes):
        assert combine(echoes[:1]) is echoes[0]

    @pytest.mark.parametrize("method", ["mean", "rss"])
    def test_memory_is_one_result_and_hardly_more(self, method):
        echoes = [np.ones((100, 100, 50), np.int16) for _ in range(6)]
        tracemalloc.start()
        combine(echoes, method)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1.1 * echoes[0].size * 4

    @pytest.mark.parametrize("method", ["median", "echo-0", "echo-", "echo-x", "Mean", "", None, 2])
    def test_unknown_method(self, echoes, method):
        with pytest.raises(ValueError, match="must be mean, rss, echo-N"):
            combine(echoes, method)

    def test_missing_echo(self, echoes):
        with pytest.raises(ValueError, match="only 3 echo"):
            combine(echoes, "echo-4")

    @pytest.mark.parametrize("method", ["mean", "rss", "r2star"])
    def test_sizes_differ(self, echoes, method):
        with pytest.raises(ValueError, match="differ in size"):
            combine([echoes[0], echoes[1][:1]], method, (5, 10))

    @pytest.mark.parametrize("echoes", [[], np.zeros((2, 2, 2)), [np.zeros((2, 2))], [np.zeros((1, 1, 1), complex)]])
    def test_no_echoes(self, echoes):
        with pytest.raises(ValueError, match="echo"):
            combine(echoes)


class TestEchoTimes:
    def test_sound_ones_pass(self):
        assert checked_echo_times([13, 18.6], 2) == ((13.0, 18.6), ())

    @pytest.mark.parametrize(
        ("times", "fault"),
        [
            ([13.0], "1 echo times .* for 2 echoes"),
            ([13.0, 18.6, 20.0], "3 echo times .* for 2 echoes"),
            ([0.013, 0.0186], "look like seconds"),
            ([13000.0, 18600.0], "beyond 1000 ms"),
            ([18.6, 13.0], "18.6, 13 ms do not increase"),
            ([0.0, 13.0], "positive"),
            ([-1.0, 13.0], "positive"),
            ([float("nan"), 13.0], "positive"),
            ([13.0, float("inf")], "positive"),
        ],
    )
    def test_wrong_ones_do_not(self, times, fault):
        with pytest.raises(ValueError, match=fault):
            checked_echo_times(times, 2)

    def test_partly_equal_ones_do_not_increase(self):
        with pytest.raises(ValueError, match="do not increase"):
            checked_echo_times([13, 13, 18.6], 3)

    def test_all_equal_ones_are_suspicious(self):
        times, (warning,) = checked_echo_times([13, 13, 13], 3)
        assert times == (13, 13, 13)
        assert "all 3 echo times are 13 ms" in warning
        with pytest.raises(ValueError, match="all 3 echo times are 13 ms"):
            checked_echo_times([13, 13, 13], 3, "r2star")

    def test_one_echo_is_not_suspicious(self):
        assert checked_echo_times([13], 1) == ((13.0,), ())


class TestSettings:
    def test_iron_is_bright_on_r2star_maps(self):
        assert settings_for("r2star", {}).polarity == "bright"
        assert settings_for("r2star", {"polarity": "bright"}).polarity == "bright"
        assert settings_for("mean", {}).polarity == "dark"
        assert settings_for("mean", {"polarity": "bright"}).polarity == "bright"

    def test_dark_is_wrong_there(self):
        with pytest.raises(ValueError, match="bright on R2"):
            settings_for("r2star", {"polarity": "dark"})

    def test_other_settings_are_kept(self):
        assert settings_for("r2star", {"depth_max_mm": 5}).depth_max_mm == 5
        with pytest.raises(ValueError, match="unknown"):
            settings_for("r2star", {"depth": 5})


class TestR2Star:
    @pytest.mark.parametrize("times", [(13.0, 18.6), TIMES_MS, tuple(np.arange(3, 60, 4.0))])
    def test_exact_decay(self, times):
        rates = np.linspace(0.5, 300, 1000).reshape(10, 10, 10)
        result = combine(decay(rates, times), "r2star", times)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, rates, rtol=2e-5, atol=2e-3)

    def test_integers(self):
        rates = np.full((2, 2, 2), 40.0)
        echoes = [np.round(echo).astype(np.int16) for echo in decay(rates, amplitude=30000)]
        np.testing.assert_allclose(r2star_map(echoes, TIMES_MS), 40, rtol=1e-3)

    def test_least_squares_of_the_intensities(self):
        # No exponential fits these: the optimum must beat its neighbours and the log-linear start.
        signals = np.array([1000.0, 700.0, 650.0, 200.0])
        rate = r2star_map([np.full((1, 1, 1), signal) for signal in signals], TIMES_MS).item()

        def misfit(rate):
            curve = np.exp(-rate * np.array(TIMES_MS) / 1000)
            return ((signals - (signals @ curve) / (curve @ curve) * curve) ** 2).sum()

        assert misfit(rate) <= min(misfit(rate * 1.001), misfit(rate * 0.999))
        log_linear = -np.polyfit(np.array(TIMES_MS) / 1000, np.log(signals), 1)[0]
        assert misfit(rate) < 0.97 * misfit(log_linear)

    @settings(max_examples=30, deadline=None)
    @given(scale=st.floats(1e-3, 1e6), seed=st.integers(0, 1000))
    def test_scaling_of_the_image_changes_nothing(self, scale, seed):
        noise = np.random.default_rng(seed)
        echoes = [echo + noise.normal(0, 50, echo.shape) for echo in decay(np.full((5, 5, 5), 30.0))]
        expected = r2star_map(echoes, TIMES_MS)
        np.testing.assert_allclose(r2star_map([echo * scale for echo in echoes], TIMES_MS), expected, rtol=1e-3)

    def test_unit_of_time(self):
        echoes = decay(np.full((1, 1, 1), 30.0))
        assert r2star_map(echoes, np.array(TIMES_MS) * 2).item() == pytest.approx(15, rel=1e-5)

    def test_noise_does_not_bias_it(self):
        noise = np.random.default_rng(0)
        echoes = [echo + noise.normal(0, 20, echo.shape) for echo in decay(np.full((60, 60, 60), 30.0))]
        found = r2star_map(echoes, TIMES_MS)
        # The estimate's own curvature leaves a bias of second order, far below its scatter.
        assert abs(found.mean() - 30) < 0.02 * found.std() + 3 * found.std() / np.sqrt(found.size)

    def test_precision_reaches_the_bound(self):
        noise = np.random.default_rng(1)
        echoes = [echo + noise.normal(0, 5, echo.shape) for echo in decay(np.full((40, 40, 40), 30.0))]
        times = np.array(TIMES_MS) / 1000
        curve = np.exp(-30 * times)
        jacobian = np.stack([curve, -1000 * times * curve], axis=1)
        bound = 5 * np.sqrt(np.linalg.inv(jacobian.T @ jacobian)[1, 1])
        assert r2star_map(echoes, TIMES_MS).std() == pytest.approx(bound, rel=0.02)

    @pytest.mark.filterwarnings("error")
    def test_hopeless_voxels(self):
        signals = np.array(
            [
                [0, 0, 0, 0],
                [np.nan, 700, 500, 300],
                [900, np.inf, 500, 300],
                [-5, -3, -1, -2],
                [900, 0, 0, 0],
                [900, 700, 0, -3],
                [1e-30, 5e-31, 2e-31, 1e-31],
                [0, 0, 300, 900],
                [500, 500, 500, 500],
                [3e38, 2e38, 1e38, 5e37],
                [-3, 1, 1, 1],
            ],
            np.float32,
        )
        found = r2star_map(signals[:, None, None, :], TIMES_MS).ravel()
        assert np.isnan(found[:5]).all()
        assert np.isfinite(found[5:]).all()
        assert found[5] > 20
        assert found[7] < 0
        assert found[8] == pytest.approx(0, abs=1e-6)

    @pytest.mark.filterwarnings("error")
    def test_pure_noise_stays_finite(self):
        noise = np.random.default_rng(2)
        found = r2star_map(np.abs(noise.normal(0, 10, (20, 20, 20, 4))).astype(np.float32), TIMES_MS)
        assert np.isfinite(found).all()

    def test_only_where_it_is_needed(self):
        echoes = decay(np.full((10, 11, 12), 30.0))
        boxes = [(slice(1, 3), slice(2, 5), slice(0, 2)), (slice(2, 4), slice(2, 3), slice(0, 1))]
        mask = np.zeros((10, 11, 12), bool)
        for box in boxes:
            mask[box] = True
        for where in (boxes, mask):
            found = r2star_map(echoes, TIMES_MS, where)
            assert (np.isfinite(found) == mask).all()
            np.testing.assert_allclose(found[mask], 30, rtol=1e-5)

    def test_memory_follows_what_is_needed(self):
        echoes = [np.full((200, 200, 50), value, np.int16) for value in (900, 700, 500, 200)]
        tracemalloc.start()
        r2star_map(echoes, TIMES_MS, [(slice(0, 20), slice(0, 20), slice(0, 20))])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1.6 * echoes[0].size * 4

    @pytest.mark.parametrize("where", [np.ones((2, 2, 2), int), np.ones((2, 2, 3), bool)])
    def test_a_mask_that_does_not_fit(self, where):
        with pytest.raises(ValueError, match="bool array of shape"):
            r2star_map(decay(np.full((2, 2, 2), 30.0)), TIMES_MS, where)

    def test_needs_two_echoes_and_their_times(self):
        echoes = decay(np.full((2, 2, 2), 30.0))
        with pytest.raises(ValueError, match="at least two echoes"):
            r2star_map(echoes[:1], [5])
        with pytest.raises(ValueError, match="needs the echo times"):
            combine(echoes, "r2star")


class TestNeededBoxes:
    def test_reach_along_each_axis(self):
        image = Image(np.zeros((200, 200, 100)), np.diag([0.5, 0.5, 2, 1]))
        line = np.array([[40.0, 40, 100], [60, 40, 100]])
        (around_line, around_roi) = needed_boxes(image, [line], [Roi(np.array([[3, 4, 5], [6, 4, 5]]))], 6)
        assert around_line == (slice(50, 151), slice(50, 111), slice(29, 72))
        assert around_roi == (slice(3, 7), slice(4, 5), slice(5, 6))

    def test_ends_at_the_image(self):
        image = Image(np.zeros((30, 30, 30)), np.eye(4))
        near, far = needed_boxes(image, [np.zeros((2, 3)), np.full((2, 3), -25.0)], [], 6)
        assert near == (slice(0, 25),) * 3
        assert image.voxels[far].size == 0
