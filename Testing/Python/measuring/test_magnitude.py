"""What is no magnitude image is known by what the scanner says of it, by its name and by its values."""

import numpy as np
import pytest
from M1SHThkLib.measuring.magnitude import is_signed, part_of_image_type, part_of_name

IMAGE_TYPES = [
    (["ORIGINAL", "PRIMARY", "M", "ND", "NORM"], "magnitude"),  # Siemens
    (["ORIGINAL", "PRIMARY", "P", "ND"], "phase"),
    (["ORIGINAL", "PRIMARY", "P", "ND", "PHASE"], "phase"),  # as dcm2niix adds to it
    (["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"], "magnitude"),  # Philips
    (["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"], "phase"),
    (["ORIGINAL", "PRIMARY", "R_FFE", "R", "FFE"], "real"),
    (["ORIGINAL", "PRIMARY", "I_FFE", "I", "FFE"], "imaginary"),
    (["ORIGINAL", "PRIMARY", "OTHER", "REAL"], "real"),  # GE, by dcm2niix
    (["ORIGINAL", "PRIMARY", "OTHER", "IMAGINARY"], "imaginary"),
    (["DERIVED", "PRIMARY", "OTHER"], None),
    (["ORIGINAL", "PRIMARY", "M", "P"], None),
    ("ORIGINAL\\PRIMARY\\P\\NONE", "phase"),
    ("MAGNITUDE", "magnitude"),
    (["DERIVED", "SECONDARY", "R2", "T2_STAR MAP", "FFE"], None),
    ([1, None], None),
    (3, None),
    (None, None),
]


@pytest.mark.parametrize(("values", "part"), IMAGE_TYPES)
def test_image_type(values, part):
    assert part_of_image_type(values) == part


NAMES = [
    ("swi_ph.nii.gz", "phase"),
    ("swi_e2_ph.nii", "phase"),
    ("swi_ph_e2.nii", "phase"),
    ("sub-01_echo-1_part-phase_MEGRE.nii.gz", "phase"),
    ("sub-01_part-real_T2starw.nii", "real"),
    ("sub-01_part-imag_T2starw.nii", "imaginary"),
    ("gre_real.nii", "real"),
    ("gre_imaginary.nii", "imaginary"),
    ("GRE_Phase.nrrd", "phase"),
    ("T2star-phase.nii", "phase"),
    ("Pha Images", "phase"),
    ("sub-01_part-mag_T2starw.nii", "magnitude"),
    ("t2star.nii.gz", None),
    ("sub-01_acq-real_T2starw.nii", None),
    ("sub-phase_T2starw.nii", None),
    ("photo.nii", None),
    ("sub-01_p_r_i.nii", None),
    ("realign.nii", None),
    ("graph.nii", None),
]


@pytest.mark.parametrize(("name", "part"), NAMES)
def test_name(name, part):
    assert part_of_name(name) == part


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=(2, 60, 50, 40))


def test_magnitudes_are_not_signed_though_interpolation_rings_below_zero(noise):
    magnitude = np.hypot(*noise) + np.pad(np.full((30, 30, 20), 40.0), ((15, 15), (10, 10), (10, 10)))
    assert not is_signed(magnitude)
    spectrum = np.fft.fftn(magnitude)
    spectrum[20:40] = spectrum[:, 17:33] = 0  # rings
    ringing = np.fft.ifftn(spectrum).real
    assert ringing.min() < 0
    assert not is_signed(ringing)


def test_real_imaginary_and_phase_are_signed(noise):
    brain = np.pad(np.full((30, 30, 20), 40.0), ((15, 15), (10, 10), (10, 10)))
    signal = brain * np.exp(2j * noise[0]) + noise[0] + 1j * noise[1]
    assert is_signed(signal.real) and is_signed(signal.imag) and is_signed(np.angle(signal))
    assert is_signed((4096 / np.pi * np.angle(signal)).astype(np.int16))


def test_what_is_not_finite_does_not_count(noise):
    volume = np.abs(noise[0])
    volume[::2] = np.nan
    volume[1] = -np.inf
    assert not is_signed(volume)
    assert not is_signed(np.full((3, 3, 3), np.nan)) and not is_signed(np.zeros((3, 3, 3)))
