"""The settings of a measurement: each with its default, unit, range and meaning."""

from dataclasses import asdict, dataclass, field, fields

from ..translation import tr as _


def _number(default, unit, lowest, highest, meaning):
    return field(default=default, metadata={"unit": unit, "range": (lowest, highest), "meaning": meaning})


def _choice(default, choices, meaning):
    return field(default=default, metadata={"unit": "", "choices": choices, "meaning": meaning})


# Settings of earlier versions, and what to write instead.
REPLACED = {"smoothing_mm": "give smoothing_length_mm, the cut-off wavelength (default 5 mm), or leave it out"}


@dataclass(frozen=True)
class Settings:
    """Everything that the paper leaves open, validated; written with every result.

    Raises
    ------
    ValueError
        Names the setting, its value and what is legal.
    """

    smoothing_length_mm: float = _number(
        5.0, "mm", 1.0, 20.0, "Cut-off wavelength of the line's smoothing: shorter ripples are taken for tremor"
    )
    alignment: str = _choice(
        "none", ("none", "edge"), "The line as drawn (the paper), or moved onto the pial edge, its mean depth kept"
    )
    averaging: str = _choice(
        "mean", ("mean", "trimmed"), "Mean over the normals (the paper), or without the outer 20 % at each depth"
    )
    normal_spacing_mm: float = _number(
        0.2, "mm", 0.05, 2.0, "Distance between neighbouring normals along the pial line"
    )
    depth_max_mm: float = _number(6.0, "mm", 2.0, 15.0, "Depth to which the normals are sampled, from the pial line")
    depth_step_mm: float = _number(0.1, "mm", 0.02, 0.2, "Distance between samples along a normal")
    interpolation: str = _choice(
        "quintic",
        ("linear", "cubic", "quintic"),
        "Interpolation between voxels; linear blurs, B-splines hardly do, and of these the quintic least",
    )
    polarity: str = _choice(
        "dark",
        ("dark", "bright"),
        "How iron appears: dark on magnitude images, bright on maps of R2* or susceptibility",
    )
    normalization: str = _choice(
        "splenium", ("splenium", "none"), "Divide by the splenium's mean, or not (susceptibility maps keep their unit)"
    )
    baseline: str = _choice(
        "roi", ("roi", "plateau"), "White matter taken from its ROI (the paper) or from the profile beyond the layer"
    )
    lobe_fraction: float = _number(
        0.30, "", 0.05, 0.95, "Part of the greatest maximum that the most superficial one must reach to be the layer"
    )
    window_fraction: float = _number(
        0.25, "", 0.05, 0.95, "The fit window ends where the profile, having fallen, rises above this part of its peak"
    )
    width_fraction: float = _number(0.25, "", 0.05, 0.95, "Part of the height at which the thickness is taken")
    step_response: str = _choice(
        "normal",
        ("normal", "tukey"),
        "What the scan makes of a sharp edge, up to its width: normal, or of k-space under a Tukey filter if known",
    )
    tukey_taper: float = _number(
        0.75, "", 0.0, 1.0, "Share of k-space that the Tukey filter tapers; 0 = unfiltered, 1 = Hann"
    )
    replicates: int = _number(
        1000, "", 0, 100000, "Bootstrap replicates behind the confidence intervals; 0 leaves them out"
    )
    seed: int = _number(0, "", 0, 2**31 - 1, "Seed of the bootstrap; the same seed gives the same intervals")

    def __post_init__(self):
        for setting in fields(self):
            object.__setattr__(self, setting.name, _valid(setting, getattr(self, setting.name)))

    @classmethod
    def from_dict(cls, values):
        """Settings from a plain mapping; what is not named keeps its default.

        Raises
        ------
        ValueError
            If a name is unknown or a value illegal.
        """
        names = [setting.name for setting in fields(cls)]
        for name in values:
            if name in REPLACED:
                raise ValueError(_("setting '{name}' is no more; {advice}").format(name=name, advice=REPLACED[name]))
            if name not in names:
                raise ValueError(
                    _("setting '{name}' is unknown; known are {known}").format(name=name, known=", ".join(names))
                )
        return cls(**values)

    def to_dict(self):
        """A plain mapping that `from_dict` reads back."""
        return asdict(self)

    def changed(self):
        """Those that differ from their defaults, as a plain mapping."""
        defaults = asdict(type(self)())
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}


def _valid(setting, value):
    choices = setting.metadata.get("choices")
    if choices:
        if value not in choices:
            raise ValueError(
                _("setting '{name}' is {value!r}; it must be one of {known}").format(
                    name=setting.name, value=value, known=", ".join(choices)
                )
            )
        return value
    lowest, highest = setting.metadata["range"]
    kind = type(setting.default)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest or kind(value) != value:
        unit = f" {setting.metadata['unit']}" if setting.metadata["unit"] else ""
        whole = _("a whole number") if kind is int else _("a number")
        raise ValueError(
            _("setting '{name}' is {value!r}; it must be {whole} from {lowest} to {highest}{unit}").format(
                name=setting.name, value=value, whole=whole, lowest=lowest, highest=highest, unit=unit
            )
        )
    return kind(value)
