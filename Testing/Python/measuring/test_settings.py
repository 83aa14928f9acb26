"""Settings: each has a default, a unit, a range and a meaning, and no illegal value passes."""

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.settings import Settings

NUMBERS = [setting for setting in fields(Settings) if "range" in setting.metadata]
CHOICES = [setting for setting in fields(Settings) if "choices" in setting.metadata]
names = [setting.name for setting in NUMBERS]

ALLOWED = {
    "smoothing_length_mm": (5, "mm", 1, 20),
    "normal_spacing_mm": (0.2, "mm", 0.05, 2),
    "depth_max_mm": (6, "mm", 2, 15),
    "depth_step_mm": (0.1, "mm", 0.02, 0.2),
    "lobe_fraction": (0.30, "", 0.05, 0.95),
    "window_fraction": (0.25, "", 0.05, 0.95),
    "width_fraction": (0.25, "", 0.05, 0.95),
    "tukey_taper": (0.75, "", 0, 1),
    "replicates": (1000, "", 0, 100_000),
    "seed": (0, "", 0, 2**31 - 1),
}


def test_defaults_units_and_ranges():
    assert {s.name: (s.default, s.metadata["unit"], *s.metadata["range"]) for s in NUMBERS} == ALLOWED
    assert {s.name: (s.default, s.metadata["choices"]) for s in CHOICES} == {
        "alignment": ("none", ("none", "edge")),
        "averaging": ("mean", ("mean", "trimmed")),
        "interpolation": ("quintic", ("linear", "cubic", "quintic")),
        "polarity": ("dark", ("dark", "bright")),
        "normalization": ("splenium", ("splenium", "none")),
        "baseline": ("roi", ("roi", "plateau")),
        "step_response": ("normal", ("normal", "tukey")),
    }


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_says_what_it_means(setting):
    assert len(setting.metadata["meaning"].split()) >= 4


@pytest.mark.parametrize("setting", NUMBERS, ids=names)
class TestNumbers:
    def test_both_ends_of_the_range_are_legal(self, setting):
        for value in setting.metadata["range"]:
            assert getattr(Settings(**{setting.name: value}), setting.name) == value

    def test_beyond_is_refused_with_name_value_range_and_unit(self, setting):
        lowest, highest = setting.metadata["range"]
        step = 1 if isinstance(setting.default, int) else 1e-6
        for value in (lowest - step, highest + step):
            with pytest.raises(ValueError) as error:
                Settings(**{setting.name: value})
            message = str(error.value)
            assert message.startswith(f"setting '{setting.name}' is {value!r}; it must be a ")
            assert message.endswith(f"from {lowest} to {highest} {setting.metadata['unit']}".strip())

    @pytest.mark.parametrize("value", ["0.5", None, True, [0.5], {}], ids=repr)
    def test_what_is_no_number_is_refused_by_its_name(self, setting, value):
        with pytest.raises(ValueError, match=f"^setting '{setting.name}' is "):
            Settings(**{setting.name: value})

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")], ids=repr)
    def test_not_finite_is_refused_by_its_name(self, setting, value):
        with pytest.raises(ValueError, match=f"^setting '{setting.name}' is "):
            Settings(**{setting.name: value})

    def test_has_the_type_of_its_default_whatever_number_was_given(self, setting):
        takes_one = ("smoothing_length_mm", "normal_spacing_mm", "replicates", "seed")
        value = 1 if setting.name in takes_one else setting.default
        for given_as in (int, float):
            if given_as(value) == value:
                stored = getattr(Settings(**{setting.name: given_as(value)}), setting.name)
                assert type(stored) is type(setting.default)


@pytest.mark.parametrize("name", ["replicates", "seed"])
def test_whole_numbers_are_whole(name):
    with pytest.raises(ValueError, match=f"^setting '{name}' is 2.5; it must be a whole number from 0 to "):
        Settings(**{name: 2.5})


@pytest.mark.parametrize("setting", CHOICES, ids=lambda setting: setting.name)
@pytest.mark.parametrize("value", ["Linear", "", None, 3, ["dark"]], ids=repr)
def test_unknown_choices_are_refused_with_name_and_choices(setting, value):
    with pytest.raises(ValueError) as error:
        Settings(**{setting.name: value})
    choices = ", ".join(setting.metadata["choices"])
    assert str(error.value) == f"setting '{setting.name}' is {value!r}; it must be one of {choices}"


def test_unknown_names_are_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"^setting 'depth_mm' is unknown; known are smoothing_length_mm, .*depth"):
        Settings.from_dict({"depth_mm": 6})


def test_a_setting_of_an_earlier_version_is_refused_with_what_to_write_instead():
    with pytest.raises(
        ValueError, match=r"^setting 'smoothing_mm' is no more; give smoothing_length_mm, .* \(default 5 mm\), or leave"
    ):
        Settings.from_dict({"smoothing_mm": 0.03})


def test_a_depth_step_that_would_change_the_thickness_is_refused():
    with pytest.raises(ValueError, match=r"^setting 'depth_step_mm' is 0.25; it must be a number from 0.02 to 0.2 mm"):
        Settings(depth_step_mm=0.25)


def test_what_is_not_named_keeps_its_default():
    assert Settings.from_dict({"seed": 3}) == Settings(seed=3)
    assert Settings.from_dict({}) == Settings()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **{s.name: st.floats(*s.metadata["range"]) for s in NUMBERS if isinstance(s.default, float)},
            **{s.name: st.integers(*s.metadata["range"]) for s in NUMBERS if isinstance(s.default, int)},
            **{s.name: st.sampled_from(s.metadata["choices"]) for s in CHOICES},
        },
    )
)
def test_json_keeps_every_digit(values):
    settings = Settings.from_dict(values)
    assert Settings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert values.items() <= settings.to_dict().items()


def test_cannot_be_changed():
    with pytest.raises(AttributeError):
        Settings().seed = 1


def test_numpy_s_own_float_is_a_number():
    assert Settings(depth_max_mm=np.float64(5)).depth_max_mm == 5
