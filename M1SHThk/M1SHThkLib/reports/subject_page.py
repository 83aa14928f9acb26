"""One exam -> a page of HTML that needs nothing else: figures, numbers and flags of every region; to read or print."""

import numpy as np

from ..cohort.asymmetry import asymmetry_index
from ..measuring.exam import HEMISPHERES
from ..measuring.flags import sentence
from ..measuring.rounding import shown
from ..measuring.settings import Settings
from ..program import NOTICE
from .markup import Markup, element, void
from .page_parts import table_of
from .region_drawing import profile_drawing, slice_drawing, straight_drawing
from .subject_style import CSS

_MARKERS = (("SH/Thk", "sh_thk_per_mm", 3, "1/mm"), ("SH", "sh", 3, ""), ("Thk", "thk_mm", 2, "mm"))
_LIMITS = {"sh": "sh_ci", "thk_mm": "thk_ci_mm", "sh_thk_per_mm": "sh_thk_ci_per_mm"}
INTERVALS = "Intervals: 95 %, for noise at the line as drawn; drawing it anew is not covered."


def subject_page(exam, measurements, program, identity=False, norms=(), eye=(), since=None):
    """The page as HTML.

    Parameters
    ----------
    exam : Exam
    measurements : sequence of Measurement
    program : dict
        See `program.program`.
    identity : bool
        Name subject, session and observer; otherwise nobody is named, in the paths of warnings either.
    norms : sequence of (str, str)
        Place and where its SH/Thk stands among norms, in words.
    eye : sequence of (str, str)
        What was read by eye, and what was found.
    since : (str, sequence of (str, float, float)), optional
        What the earlier exam is called; and of each region its SH/Thk then and now, and what it differs by without
        change (nan where that is not known).

    Returns
    -------
    str
    """
    who = [part for part in (exam.subject, exam.session, exam.observer) if part] if identity else []
    title = "SH/Thk of the primary motor cortex"
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", ": ".join([title, ", ".join(who)]) if who else title),
        element("style", Markup(CSS)),
    )
    tesla = f"{exam.field_strength_tesla:g} T" if exam.field_strength_tesla else "field strength not known"
    body = element(
        "body",
        element(
            "header",
            element("h1", title),
            element("p", ", ".join([*(who or ["Subject not named on this page"]), tesla]), class_="who"),
            element("p", NOTICE, class_="notice"),
        ),
        element(
            "main",
            _numbers(exam, measurements),
            element("section", [_region(exam, m) for m in measurements], class_="regions"),
            _asymmetry(measurements),
            _listed("Among norms", norms, "SH/Thk of the controls of the same age."),
            _listed("By eye", eye),
            _change(since),
            _settings(exam, measurements, identity),
        ),
        element("footer", element("p", f"M1SHThk {program['version']}. {INTERVALS} {NOTICE}")),
    )
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


def numbers(m):
    """SH/Thk, SH and Thk of a measurement with their intervals, in words."""
    found = []
    for _, name, digits, unit in _MARKERS:
        value, (low, high) = getattr(m, name), getattr(m, _LIMITS[name])
        if not np.isfinite(value):
            found.append("missing")
            continue
        limits = (low, high) if np.isfinite(low) else ()
        value, *limits = shown(value, digits, *limits) if limits else (shown(value, digits),)
        found.append(f"{value}{unit and f' {unit}'}" + (f" ({limits[0]} to {limits[1]})" if limits else ""))
    return found


def flags_in_words(flags, notes):
    """A list of flags, each with what it means and what to do; empty without any."""
    if not flags:
        return Markup()
    told = [
        element("li", element("b", flag.replace("_", " ")), ": ", sentence(flag, notes.get(flag))) for flag in flags
    ]
    return element("ul", told, class_="flags")


