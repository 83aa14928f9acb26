"""NRRD and MetaImage headers in all that they may say: the image lies, and holds, what ITK says; damage is one line."""

import bz2
import gzip
import zlib

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from M1SHThkLib.files.images import read_image
from scipy.spatial.transform import Rotation

SHAPE = (4, 5, 6)
VOXELS = (np.arange(np.prod(SHAPE)) % 100 + 1).reshape(SHAPE, order="F")
TYPES = {
    "MET_CHAR": ("signed char", "i1"),
    "MET_UCHAR": ("uint8_t", "u1"),
    "MET_SHORT": ("short", "i2"),
    "MET_USHORT": ("unsigned short int", "u2"),
    "MET_INT": ("int32", "i4"),
    "MET_FLOAT": ("float", "f4"),
    "MET_DOUBLE": ("double", "f8"),
}


def by_itk(path):
    """Affine and voxels as ITK reads them."""
    image = SimpleITK.ReadImage(str(path))
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(image.GetDimension(), -1)[:3, :3]
    affine[:3, :3] = direction * image.GetSpacing()[:3]
    affine[:3, 3] = image.GetOrigin()[:3]
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine, SimpleITK.GetArrayFromImage(image).T


def assert_as_itk(path):
    affine, voxels = by_itk(path)
    file = read_image(path)
    np.testing.assert_allclose(file.affine, affine, atol=1e-9)
    np.testing.assert_array_equal(file.volumes[0], voxels)
    assert file.volumes[0].dtype == voxels.dtype
    return file


turns = st.tuples(*[st.floats(-3, 3)] * 3).map(lambda vector: Rotation.from_rotvec(vector).as_matrix())
spacings = st.tuples(*[st.sampled_from([0.39, 0.5, 1.0, 1.5, -0.5])] * 3)
origins = st.tuples(*[st.floats(-200, 200).map(lambda x: round(x, 3))] * 3)
kinds_of_voxels = st.sampled_from(sorted(TYPES))


def vector(numbers):
    return "(" + ",".join(repr(float(number)) for number in numbers) + ")"


