"""Headers whose voxels lie in other files: read in every spelling that ITK follows, and noticed by --resume."""

import json
import os
import shutil

import numpy as np
import pytest
import SimpleITK
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.exams import write_exam
from M1SHThkLib.files.images import read_image
from M1SHThkLib.files.parts import files_of

SHAPE = (4, 5, 6)
VOXELS = np.arange(np.prod(SHAPE), dtype="<i2").reshape(SHAPE, order="F")
SLICES = [f"s{number:02d}.raw" for number in range(SHAPE[2])]

NRRD = """NRRD0005
type: short
dimension: 3
space: left-posterior-superior
sizes: 4 5 6
space directions: (0.5,0,0) (0,0.5,0) (0,0,2)
kinds: domain domain domain
endian: little
encoding: raw
space origin: (1,2,3)
"""
METAIMAGE = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 1 2 3
ElementSpacing = 0.5 0.5 2
DimSize = 4 5 6
ElementType = MET_SHORT
"""
SPELLINGS = {
    "a.nhdr": ("data file: a.raw\n", ["a.raw"]),
    "b.nhdr": ("data file: sub/folder/a.raw\n", ["sub/folder/a.raw"]),
    "c.nhdr": ("datafile: ./a.raw\n", ["a.raw"]),
    "d.nhdr": ("data file: a name with blanks.raw\n", ["a name with blanks.raw"]),
    "e.nrrd": ("data file: a.raw\n", ["a.raw"]),
    "f.nhdr": ("data file: s%02d.raw 0 5 1 2\n", SLICES),
    "g.nhdr": ("data file: LIST 2\n" + "".join(f"{name}\n" for name in SLICES), SLICES),
    "h.nhdr": ("data file: {folder}/a.raw\n", ["a.raw"]),
    "a.mhd": ("ElementDataFile = a.raw\n", ["a.raw"]),
    "b.mhd": ("ElementDataFile = sub/folder/a.raw\n", ["sub/folder/a.raw"]),
    "c.mha": ("ElementDataFile=a.raw\n", ["a.raw"]),
    "f.mhd": ("ElementDataFile = s%02d.raw 0 5 1\n", SLICES),
    "g.mhd": ("ElementDataFile = LIST\n" + "".join(f"{name}\n" for name in SLICES), SLICES),
    "h.mhd": ("ElementDataFile = {folder}/a.raw\n", ["a.raw"]),
}


def written(folder, name):
    """A header in that spelling, with its voxels; returns its path and those of the voxels."""
    spelling, parts = SPELLINGS[name]
    header = (METAIMAGE if ".mh" in name else NRRD) + spelling.replace("{folder}", folder.as_posix())
    (folder / name).write_text(header)
    for number, part in enumerate(parts):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        whole = VOXELS if len(parts) == 1 else VOXELS[..., number]
        (folder / part).write_bytes(whole.tobytes(order="F"))
    return folder / name, [folder / part for part in parts]


@pytest.mark.parametrize("name", SPELLINGS)
def test_what_itk_follows_is_read_and_known(tmp_path, name):
    path, parts = written(tmp_path, name)
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))).T, VOXELS)
    file = read_image(path)
    np.testing.assert_array_equal(file.volumes[0], VOXELS)
    np.testing.assert_allclose(file.affine, np.diag([-0.5, -0.5, 2, 1]) + [[0, 0, 0, x] for x in (-1, -2, 3, 0)])
    assert [os.path.normpath(part) for part in files_of(path)] == [str(path), *map(str, parts)]


def test_what_follows_the_header_in_its_own_file_is_no_other_file(tmp_path):
    image = SimpleITK.GetImageFromArray(VOXELS.T)
    for name in ("whole.nrrd", "whole.mha", "whole.nii", "whole.vtk"):
        SimpleITK.WriteImage(image, str(tmp_path / name))
        assert files_of(tmp_path / name) == [tmp_path / name]


def test_a_header_of_nothing_consists_of_itself(tmp_path):
    for name, content in (("a.nhdr", b""), ("b.mhd", b"\xff\0"), ("c.nhdr", b"NRRD0005\ndata file: %q 1 2\n")):
        (tmp_path / name).write_bytes(content)
        assert files_of(tmp_path / name) == [tmp_path / name]


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    """A small exam whose image lies in a detached header's slices."""
    folder = tmp_path_factory.mktemp("exam")
    options = PhantomOptions(slices=2, cropped=True, echoes=(3,), regions=(("left", "hand_knob"),))
    phantom = make_phantom(options)
    return write_exam(folder, phantom.exam(), phantom.echoes, phantom.echo_times_ms)


@pytest.mark.parametrize("spelling", ["folder.nhdr", "list.nhdr", "pattern.mhd", "folder.mhd"])
def test_resume_notices_voxels_that_changed(exam, tmp_path, capsys, spelling):
    shutil.copytree(exam.parent, tmp_path / "exam")
    path = tmp_path / "exam" / "exam.json"
    image = SimpleITK.ReadImage(str(exam.parent / "t2star.nii.gz"))
    changed = as_detached(image, path.parent, spelling)
    content = json.loads(path.read_text())
    content["image"]["path"] = spelling
    path.write_text(json.dumps(content))
    command = ["measure", str(path), "-o", str(tmp_path / "out"), "--resume"]
    assert main(command) == 0
    capsys.readouterr()
    assert main(command) == 0
    assert "measured anew" not in capsys.readouterr().out
    voxels = bytearray((path.parent / changed).read_bytes())
    voxels[-1] ^= 1
    (path.parent / changed).write_bytes(voxels)
    assert main(command) == 0
    assert f"measured anew; changed since: {changed}" in capsys.readouterr().out


def as_detached(image, folder, spelling):
    """Writes the image so; returns one of the files of voxels."""
    voxels = SimpleITK.GetArrayFromImage(image)
    plain = "plain" + spelling[spelling.index(".") :]
    SimpleITK.WriteImage(image, str(folder / plain), False)
    kind, suffix = spelling.split(".")
    names = ["raw/all.raw"] if kind == "folder" else [f"slice{number}.raw" for number in range(len(voxels))]
    field = "data file: " if suffix == "nhdr" else "ElementDataFile = "
    told = {"folder": names[0], "list": "\n".join(["LIST 2", *names]), "pattern": f"slice%d.raw 0 {len(voxels) - 1} 1"}
    header = [line for line in (folder / plain).read_text().splitlines() if not line.startswith(field.strip())]
    (folder / "raw").mkdir()
    (folder / spelling).write_text("\n".join([*filter(None, header), field + told[kind]]) + "\n")
    for name, part in zip(names, [voxels] if kind == "folder" else voxels, strict=True):
        (folder / name).write_bytes(part.tobytes())
    return names[-1]
