"""NIfTI headers of every kind: the image lies, and holds, what ITK says; what ITK refuses is refused in one line."""

import gzip

import numpy as np
import pytest
import SimpleITK
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from M1SHThkLib.files.images import read_image
from scipy.spatial.transform import Rotation

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
SHAPE = (3, 4, 5)
FIELDS = {
    "size": (0, "i4"),
    "dim": (40, "8i2"),
    "datatype": (70, "i2"),
    "pixdim": (76, "8f4"),
    "vox_offset": (108, "f4"),
    "slope": (112, "f4"),
    "intercept": (116, "f4"),
    "units": (123, "u1"),
    "qform_code": (252, "i2"),
    "sform_code": (254, "i2"),
    "quaternion": (256, "3f4"),
    "qoffset": (268, "3f4"),
    "srow": (280, "(3,4)f4"),
    "magic": (344, "S4"),
}


def layout(order="<"):
    offsets, formats = zip(*FIELDS.values(), strict=True)
    kind = {"names": list(FIELDS), "offsets": offsets, "formats": formats, "itemsize": 348}
    return np.dtype(kind).newbyteorder(order)


def header(turn=None, spacing=(0.5, 0.75, 2.0), origin=(-31.5, 12.25, 47.0), order="<", **changes):
    """A sound header of an int16 image, sform and qform alike, with some fields changed."""
    turn = Rotation.from_euler("xyz", [12, -20, 35], degrees=True) if turn is None else turn
    raw = np.zeros((), layout(order))
    raw["size"], raw["magic"], raw["vox_offset"], raw["datatype"] = 348, b"n+1", 352, 4
    raw["dim"] = [3, *SHAPE, 1, 1, 1, 1]
    raw["pixdim"] = [1, *spacing, 1, 1, 1, 1]
    raw["quaternion"], raw["qoffset"] = turn.as_quat(canonical=True)[:3], origin
    raw["srow"] = np.column_stack([turn.as_matrix() * spacing, origin])
    raw["qform_code"], raw["sform_code"], raw["units"] = 1, 1, 2
    for name, value in changes.items():
        raw[name] = value
    return raw


VOXELS = np.arange(1, 1 + np.prod(SHAPE), dtype="<i2")


def written(path, raw, tail=bytes(64)):
    """A file of the header, the empty extension and voxels that count upwards from 1."""
    order = "<" if layout("<") == raw.dtype else ">"
    path.write_bytes(raw.tobytes() + bytes(4) + VOXELS.astype(f"{order}i2").tobytes() + tail)
    return path


def by_itk(path):
    """Affine and voxels (first axis first) as ITK reads them; None where it refuses."""
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError:
        return None
    dimension = image.GetDimension()
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(dimension, dimension)[:3, :3]
    affine[:3, :3] = direction * image.GetSpacing()[:3]
    affine[:3, 3] = image.GetOrigin()[:3]
    return LPS_TO_RAS @ affine, SimpleITK.GetArrayFromImage(image).ravel()


def assert_as_itk(path):
    """Read alike, or refused in one line that names the file; returns what was read."""
    theirs = by_itk(path)
    if theirs is None:
        with pytest.raises(ValueError) as raised:
            read_image(path)
        assert str(raised.value).startswith(f"{path}: ")
        assert "\n" not in str(raised.value)
        return None
    affine, voxels = theirs
    file = read_image(path)
    scale = np.abs(affine).max()
    np.testing.assert_allclose(file.affine, affine, atol=3e-5 * scale)
    np.testing.assert_allclose(file.volumes[0].ravel(order="F"), voxels, rtol=1e-5)
    return file


BAD = st.sampled_from([0.0, -1.0, np.nan, np.inf, -np.inf, 1e-6])
CODES = st.sampled_from([0, 1, 2, 4, -1])


@st.composite
def turns(draw):
    kind = draw(st.sampled_from(["any", "none", "half turn"]))
    if kind == "none":
        return Rotation.identity()
    vector = np.array(draw(st.tuples(*[st.floats(-1, 1)] * 3))) + [0, 0, 1e-3]
    if kind == "half turn":
        return Rotation.from_rotvec(np.pi * vector / np.linalg.norm(vector))
    return Rotation.from_rotvec(3 * vector)


@st.composite
def headers(draw):
    """Sound headers and ones that contradict themselves, in one or several ways."""
    spacing = draw(st.sampled_from([(0.5, 0.75, 2.0), (0.390625, 0.390625, 1.0), (1.0, 1.0, 1.0)]))
    raw = header(draw(turns()), spacing, draw(st.tuples(*[st.floats(-200, 200)] * 3)))
    raw["qform_code"], raw["sform_code"], raw["units"] = draw(CODES), draw(CODES), draw(st.integers(0, 63))
    for fault in draw(st.lists(st.sampled_from(sorted(FAULTS)), max_size=3, unique=True)):
        FAULTS[fault](raw, draw)
    return raw


