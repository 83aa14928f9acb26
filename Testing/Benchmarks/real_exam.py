"""A real scan, where it lies beside the project: whether z and the verdict depend on how deep one samples.

The hand knob at 7T of the folder `shared/real` beside the project's; its image is never copied into it.
"""

from dataclasses import replace
from pathlib import Path

from M1SHThkLib.files.exams import read_exam
from M1SHThkLib.measuring.measurement import measure_exam

EXAM = Path(__file__).resolve().parents[3] / "shared" / "real" / "hand-knob-7t-epi" / "exam.json"
DEPTHS_MM = (4.0, 5.0, 6.0, 8.0, 10.0)
VERDICTS = {"no_dark_layer", "undecided", "near_noise", "vein_suspected"}


def measure_real_exam():
    """By how many percent z changes with the sampled depth, and how many verdicts come; nothing without the scan."""
    if not EXAM.exists():
        return {}
    exam = read_exam(EXAM)
    rows = []
    for depth in DEPTHS_MM:
        (found,) = measure_exam(replace(exam, settings=replace(exam.settings, depth_max_mm=depth)))
        rows.append(
            {
                "depth_max_mm": depth,
                "lobe_z": found.lobe_z,
                "sh": found.sh,
                "thk_mm": found.thk_mm,
                "sh_thk_per_mm": found.sh_thk_per_mm,
                "flags": found.flags,
            }
        )
    z = [row["lobe_z"] for row in rows]
    verdicts = {tuple(flag for flag in row["flags"] if flag in VERDICTS) for row in rows}
    return {
        "real_z_change_percent": 100 * (max(z) / min(z) - 1),
        "real_verdicts": len(verdicts),
        "real_exam": {"depths": rows},
    }
