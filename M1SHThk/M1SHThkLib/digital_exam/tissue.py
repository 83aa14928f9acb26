"""Tissues and sequences of the digital exam, and the signal that a spoiled gradient echo gives of them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sequence:
    """A 3D multi-echo spoiled gradient-echo sequence.

    Attributes
    ----------
    repetition_time_ms, flip_angle_degrees : float
    echo_times_ms : tuple of float
    field_of_view_mm : float
        Side of the square field of view.
    acquired : tuple of two int
        Acquired matrix along left-right (phase encoding) and anterior-posterior (frequency encoding).
    reconstructed : int
        Side of the square matrix after zero-filling.
    slice_spacing_mm : float
    """

    repetition_time_ms: float
    flip_angle_degrees: float
    echo_times_ms: tuple[float, ...]
    field_of_view_mm: float
    acquired: tuple[int, int]
    reconstructed: int
    slice_spacing_mm: float


@dataclass(frozen=True)
class Tissue:
    """What the signal of a tissue depends on: proton density (1 = water), T1 in ms, R2* in 1/s."""

    name: str
    proton_density: float
    t1_ms: float
    r2star_per_s: float


# Donatelli et al., AJNR 2018;39:63, MR Imaging Acquisition. At 3T, the printed voxel of 0.39 mm is 20 cm / 512. Which
# axis was phase-encoded is not printed; left-right is usual for axial brain scans.
SEQUENCES = {
    3: Sequence(68.3, 15.0, (13.0, 18.6, 24.3, 29.9, 35.5, 41.2, 46.8, 52.4, 58.1, 63.7), 200.0, (384, 448), 512, 1.0),
    7: Sequence(54.1, 15.0, (5.6, 12.0, 18.3, 24.7, 31.1, 37.5, 43.9), 224.0, (448, 448), 448, 1.0),
}

# Proton densities are assumed. T1 and R2* of cortex, white matter and splenium: literature, but the splenium's at 7T;
# those of the deep layers of M1 are chosen so that the published group means come out (a fit, no evidence); all else is
# assumed. The deep layers' R2* stands here for a control's mean; `subject` draws it for each region.
_TISSUES = {
    3: (
        Tissue("air", 0.0, 1000, 0.0),
        Tissue("bone", 0.05, 400, 100.0),
        Tissue("scalp", 0.75, 380, 30.0),
        Tissue("fluid", 1.00, 4300, 2.0),
        Tissue("cortex", 0.82, 1607, 15.5),
        Tissue("deep_cortex", 0.78, 1350, 20.0),
        Tissue("white_matter", 0.70, 838, 20.1),
        Tissue("splenium", 0.70, 780, 25.0),
        Tissue("vein", 0.85, 1600, 50.0),
    ),
    7: (
        Tissue("air", 0.0, 1000, 0.0),
        Tissue("bone", 0.05, 450, 200.0),
        Tissue("scalp", 0.75, 450, 55.0),
        Tissue("fluid", 1.00, 4400, 4.0),
        Tissue("cortex", 0.82, 1939, 29.0),
        Tissue("deep_cortex", 0.78, 1650, 41.0),
        Tissue("white_matter", 0.70, 1126, 38.0),
        Tissue("splenium", 0.70, 1126, 46.0),
        Tissue("vein", 0.85, 2200, 130.0),
    ),
}
TISSUES = {field: {tissue.name: tissue for tissue in tissues} for field, tissues in _TISSUES.items()}


def signal(tissue: Tissue, sequence: Sequence):
    """Signal of a spoiled gradient echo in the steady state at every echo time.

    PD sin(fa) (1 - E1) / (1 - E1 cos(fa)) exp(-TE R2*), E1 = exp(-TR / T1) (Ernst and Anderson 1966).

    Returns
    -------
    array, shape (echoes,)
        In units of the signal of fully relaxed water without decay.
    """
    flip_angle = np.radians(sequence.flip_angle_degrees)
    recovery = np.exp(-sequence.repetition_time_ms / tissue.t1_ms)
    steady_state = np.sin(flip_angle) * (1 - recovery) / (1 - recovery * np.cos(flip_angle))
    decay = np.exp(-np.array(sequence.echo_times_ms) / 1000 * tissue.r2star_per_s)
    return tissue.proton_density * steady_state * decay