def scale_columns(raw, factors):
    raw["srow"][:, :3] *= factors


def shear(raw, amount):
    raw["srow"][:, 1] += amount * raw["srow"][:, 0]


def set_item(name, index, values):
    def fault(raw, draw):
        raw[name][index] = draw(values)

    return fault


FAULTS = {
    "scale of the sform": lambda raw, draw: scale_columns(raw, draw(st.sampled_from([1.024, 1.0004, 0.001, 3.0]))),
    "one axis of the sform longer": lambda raw, draw: scale_columns(raw, [1, 1, draw(st.floats(0.5, 2))]),
    "shear": lambda raw, draw: shear(raw, draw(st.sampled_from([1e-6, 1e-5, 1e-3, 0.2]))),
    "sform elsewhere": lambda raw, draw: raw["srow"].__setitem__((0, 3), draw(st.floats(-300, 300))),
    "sform of zeros": lambda raw, draw: raw.__setitem__("srow", 0),
    "sform torn": set_item("srow", (1, 2), st.sampled_from([1e5, 1e30])),
    "quaternion longer": lambda raw, draw: raw["quaternion"].__imul__(draw(st.sampled_from([1 + 4e-7, 1.2, 9]))),
    "quaternion": set_item("quaternion", 1, BAD),
    "qoffset": set_item("qoffset", 2, BAD),
    "qfac": set_item("pixdim", 0, st.sampled_from([0.0, -1.0, np.nan])),
    "pixdim": lambda raw, draw: raw["pixdim"].__setitem__(draw(st.integers(1, 3)), draw(BAD)),
    "dim[0]": set_item("dim", 0, st.integers(3, 8)),
    "dim[4]": set_item("dim", 4, st.integers(-1, 1)),
    "dim[5]": set_item("dim", 5, st.integers(-1, 1)),
    "dim[1]": set_item("dim", 1, st.sampled_from([0, -3])),
    "slope": lambda raw, draw: raw.__setitem__("slope", draw(st.sampled_from([0, 0.5, np.nan, -2]))),
    "intercept": lambda raw, draw: raw.__setitem__("intercept", draw(st.sampled_from([0, 7, np.nan]))),
    "vox_offset": lambda raw, draw: raw.__setitem__(
        "vox_offset", draw(st.sampled_from([0, 300, 348, 350, 352.5, 360, -8, np.nan, 1e30]))
    ),
}


def mirrored(raw):
    """Whether ITK weighs forms that differ by their axes' signs alone, or by as much as it takes for alike.

    Its choice is chance then (held by a test below).
    """
    if not raw["qform_code"] or raw["sform_code"] in (0, 1):
        return False
    with np.errstate(all="ignore"):
        imaginary = raw["quaternion"].astype(float)
        real = 1 - (imaginary**2).sum()
        real = np.sqrt(real) if real >= 1e-7 else 0.0  # a half turn, as niftilib has it
        axes = raw["srow"][:, :3] / np.linalg.norm(raw["srow"][:, :3].astype(float), axis=0)
    if not np.isfinite(axes).all() or not np.isfinite(imaginary).all() or not (imaginary**2).sum() + real:
        return False
    cosines = Rotation.from_quat([*imaginary, real]).as_matrix().T @ axes * [1, 1, -1 if raw["pixdim"][0] < 0 else 1]
    sizes = np.abs(cosines)
    is_at_bound = np.abs(cosines - np.eye(3)).max() > 5e-5
    return bool(np.abs(sizes - np.round(sizes)).max() < 3e-4 and is_at_bound)


@settings(max_examples=600, deadline=None)
@given(headers())
def test_random_headers_are_read_as_itk_reads_them(tmp_path_factory, raw):
    assume(not mirrored(raw))
    assert_as_itk(written(tmp_path_factory.getbasetemp() / "any.nii", raw))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("sform_code", [0, 1, 2])
def test_spacing_is_that_of_pixdim_whichever_form_gives_the_directions(tmp_path, sform_code, order):
    sound = assert_as_itk(written(tmp_path / "sound.nii", header(order=order)))
    raw = header(order=order, sform_code=sform_code, qform_code=sform_code == 0)
    raw["srow"][:, :3] *= 1.5
    file = assert_as_itk(written(tmp_path / "scaled.nii", raw))
    np.testing.assert_allclose(file.affine, sound.affine, atol=1e-5)
    if sform_code:
        (warning,) = file.warnings
        assert "voxels are 0.75 x 1.125 x 3 mm by the sform but 0.5 x 0.75 x 2 mm by pixdim, which counts" in warning
    else:
        assert file.warnings == ()


