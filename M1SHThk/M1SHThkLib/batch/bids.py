"""A BIDS data set measured: exam files made of its images and drawings, and the results as a derivative data set."""

from pathlib import Path

from ..files.bids import DRAWINGS, KINDS, exam_of, read_dataset, read_drawings, read_groups
from ..files.bids_derivative import check_own, desc_of, write_description
from ..files.disk import made_folder, naming, write_json
from ..files.exam_schema import check_exam
from .beside import BidsDerivatives
from .exams import ExamFile


def bids_exams(root, folder):
    """The exams of a BIDS data set that has drawings; writes their exam files, and describes the derivative data set.

    Magnitude images and maps are not measured into one table: their values do not compare.

    Parameters
    ----------
    root : path
        The data set: drawings lie below its `derivatives/m1shthk`.
    folder : path
        Of the derivative data set, made where it is missing; it may be the one of the drawings.

    Returns
    -------
    exams : dict of Path -> list of ExamFile
        By the folder for their results: `folder` itself for magnitude images, and one in it for each kind of map.
    warnings : list of str
        Scans without drawings, and groups that drawings and the participants' table contradict each other in.

    Raises
    ------
    ValueError
        If it is no BIDS data set, nothing can be measured, drawings cannot be told to belong to one scan, or `folder`
        holds a data set of others.
    """
    root, folder = Path(root), Path(folder)
    check_own(folder)
    found, groups = read_dataset(root), read_groups(root)
    exams, descs, warnings, ignored = {}, {}, [], set()
    for kind, acquisitions in found.items():
        settings = KINDS[kind][1]
        for acquisition in acquisitions:
            subject, session = acquisition.entities["sub"], acquisition.entities.get("ses")
            own = [one for one in read_drawings(root, subject, session) if _belongs(one, acquisition, acquisitions)]
            if not own:
                warnings.append(f"{acquisition.stem} ({acquisition.suffix}) has no drawings")
            group = groups.get(f"sub-{subject}")
            place = folder / f"sub-{subject}" / (f"ses-{session}" if session else "") / "anat"
            results = folder if kind == "T2star" else folder / kind
            for drawings in own:
                if group and drawings.members.get("group", group) not in (group, None):
                    warnings.append(
                        f"{drawings.place}: its exam.json has the group {drawings.members['group']}, participants.tsv "
                        f"{group}, which counts"
                    )
                desc = desc_of(drawings.observer, kind)
                descs[desc] = f"Drawn by {drawings.observer or 'an observer without a name'}, measured on {kind} images"
                path = place / f"{acquisition.stem}_desc-{desc}_exam.json"
                if any(path == exam.path for exam in exams.get(results, ())):
                    raise ValueError(
                        f"{drawings.place}: the drawings of two observers are called desc-{desc}; give each a name of "
                        "letters and figures that the others lack"
                    )
                content = exam_of(acquisition, drawings, group, settings, path)
                with naming(path):
                    check_exam(content)
                if drawings.place.is_relative_to(folder) and not place.is_relative_to(drawings.place):
                    ignored.add(drawings.place.relative_to(folder).as_posix())
                made_folder(place)
                write_json(path, content)
                sources = tuple(image.relative_to(root).as_posix() for image in acquisition.images)
                beside = (BidsDerivatives(place, acquisition.stem, desc, sources),)
                exams.setdefault(results, []).append(ExamFile(path, results / "figures", beside))
    if not exams:
        raise ValueError(
            f"{root}: no image has drawings; put the folder of each exported exam below "
            f"{DRAWINGS.as_posix()}/sub-LABEL[/ses-LABEL]"
        )
    write_description(folder, root, descs, sorted(ignored))
    return exams, list(dict.fromkeys(warnings))


def _belongs(drawings, acquisition, acquisitions):
    """Whether drawings are an acquisition's own: of several in a session, by the entities that their folder names."""

    def session_of(one):
        return one.entities["sub"], one.entities.get("ses")

    def told_apart_by(one):
        return {f"{key}-{value}" for key, value in one.entities.items() if key not in ("sub", "ses")}

    scans = [one for one in acquisitions if session_of(one) == session_of(acquisition)]
    if len(scans) == 1:
        return True
    named = {part for folder in drawings.place.parts for part in folder.split("_")}
    named &= set().union(*map(told_apart_by, scans))
    if named not in [told_apart_by(one) for one in scans]:
        raise ValueError(
            f"{drawings.place}: the session has {len(scans)} scans ({', '.join(one.stem for one in scans)}); name the "
            "folder of the drawings by what tells theirs from the others, such as run-1"
        )
    return named == told_apart_by(acquisition)
