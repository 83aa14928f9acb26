"""Thumbnails of the sample exams: the slice of the left hand knob, with its pial line."""

import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ICONS = ROOT / "M1SHThk" / "Resources" / "Icons"
_INCHES, _DOTS_PER_INCH = (1.92, 1.28), 100
_HALF_MM = (21.0, 14.0)  # of what is seen, about the middle of the line


def draw(name, exam):
    """Write the thumbnail of a sample exam."""
    from matplotlib.figure import Figure

    line = exam.regions[0].pial_lines[0]
    toVoxels = np.linalg.inv(exam.image.affine)
    points = line @ toVoxels[:3, :3].T + toVoxels[:3, 3]
    millimetres = np.linalg.norm(exam.image.affine[:3, :2], axis=0)
    voxels = exam.image.voxels[:, :, round(points[:, 2].mean())].T
    i, j = points[:, :2].mean(0)
    figure = Figure(_INCHES, _DOTS_PER_INCH)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(voxels, "gray", origin="lower", vmin=0, vmax=np.percentile(voxels, 99.5), interpolation="bicubic")
    axes.plot(points[:, 0], points[:, 1], color="#ffd54f", linewidth=1.5)
    half = np.divide(_HALF_MM, millimetres)
    axes.set(xlim=(i - half[0], i + half[0]), ylim=(j - half[1], j + half[1]), aspect="auto")
    axes.set_axis_off()
    figure.savefig(ICONS / f"{name}.png", metadata={"Software": None})


def draw_all():
    """Write the thumbnail of every recipe; M1SHThkLib is importable."""
    from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom

    for recipe in sorted((ROOT / "M1SHThk" / "Resources" / "Samples").glob("*.json")):
        draw(recipe.stem, make_phantom(PhantomOptions(**json.loads(recipe.read_text())["options"])).exam())