@settings(max_examples=250, deadline=None)
@given(
    turns, spacings, origins, kinds_of_voxels, st.booleans(), st.integers(0, 3), st.integers(0, 7),
    st.sampled_from(["left-posterior-superior", "RAS", "left-anterior-superior", "LPS", "scanner-xyz", None, "3"]),
    st.sampled_from(["raw", "gzip", "text", "hex"]), st.booleans(), st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_nrrd(tmp_path_factory, turn, spacing, origin, kind, big, lines, skipped, space, encoding, apart, newline):
    name, code = TYPES[kind]
    stored = VOXELS.astype(f"{'>' if big else '<'}{code}").tobytes(order="F")
    if encoding == "hex":
        lines = skipped = 0
    before = b"anything\n" * lines
    payload = {
        "raw": before + bytes(skipped) + stored,
        "gzip": before + gzip.compress(bytes(skipped) + stored),
        "text": before + " ".join(str(value) for value in VOXELS.ravel(order="F")).encode(),
        "hex": stored.hex().encode(),
    }[encoding]
    if encoding == "text":
        skipped = 0
    header = ["NRRD0005", "# a comment", f"type: {name}", "dimension: 3", "sizes: 4 5 6", f"encoding: {encoding}"]
    header += [f"endian: {'big' if big else 'little'}", "key:=value: with a colon", "kinds: domain domain space"]
    header += [f"line skip: {lines}"] * (lines > 0) + [f"byte skip: {skipped}"] * (skipped > 0)
    if space is None:
        header += [f"spacings: {' '.join(map(str, spacing))}"]
    else:
        header += ["space dimension: 3" if space == "3" else f"space: {space}"]
        header += ["space directions: " + " ".join(vector(axis) for axis in (turn * spacing).T)]
        header += [f"space origin: {vector(origin)}"]
    folder = tmp_path_factory.getbasetemp()
    path = folder / ("any.nhdr" if apart else "any.nrrd")
    if apart:
        (folder / "any.data").write_bytes(payload)
        path.write_bytes(newline.join([*header, "data file: any.data", ""]).encode())
    else:
        path.write_bytes(newline.join([*header, "", ""]).encode() + payload)
    file = assert_as_itk(path)
    assert file.fields["key"] == "value: with a colon"
    told = {"scanner-xyz": "its space is 'scanner-xyz'", "3": "its space has no name", None: "names no space"}
    assert (told[space] in file.warnings[0]) if space in told else file.warnings == ()


@settings(max_examples=250, deadline=None)
@given(
    turns, spacings, origins, kinds_of_voxels, st.booleans(), st.integers(0, 9),
    st.sampled_from(["raw", "zlib", "gzip", "text"]), st.booleans(),
    st.tuples(
        st.sampled_from(["TransformMatrix", "Rotation", "Orientation"]),
        st.sampled_from(["Offset", "Position", "Origin"]),
        st.sampled_from(["ElementSpacing", "ElementSize"]),
    ),
    st.sampled_from([" = ", "=", "  =  "]),
)  # fmt: skip
def test_metaimage(tmp_path_factory, turn, spacing, origin, kind, big, skipped, encoding, apart, names, equals):
    turn_name, origin_name, size_name = names
    big = big and encoding != "text"  # ITK turns the bytes of text, too
    stored = VOXELS.astype(f"{'>' if big else '<'}{TYPES[kind][1]}").tobytes(order="F")
    skipped = skipped - 1 if encoding == "raw" and apart else 0
    payload = {
        "raw": bytes(5 if skipped < 0 else skipped) + stored,
        "zlib": zlib.compress(stored),
        "gzip": gzip.compress(stored),
        "text": " ".join(str(value) for value in VOXELS.ravel(order="F")).encode() + b"\n",
    }[encoding]
    fields = {"ObjectType": "Image", "NDims": 3, "BinaryData": encoding != "text", "BinaryDataByteOrderMSB": big}
    if encoding in ("zlib", "gzip"):
        fields |= {"CompressedData": True, "CompressedDataSize": len(payload)}
    if skipped:
        fields["HeaderSize"] = skipped
    fields |= {turn_name: " ".join(repr(float(x)) for x in turn.T.ravel()), origin_name: " ".join(map(str, origin))}
    fields |= {size_name: " ".join(map(str, spacing)), "DimSize": "4 5 6", "ElementType": kind}
    folder = tmp_path_factory.getbasetemp()
    path = folder / ("any.mhd" if apart else "any.mha")
    fields["ElementDataFile"] = "any.voxels" if apart else "LOCAL"
    header = "".join(f"{name}{equals}{value}\n" for name, value in fields.items()).encode()
    path.write_bytes(header + (b"" if apart else payload))
    if apart:
        (folder / "any.voxels").write_bytes(payload)
    assert assert_as_itk(path).warnings == ()


def test_bzip2_is_read_too(tmp_path):
    stored = bz2.compress(VOXELS.astype("<i2").tobytes(order="F"))
    (tmp_path / "a.nrrd").write_bytes(nrrd(encoding="bzip2") + stored)
    np.testing.assert_array_equal(read_image(tmp_path / "a.nrrd").volumes[0], VOXELS)


def test_voxels_may_be_packed_as_tightly_as_their_encoding_can(tmp_path):
    sizes = "60 60 60"
    for name, kind, encoding, stored in (
        ("packed.nrrd", "short", "bzip2", bz2.compress(bytes(2 * 60**3))),
        ("written.nrrd", "double", "ascii", b"0 " * 60**3),
    ):
        (tmp_path / name).write_bytes(nrrd(encoding=encoding, type=kind, sizes=sizes) + stored)
        assert not read_image(tmp_path / name).volumes[0].any()


def nrrd(**changes):
    """A sound header, with some fields changed or, for None, left out."""
    fields = {"type": "short", "dimension": "3", "space": "LPS", "sizes": "4 5 6", "endian": "little"}
    fields |= {"space_directions": "(1,0,0) (0,1,0) (0,0,2)", "encoding": "raw", "space_origin": "(0,0,0)"}
    fields = {name.replace("_", " "): value for name, value in (fields | changes).items() if value is not None}
    return ("NRRD0004\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n").encode()


def metaimage(**changes):
    fields = {"ObjectType": "Image", "NDims": "3", "BinaryData": "True", "TransformMatrix": "1 0 0 0 1 0 0 0 1"}
    fields |= {"DimSize": "4 5 6", "ElementType": "MET_SHORT", "ElementDataFile": "LOCAL"}
    fields = {name: value for name, value in (changes | {k: v for k, v in fields.items() if k not in changes}).items()}
    fields["ElementDataFile"] = fields.pop("ElementDataFile")
    return "".join(f"{name} = {value}\n" for name, value in fields.items() if value is not None).encode()


STORED = VOXELS.astype("<i2").tobytes(order="F")
REFUSED = {
    "no type.nrrd": (nrrd(type=None) + STORED, "its header lacks the field 'type'"),
    "block.nrrd": (nrrd(type="block") + STORED, "its type is 'block'"),
    "encoding.nrrd": (nrrd(encoding="zip") + STORED, "its encoding is 'zip'"),
    "endian.nrrd": (nrrd(endian=None) + STORED, "its endian is ''"),
    "sizes.nrrd": (nrrd(sizes="4 5 -6") + STORED, "its sizes are 4 5 -6, its dimension 3"),
    "axes.nrrd": (nrrd(dimension="3000000000") + STORED, "its dimension is 3000000000"),
    "kinds.nrrd": (nrrd(kinds="domain domain") + STORED, "it has 2 kinds for 3 axes"),
    "directions.nrrd": (nrrd(space_directions="(1,0,0) (0,1,0)") + STORED, "it has 2 space directions for 3 axes"),
    "vector.nrrd": (nrrd(space_directions="(1,0,0) (0,1,x) (0,0,2)") + STORED, "could not convert"),
    "nan.nrrd": (nrrd(space_directions="(1,0,0) (0,nan,0) (0,0,2)") + STORED, "is no vector of three numbers"),
    "flat.nrrd": (nrrd(space_directions="(1,0,0) (0,1,0) (0,1,0)") + STORED, "its orientation matrix cannot be inv"),
    "long.nrrd": (nrrd(space_directions="(1,0,0) (0,1,0) (0" + "x" * 5000) + STORED, "it has 2 space directions"),
    "short.nrrd": (nrrd() + STORED[:-1], "short.nrrd is cut short: 1 bytes of voxels are missing"),
    "huge.nrrd": (nrrd(sizes="30000 30000 30000") + STORED, "is cut short"),
    "gone.nhdr": (nrrd(data_file="gone.raw"), "its file of voxels, gone.raw, is not there"),
    "spacings.nrrd": (nrrd(space_directions=None, spacings="1 1 2") + STORED, "gives spacings in a space"),
    "ends.nrrd": (nrrd(space_directions=None, space=None, axis_mins="0 0 0") + STORED, "no space that they lie in"),
    "flat text.nrrd": (nrrd(encoding="text") + b"1 2 three", "could not convert"),
    "colours.nrrd": (nrrd(dimension="4", sizes="1 4 5 6", kinds="x domain domain domain") + STORED, "4 axes"),
    "dims.mha": (metaimage(NDims="-1e300") + STORED, "invalid literal"),
    "dims 11.mha": (metaimage(NDims="11") + STORED, "NDims is 11"),
    "sizes.mha": (metaimage(DimSize="4 5") + STORED, "DimSize has 2 numbers, where 3 are needed"),
    "type.mha": (metaimage(ElementType="MET_OTHER") + STORED, "ElementType is 'MET_OTHER'"),
    "turn.mha": (metaimage(TransformMatrix="1 0 0 0 1 0 0 0 nan") + STORED, "are no numbers"),
    "flat.mha": (metaimage(TransformMatrix="1 0 0 0 1 0 0 1 0") + STORED, "cannot be inverted"),
    "short.mha": (metaimage() + STORED[:-1], "is cut short"),
    "zlib.mha": (metaimage(CompressedData="True") + b"none of it", "incorrect header check"),
    "half.mha": (metaimage(CompressedData="True") + zlib.compress(STORED)[:40], "are missing"),
    "gone.mhd": (metaimage(ElementDataFile="gone.raw"), "its file of voxels, gone.raw, is not there"),
    "nothing.mha": (b"", "its header lacks ElementDataFile"),
    "colours.mha": (metaimage(ElementNumberOfChannels="3") + 3 * STORED, "holds vectors or colours"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_damage_is_told_in_one_line(tmp_path, capfd, name):
    content, told = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError) as raised:
        read_image(tmp_path / name)
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / name}: ") and told in message and "\n" not in message
    assert len(message) < 400 + len(str(tmp_path))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", [0, 3])
def test_a_list_of_volumes_may_come_first_or_last(tmp_path, place):
    sizes, kinds, directions = ["4", "5", "6"], ["domain"] * 3, ["(1,0,0)", "(0,1,0)", "(0,0,2)"]
    for words, word in ((sizes, "2"), (kinds, "list"), (directions, "none")):
        words.insert(place, word)
    volumes = np.stack([VOXELS, VOXELS + 100], axis=place)
    changes = {"dimension": "4", "sizes": " ".join(sizes), "kinds": " ".join(kinds)}
    header = nrrd(space_directions=" ".join(directions), **changes)
    (tmp_path / "list.nrrd").write_bytes(header + volumes.astype("<i2").tobytes(order="F"))
    file = read_image(tmp_path / "list.nrrd")
    for number, volume in enumerate(file.volumes):
        np.testing.assert_array_equal(volume, VOXELS + 100 * number)
    np.testing.assert_allclose(file.affine, np.diag([-1, -1, 2, 1]))


def test_a_unit_that_itk_passes_over_is_told(tmp_path):
    (tmp_path / "unit.mha").write_bytes(metaimage(DistanceUnits="um") + STORED)
    (warning,) = assert_as_itk(tmp_path / "unit.mha").warnings
    assert "DistanceUnits is um, but lengths are taken in mm, as in Slicer" in warning


def test_directions_that_are_not_given_are_told(tmp_path):
    (tmp_path / "none.mha").write_bytes(metaimage(TransformMatrix=None) + STORED)
    (warning,) = assert_as_itk(tmp_path / "none.mha").warnings
    assert "left and right may be swapped" in warning
