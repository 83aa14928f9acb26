"""A region in three small drawings for pages: the slice with what was measured, the cortex laid straight, the profile.

They need no further library, so that Slicer draws them too.
"""

import numpy as np

from .markup import void
from .region_view import PIXEL_MM, deepest_samples, region_view, stretches
from .svg import drawing, grey_picture, lines, path, text

SIDE = 240  # of the slice's drawing, in the drawing's own units
_WIDE, _HIGH = 300, 200  # of the profile's
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 18, 34  # margins of the profile's axes
_EVERY_NTH_NORMAL = 4


def slice_drawing(image, m, pixel_mm=PIXEL_MM):
    """The slice through the pial line: normals, and the measured layer's edges."""
    view = region_view(image, m, pixel_mm)
    scale = SIDE / (2 * view.half_mm)

    def place(points):
        return (view.place(points) * [1, -1] + view.half_mm) * scale

    feet, tips = place(m.positions), place(m.positions + deepest_samples(m)[:, None] * m.normals)
    content = [
        _picture(view.picture[::-1], *view.window, SIDE, SIDE),
        lines(feet[view.is_here][::_EVERY_NTH_NORMAL], tips[view.is_here][::_EVERY_NTH_NORMAL], class_="normal"),
    ]
    for part in (part for part in stretches(m) if view.is_here[part].all()):
        content.append(path(feet[part], class_="pial"))
        if np.isfinite(m.thk_mm):
            edges = [place(m.positions[part] + depth * m.normals[part]) for depth in m.edges_mm]
            ring = np.concatenate([edges[0], edges[1][::-1]])
            content += [path(ring, closed=True, class_="halo"), path(ring, closed=True, class_="layer")]
    middle = SIDE / 2
    places = (8, middle), (SIDE - 8, middle), (middle, 14), (middle, SIDE - 6)
    for words, (x, y) in zip(view.labels, places, strict=True):
        content.append(text(words, x, y, class_="side", text_anchor="middle"))
    bar = 10 * scale
    content.append(lines([[SIDE - 8 - bar, SIDE - 10]], [[SIDE - 8, SIDE - 10]], class_="bar"))
    content.append(text("10 mm", SIDE - 8 - bar / 2, SIDE - 14, class_="side", text_anchor="middle"))
    return drawing(SIDE, SIDE, f"Slice of the {m.name} with normals and measured layer", *content, class_="slice")


def straight_drawing(m):
    """The cortex laid straight: along the line to the right, depth downwards, and the layer's edges."""
    low, high = np.nanpercentile(m.intensities, [1, 99])
    deepest = m.depths_mm[-1]
    high_enough = 90.0
    content = [_picture(m.intensities.T, low, high, SIDE, high_enough)]
    if np.isfinite(m.thk_mm):
        rows = [depth / deepest * high_enough for depth in m.edges_mm]
        for class_ in ("halo", "layer"):
            content.append(lines([[0, row] for row in rows], [[SIDE, row] for row in rows], class_=class_))
    alt = f"Cortex of the {m.name} laid straight, to a depth of {deepest:.1f} mm"
    return drawing(SIDE, high_enough, alt, *content, class_="straight")


def profile_drawing(m):
    """h against depth with its error, and the fitted curve with its height and width."""
    top = max(np.nanmax(np.append(m.h[m.depths_mm > 0.5], m.sh_fit)), 3 * float(np.median(m.h_se)), 1e-6)
    lowest, highest = -0.9 * top, 1.5 * top

    def place(depths, values):
        x = _LEFT + np.asarray(depths) / m.depths_mm[-1] * (_WIDE - _LEFT - _RIGHT)
        y = _TOP + (highest - np.clip(values, lowest, highest)) / (highest - lowest) * (_HIGH - _TOP - _BOTTOM)
        return np.stack(np.broadcast_arrays(x, y), -1)

    upper, lower = place(m.depths_mm, m.h + 1.96 * m.h_se), place(m.depths_mm, m.h - 1.96 * m.h_se)
    content = [
        path(np.concatenate([upper, lower[::-1]]), closed=True, class_="error"),
        lines(place([0], [0.0]), place([m.depths_mm[-1]], [0.0]), class_="axis"),
        path(place(m.depths_mm, m.h), class_="profile"),
    ]
    if m.lobe is not None:
        inside = m.lobe.window
        content.append(path(place(m.depths_mm[inside], m.fitted[inside]), class_="fit"))
        level = m.settings.width_fraction * m.sh_fit
        content.append(lines(place([m.edges_mm[0]], [level]), place([m.edges_mm[1]], [level]), class_="measure"))
        content.append(lines(place([m.mode_mm], [0.0]), place([m.mode_mm], [m.sh_fit]), class_="measure"))
    content += _axes(place, m.depths_mm[-1], top)
    alt = f"Profile of the {m.name}: hypointensity against depth, with the fitted curve"
    return drawing(_WIDE, _HIGH, alt, *content, class_="plot")


def _axes(place, deepest, top):
    step = next(own for own in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 10.0, 100.0, np.inf) if top / own < 4)
    content = []
    for depth in range(int(deepest) + 1):
        x, y = place(depth, -0.9 * top)
        content.append(text(f"{depth}", x, y + 13, class_="tick", text_anchor="middle"))
    for value in (-step, 0.0, step, 2 * step, 3 * step) if np.isfinite(step) else (0.0,):
        if -0.9 * top <= value <= 1.5 * top:
            x, y = place(0, value)
            content.append(text(f"{value:g}", x - 4, y + 3, class_="tick", text_anchor="end"))
    x, y = place(deepest / 2, -0.9 * top)
    content.append(text("Depth from the pial line (mm)", x, y + 27, class_="tick", text_anchor="middle"))
    left, bottom = place(0, -0.9 * top)
    _, upper = place(0, 1.5 * top)
    right, _ = place(deepest, 0.0)
    content.append(path([[left, upper], [left, bottom], [right, bottom]], class_="axis"))
    content.append(text("h", left - 4, upper - 6, class_="tick", font_style="italic", text_anchor="end"))
    return content


def _picture(values, low, high, width, height):
    address = grey_picture(values, low, high)
    return void("image", href=address, x=0, y=0, width=width, height=height, preserveAspectRatio="none")