def _numbers(exam, measurements):
    accepted = {"yes": "accepted", "no": "not accepted", "changed": "changed since accepted"}
    rows = []
    for m in measurements:
        told = ", ".join(flag.replace("_", " ") for flag in m.flags) or "none"
        state = accepted.get(exam.accepted.get((m.hemisphere, m.region)))
        rows.append((m.name.capitalize(), *numbers(m), told + (f"; {state}" if state else "")))
    names = ("Region", "SH/Thk", "SH", "Thk", "Flags")
    return element("section", element("div", table_of(names, rows, class_="numbers"), class_="wide"))


def _region(exam, m):
    return element(
        "article",
        element("h2", m.name.capitalize()),
        element("p", ", ".join(map("{} {}".format, ("SH/Thk", "SH", "Thk"), numbers(m))), class_="answer"),
        element(
            "div",
            element("div", slice_drawing(exam.image, m), straight_drawing(m)),
            profile_drawing(m),
            class_="pictures",
        ),
        flags_in_words(m.flags, m.notes) or element("p", "No flags."),
    )


def _asymmetry(measurements):
    by_region = {}
    for m in measurements:
        by_region.setdefault(m.region, {})[m.hemisphere] = m
    rows = []
    for region, own in by_region.items():
        if set(own) == set(HEMISPHERES):
            left, right = (own[side].sh_thk_per_mm for side in HEMISPHERES)
            index = float(asymmetry_index(np.array([left]), np.array([right]))[0])
            told = f"{100 * index:+.0f} %" if np.isfinite(index) else "missing"
            rows.append((region.replace("_", " ").capitalize(), _number(left), _number(right), told))
    if not rows:
        return Markup()
    names = ("SH/Thk (1/mm)", "Left", "Right", "(right - left) / mean")
    return element("section", element("h2", "Asymmetry"), table_of(names, rows))


def _listed(title, rows, note=""):
    if not rows:
        return Markup()
    parts = [element("h2", title), table_of(("", "Found"), rows)]
    return element("section", *parts, element("p", note) if note else "")


def _change(since):
    if not since:
        return Markup()
    name, regions = since
    rows = []
    for region, before, now, noise in regions:
        difference = now - before
        verdict = (
            "noise not known" if np.isnan(noise) else "within noise" if abs(difference) <= noise else "beyond noise"
        )
        told = f"{shown(difference, 3, sign='+')} ({verdict})" if np.isfinite(difference) else "missing"
        rows.append((region.capitalize(), _number(before), _number(now), told))
    note = "Noise: what two readings differ by in 95 % without any change (repeatability coefficient)."
    names = ("SH/Thk (1/mm)", name, "Now", "Difference")
    return element("section", element("h2", "Change"), table_of(names, rows), element("p", note))


def _settings(exam, measurements, identity):
    defaults = Settings().to_dict()
    changed = [
        (name.replace("_", " "), str(value), str(defaults[name])) for name, value in exam.settings.changed().items()
    ]
    origin = exam.origin
    times = origin.get("echo_times_ms")
    echoes = f"Echoes at {', '.join(f'{time:g}' for time in times)} ms" if times else "Echo times not known"
    combined = f"{echoes}, combined by {origin.get('echo_combination') or 'a way not known'}."
    if exam.settings.polarity == "dark":
        ratios = ", ".join(f"{m.snr:.0f}" for m in measurements)
        combined += f" Signal-to-noise ratio of white matter in an echo, by region: {ratios}."
    table = table_of(("Setting", "Here", "Default"), changed) if changed else element("p", "All settings are defaults.")
    if not exam.warnings:
        warnings = Markup()
    elif identity:
        warnings = element("ul", [element("li", warning) for warning in exam.warnings])
    else:
        count = f"{len(exam.warnings)} warning{'s' if len(exam.warnings) > 1 else ''}"
        warnings = element("p", f"There was {count}, not shown here, since files are named.")
    return element("section", element("h2", "How it was measured"), element("p", combined), table, warnings)


def _number(value):
    return shown(value, 3) if np.isfinite(value) else "missing"