@pytest.mark.parametrize(("code", "unit_mm"), [(1, 1e3), (3, 1e-3), (2, 1), (0, 1), (10, 1), (9, 1e3)])
def test_units_are_turned_into_millimetres(tmp_path, code, unit_mm):
    sound = read_image(written(tmp_path / "mm.nii", header()))
    raw = header(units=code)
    for part in (raw["pixdim"][1:4], raw["srow"], raw["qoffset"]):
        part /= unit_mm
    file = assert_as_itk(written(tmp_path / "unit.nii", raw))
    np.testing.assert_allclose(file.affine, sound.affine, atol=1e-4)
    assert file.warnings == ()


def test_voxels_may_be_as_small_as_they_like(tmp_path):
    assert_as_itk(
        written(tmp_path / "small.nii", header(Rotation.identity(), pixdim=[1, 1e-6, 0.75, 2, 1, 1, 1, 1], units=3))
    )


def test_a_quaternion_a_hair_too_long_is_a_half_turn_without_a_word(tmp_path):
    half_turn = Rotation.from_rotvec(np.pi * np.array([0.6, 0.0, 0.8]))
    raw = header(half_turn, sform_code=0)
    raw["quaternion"] *= 1 + 3e-7
    assert (raw["quaternion"].astype(float) ** 2).sum() > 1
    file = assert_as_itk(written(tmp_path / "long.nii", raw))
    np.testing.assert_allclose(file.affine[:3, :3], half_turn.as_matrix() * [0.5, 0.75, 2.0], atol=1e-6)
    assert file.warnings == ()


