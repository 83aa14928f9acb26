"""A 4D NIfTI file opened in the scene lies, and holds, what the command line finds in it; parts are no echoes."""

import json

import MiniSlicer
import nibabel
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

MiniSlicer.start(window=False)

import slicer  # noqa: E402  (after MiniSlicer has completed it)
from M1SHThkLib.files.images import read_image  # noqa: E402
from M1SHThkLib.panel.echo_files import open_echo_file  # noqa: E402
from M1SHThkLib.scene.echo_nodes import (  # noqa: E402
    combine_echoes,
    echo_times_of,
    echo_volumes,
)
from M1SHThkLib.scene.exam_nodes import add_volume, image_from_volume  # noqa: E402

AFFINE = np.eye(4)
AFFINE[:3, :3] = Rotation.from_euler("xyz", [12, -20, 35], degrees=True).as_matrix() * [0.45, 0.5, 1.5]
AFFINE[:3, 3] = -31.5, 12.25, 47.0
ECHOES = (np.arange(6 * 7 * 5 * 3).reshape(6, 7, 5, 3) % 97 + 100).astype(np.int16)


@pytest.fixture
def scene():
    MiniSlicer.closeScene()
    return slicer.mrmlScene


def saved(path, seconds=None, scale=1.0, **header):
    image = nibabel.Nifti1Image(ECHOES, AFFINE)
    image.set_sform(AFFINE @ np.diag([scale, scale, scale, 1]), 1)
    image.header.set_slope_inter(0.5, -7)
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    if seconds is not None:
        path.with_suffix(".json").write_text(json.dumps({"EchoTime": seconds}))
    return path


@pytest.mark.parametrize("changes", [{}, {"scale": 1.024}, {"qfac": -1}])
def test_it_lies_where_the_command_line_finds_it(tmp_path, scene, changes):
    header = {"pixdim": [-1, 0.45, 0.5, 1.5, 1, 1, 1, 1]} if changes.pop("qfac", 1) < 0 else {}
    path = saved(tmp_path / "scan.nii", [0.013, 0.0186, 0.0243], **changes, **header)
    file = read_image(path)
    sequence = open_echo_file(scene, path)
    volumes = echo_volumes(sequence)
    assert len(volumes) == 3
    for volume, expected in zip(volumes, file.volumes, strict=True):
        image = image_from_volume(volume)
        np.testing.assert_allclose(image.affine, file.affine, atol=1e-6)
        np.testing.assert_allclose(image.voxels, expected)
    assert echo_times_of(volumes) == [13.0, 18.6, 24.3]
    _, warnings = combine_echoes(scene, volumes, [13.0, 18.6, 24.3], "mean", sequence)
    assert warnings == file.warnings


def test_a_sidecar_that_cannot_be_read_is_told_with_the_combination(tmp_path, scene):
    path = saved(tmp_path / "scan.nii")
    path.with_suffix(".json").write_text("{")
    sequence = open_echo_file(scene, path)
    volumes = echo_volumes(sequence)
    assert echo_times_of(volumes) is None
    (warning,) = combine_echoes(scene, volumes, None, "mean", sequence)[1]
    assert f"{path.with_suffix('.json')}: line 1 is not valid JSON" in warning


def test_echo_times_in_ms_are_told_in_the_sidecar_s_unit(tmp_path, scene):
    with pytest.raises(ValueError, match="BIDS wants seconds"):
        open_echo_file(scene, saved(tmp_path / "scan.nii", [13, 18.6, 24.3]))


@pytest.mark.parametrize(("name", "offset"), [("swi_ph", 0), ("swi 2", -150)])
def test_a_phase_image_among_the_echoes_is_refused_by_name(scene, name, offset):
    volumes = [
        add_volume(scene, "swi", ECHOES[..., 0], AFFINE),
        add_volume(scene, name, ECHOES[..., 1] + offset, AFFINE),
    ]
    with pytest.raises(ValueError, match=f"volume '{name}': is .*; choose the magnitude images"):
        combine_echoes(scene, volumes, None, "mean", volumes[0])


@pytest.mark.parametrize(("method", "averaged"), [("mean", 3), ("rss", 3), ("echo-2", 1)])
def test_the_combined_volume_knows_of_how_many_echoes_it_is_the_mean(scene, method, averaged):
    volumes = [add_volume(scene, f"echo {number}", ECHOES[..., number], AFFINE) for number in range(3)]
    combined, _ = combine_echoes(scene, volumes, [13.0, 18.6, 24.3], method, volumes[0])
    assert image_from_volume(combined).echoes == averaged
