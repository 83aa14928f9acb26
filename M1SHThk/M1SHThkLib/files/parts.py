"""All files that one image consists of: header and voxels may lie apart."""

import os
from pathlib import Path

from . import metaimage, nrrd
from .nifti import is_nifti, nifti_files


def files_of(path):
    """The file itself and those that it names, as far as they are there."""
    path = Path(path)
    if is_nifti(path):
        return nifti_files(path)
    suffix, names = path.suffix.lower(), ()
    if suffix in nrrd.SUFFIXES:
        names = nrrd.nrrd_files(path)
    elif suffix in metaimage.SUFFIXES:
        names = metaimage.metaimage_files(path)
    parts = (path.parent / name for name in names)
    return [path, *(part for part in dict.fromkeys(parts) if os.path.isfile(part))]
