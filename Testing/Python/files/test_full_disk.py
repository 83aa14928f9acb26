"""A disk that is full: one line, what was there is kept, and no torso takes a file's name."""

import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from M1SHThkLib.files import images
from M1SHThkLib.files.images import read_image, write_image

PROGRAM = Path(__file__).resolve().parents[3] / "M1SHThk" / "M1SHThkLib"
AFFINE = np.diag([-0.5, -0.5, 2, 1])
NOISE = np.random.default_rng(0).normal(1000, 50, (60, 60, 40)).astype(np.float32)
SUFFIXES = [".nii", ".nii.gz", ".nrrd", ".mha"]


def with_little_space(code, *arguments):
    """Runs Python code that cannot write more than 50 kB into a file, as on a full disk."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
    path = f"import sys; sys.path.insert(0, {str(PROGRAM.parent)!r});"
    return subprocess.run([sys.executable, "-c", limit + path + code, *arguments], capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_image_that_does_not_fit_is_told_and_the_one_before_is_kept(tmp_path, suffix):
    path = tmp_path / f"image{suffix}"
    write_image(path, [NOISE[:3, :3, :3]], AFFINE)
    before = path.read_bytes()
    code = """
import numpy as np
from M1SHThkLib.files.images import write_image
noise = np.random.default_rng(0).normal(1000, 50, (60, 60, 40)).astype(np.float32)
try:
    write_image(sys.argv[1], [noise], np.diag([-0.5, -0.5, 2, 1]))
except ValueError as error:
    print(error)
"""
    run = with_little_space(code, str(path))
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"{path}: cannot be written (") and run.stdout.count("\n") == 1
    assert "make room there, or choose a folder that you may write to" in run.stdout
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_the_command_line_says_so_in_one_line(tmp_path):
    arguments = ["phantom", "-o", str(tmp_path / "exam")]
    code = """
from M1SHThkLib import __main__ as door
from M1SHThkLib.digital_exam import phantom
small = dict(slices=2, echoes=(3,), regions=(("left", "hand_knob"),))
door.PhantomOptions = lambda **options: phantom.PhantomOptions(**options, **small)
sys.exit(door.main(sys.argv[1:]))
"""
    run = with_little_space(code, *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"{tmp_path / 'exam' / 't2star.nii.gz'}: cannot be written (File too large)")
    assert run.stderr.count("\n") == 1
    assert not list((tmp_path / "exam").iterdir())


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_what_itk_has_written_is_read_again_before_it_takes_its_name(tmp_path, monkeypatch, suffix):
    """ITK's writers may say nothing of what did not fit."""
    path = tmp_path / f"image{suffix}"
    write_image(path, [NOISE], AFFINE)
    before = path.read_bytes()

    def cut(image, name, *further):
        SimpleITK.WriteImage(image * 0, name, *further)

    class Torn:
        def __getattr__(self, name):
            return cut if name == "WriteImage" else getattr(SimpleITK, name)

    monkeypatch.setattr(images, "_simpleitk", lambda path: Torn())
    with pytest.raises(ValueError, match=r"cannot be written \(the disk holds less than was written; is it full\?\)"):
        write_image(path, [NOISE], AFFINE)
    assert path.read_bytes() == before


class TestCompact:
    def test_numbers_change_by_a_65534th_of_their_range_at_most(self, tmp_path):
        write_image(tmp_path / "image.nii.gz", [NOISE, NOISE / 3], AFFINE, compact=True)
        volumes = read_image(tmp_path / "image.nii.gz").volumes
        most = (NOISE.max() - NOISE.min() / 3) / 65534
        for volume, exact in zip(volumes, (NOISE, NOISE / 3), strict=True):
            assert np.abs(volume - exact).max() <= most
            assert abs(np.mean(volume - exact, dtype=float)) < most / 100

    def test_every_reader_reads_it_alike(self, tmp_path):
        write_image(tmp_path / "image.nii.gz", [NOISE, NOISE / 3], AFFINE, compact=True)
        ours = np.stack(list(read_image(tmp_path / "image.nii.gz").volumes), axis=-1)
        image = nibabel.load(tmp_path / "image.nii.gz")
        assert image.get_data_dtype() == np.int16
        np.testing.assert_allclose(image.get_fdata(), ours, rtol=1e-6)
        np.testing.assert_allclose(image.affine, AFFINE)
        itk = SimpleITK.ReadImage(str(tmp_path / "image.nii.gz"))
        np.testing.assert_allclose(SimpleITK.GetArrayFromImage(itk).T, ours, rtol=1e-6)
        assert itk.GetSpacing() == (0.5, 0.5, 2, 1)

    def test_half_the_space_and_the_same_bytes_each_time(self, tmp_path):
        for name, compact in (("wide", False), ("one", True), ("two", True)):
            write_image(tmp_path / f"{name}.nii.gz", [NOISE], AFFINE, compact)
        sizes = [(tmp_path / f"{name}.nii.gz").stat().st_size for name in ("one", "wide")]
        assert sizes[0] < 0.6 * sizes[1]
        assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "two.nii.gz").read_bytes()

    def test_whole_numbers_stay_exact(self, tmp_path):
        whole = np.round(NOISE)
        write_image(tmp_path / "image.nii", [whole], AFFINE, compact=True)
        np.testing.assert_array_equal(read_image(tmp_path / "image.nii").volumes[0], whole)
        assert nibabel.load(tmp_path / "image.nii").get_data_dtype() == np.int16

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_what_is_not_finite_is_kept(self, tmp_path, value):
        voxels = NOISE.copy()
        voxels[1, 2, 3] = value
        write_image(tmp_path / "image.nii", [voxels], AFFINE, compact=True)
        np.testing.assert_array_equal(read_image(tmp_path / "image.nii").volumes[0], voxels)

    def test_a_constant_image_is_kept(self, tmp_path):
        write_image(tmp_path / "image.nii", [NOISE * 0 + 0.1], AFFINE, compact=True)
        np.testing.assert_array_equal(read_image(tmp_path / "image.nii").volumes[0], NOISE * 0 + np.float32(0.1))


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_what_is_written_lies_there_for_every_reader(tmp_path, flip):
    from scipy.spatial.transform import Rotation

    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", [12, -20, 35], degrees=True).as_matrix()
    affine[:3, :3] = turn * (0.45, 0.5, 1.5) * np.array(flip)
    affine[:3, 3] = -31.5, 12.25, 47.0
    write_image(tmp_path / "image.nii", [NOISE], affine)
    header = nibabel.load(tmp_path / "image.nii").header
    np.testing.assert_allclose(header.get_sform(), affine, atol=1e-5)
    np.testing.assert_allclose(header.get_qform(), affine, atol=1e-5)
    itk = SimpleITK.ReadImage(str(tmp_path / "image.nii"))
    direction = np.array(itk.GetDirection()).reshape(3, 3) * itk.GetSpacing()
    np.testing.assert_allclose(np.diag([-1, -1, 1]) @ direction, affine[:3, :3], atol=1e-5)


def test_voxels_of_a_type_that_nifti_lacks_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"image\.nii: NIfTI holds no voxels of type float16; convert them to float32"):
        write_image(tmp_path / "image.nii", [NOISE.astype(np.float16)], AFFINE)
    assert not list(tmp_path.iterdir())