CONTRADICTIONS = {
    "quaternion of 2": (dict(sform_code=0, quaternion=[2, 0, 0]), "the quaternion's vector is 2 long"),
    "NaN in the qform": (dict(sform_code=0, qoffset=[np.nan, 0, 0]), "the qform holds NaN or infinity"),
    "no spacing": (dict(pixdim=[1, 0.5, 0, 2, 1, 1, 1, 1], sform_code=0), "pixdim[2] is 0; it is taken as 1"),
    "dim[4] of 0": (dict(dim=[4, *SHAPE, 0, 1, 1, 1]), "dim[4] is 0; it is taken as 1"),
    "voxels in the header": (dict(vox_offset=0), "vox_offset is 0, but voxels cannot begin before byte 352; they are "),
    "no scale but an offset": (dict(slope=0, intercept=7), "scl_slope is 0, for 'not scaled', but scl_inter 7, which"),
    "two places": (dict(qoffset=[0, 0, 0]), "different places; the sform is used, as in Slicer"),
    "two places, aligned": (dict(qoffset=[0, 0, 0], sform_code=2), "different places; the qform is used, as in Slicer"),
    "a sheared sform": (
        dict(srow=[[1, 0, 0.5, 0], [0, 1, 0, 0], [0, 0, 1, 0]]),
        "the sform's axes do not stand upright on one another; the qform is used, as in Slicer",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_settled_as_itk_does_and_told(tmp_path, case):
    changes, told = CONTRADICTIONS[case]
    path = written(tmp_path / "odd.nii", header(**changes))
    file = assert_as_itk(path)
    assert any(told in warning for warning in file.warnings), file.warnings
    assert all(warning.startswith(f"{path}: ") for warning in file.warnings)


REFUSED = {
    "a sheared sform alone": (dict(srow=np.eye(3, 4) + np.eye(3, 4, 1), qform_code=0), "is not orthonormal"),
    "a flat sform alone": (dict(srow=0, qform_code=0), "its sform cannot be inverted"),
    "no size": (dict(dim=[3, 0, 4, 5, 1, 1, 1, 1]), "its size along the first axis (dim[1]) is 0"),
    "eight axes": (dict(dim=[8, *SHAPE, 1, 1, 1, 1]), "its header is neither NIfTI nor Analyze 7.5"),
    "unknown type": (dict(datatype=77), "its voxels are of the unknown NIfTI type 77"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_itk_refuses_is_refused(tmp_path, case):
    changes, told = REFUSED[case]
    path = written(tmp_path / "refused.nii", header(**changes))
    assert by_itk(path) is None
    assert assert_as_itk(path) is None
    with pytest.raises(ValueError) as raised:
        read_image(path)
    assert told in str(raised.value)


def test_voxels_that_are_not_all_there_are_refused(tmp_path):
    """ITK fills up with zeros."""
    for offset, missing in ((400, 48 - 12), (1e6, 120)):
        path = written(tmp_path / "short.nii", header(vox_offset=offset), tail=bytes(12))
        assert by_itk(path)[1][-1] == 0
        with pytest.raises(ValueError, match=f"short.nii is cut short: {missing} of 120 bytes of voxels are missing"):
            read_image(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_sform_that_is_no_number_is_refused(tmp_path, value):
    """ITK's own reader never ends on it."""
    raw = header()
    raw["srow"][1, 1] = value
    with pytest.raises(ValueError, match="its sform holds NaN or infinity and cannot be inverted"):
        read_image(written(tmp_path / "nan.nii", raw))


def test_forms_that_mirror_each_other_are_refused_where_itk_s_choice_is_chance(tmp_path):
    """With one origin and code 2 ITK takes the sform of some such images and the qform of others."""
    chosen = set()
    for number in range(20):
        turn = Rotation.from_quat(np.random.default_rng(number).normal(size=4))
        raw = header(turn, sform_code=2)
        raw["srow"][:, 0] *= -1
        affine, _ = by_itk(written(tmp_path / "mirrored.nii", raw))
        chosen.add("sform" if np.allclose(affine[:3, 0], raw["srow"][:, 0], atol=1e-4) else "qform")
        with pytest.raises(ValueError, match="which of them Slicer takes hangs on rounding; keep the right one"):
            read_image(tmp_path / "mirrored.nii")
    assert chosen == {"sform", "qform"}


def test_forms_that_mirror_each_other_along_the_world_s_axes_are_read(tmp_path):
    for flip in ([-1, 1, 1], [1, -1, -1], [-1, -1, 1]):
        raw = header(Rotation.identity(), sform_code=2)
        raw["srow"][:, :3] *= flip
        file = assert_as_itk(written(tmp_path / "mirrored.nii", raw))
        assert "the sform is used, as in Slicer" in file.warnings[0]


@pytest.mark.parametrize("suffixes", [(".hdr", ".img"), (".HDR", ".IMG"), (".hdr.gz", ".img.gz"), (".hdr", ".img.gz")])
@pytest.mark.parametrize("offset", [0, 16, -1])
def test_pairs_of_files_in_every_spelling(tmp_path, suffixes, offset):
    raw = header(magic=b"ni1", vox_offset=offset)
    content = {suffixes[0]: raw.tobytes(), suffixes[1]: bytes(max(offset, 5)) + VOXELS.tobytes()}
    if offset == 0:
        content[suffixes[1]] = VOXELS.tobytes()
    for suffix, data in content.items():
        (tmp_path / f"pair{suffix}").write_bytes(gzip.compress(data) if suffix.lower().endswith("gz") else data)
    for suffix in suffixes:
        path = tmp_path / f"pair{suffix}"
        if offset < 0 and suffixes[1].endswith("gz"):
            with pytest.raises(ValueError, match="the voxels of a compressed file cannot be counted from its end"):
                read_image(path)
        else:
            file = assert_as_itk(path)
            np.testing.assert_array_equal(file.volumes[0].ravel(order="F"), VOXELS)
            assert len(file.warnings) == (offset < 0)


def test_an_uncompressed_file_beside_it_which_itk_would_read_is_told(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(header().tobytes() + bytes(4) + VOXELS.tobytes()))
    assert_as_itk(tmp_path / "a.nii.gz")
    (tmp_path / "a.nii").write_bytes(header().tobytes() + bytes(4) + (VOXELS + 1).tobytes())
    np.testing.assert_array_equal(by_itk(tmp_path / "a.nii.gz")[1], VOXELS + 1)
    file = read_image(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(file.volumes[0].ravel(order="F"), VOXELS)
    assert file.warnings == (
        f"{tmp_path / 'a.nii.gz'}: a.nii lies beside it, whose voxels Slicer shows in its stead; keep one of the two.",
    )


def test_analyze_with_a_negative_spacing_lies_where_itk_puts_it(tmp_path):
    raw = header(magic=b"", vox_offset=0, pixdim=[0, -0.5, 0.75, 2, 0, 0, 0, 0])
    (tmp_path / "old.hdr").write_bytes(raw.tobytes())
    (tmp_path / "old.img").write_bytes(VOXELS.tobytes())
    file = assert_as_itk(tmp_path / "old.hdr")
    np.testing.assert_array_equal(np.diag(file.affine), [0.5, -0.75, 2, 1])


def test_compressed_voxels_that_are_damaged_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    raw = header(dim=[3, 40, 40, 40, 1, 1, 1, 1])
    content = bytearray(gzip.compress(raw.tobytes() + bytes(4) + rng.integers(0, 99, 64000, "<i2").tobytes()))
    content[-6] ^= 1  # in the checksum
    (tmp_path / "damaged.nii.gz").write_bytes(content)
    with pytest.raises(ValueError, match="CRC check failed"):
        read_image(tmp_path / "damaged.nii.gz")
