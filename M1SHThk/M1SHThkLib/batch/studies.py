"""What the command line does with a study: its tables are read, analysed and written; norms, and change."""

import sys
import time
from dataclasses import replace

from ..cohort.options import CohortOptions
from ..cohort.study import MARKERS
from ..files.disk import made_folder
from ..program import NOTICE, program

PATIENCE_S = 5.0  # before progress is told


def norms_of(path):
    from ..files.norms import read_norms

    return path and read_norms(path)


def read_against_norms(norms, age, folder):
    """Where the one subject that was measured stands among norms: a table, a chart, and lines to read."""
    from ..cohort.norms import read_against
    from ..cohort.study import SH_THK
    from ..files.centiles import write_centiles
    from ..files.disk import replacing
    from ..files.measurement_tables import read_measured
    from ..reports.norm_chart import draw_norms

    measured = read_measured(folder / "measurements.tsv", age)
    readings = [(subject, tesla, *read_against(norms, subject, tesla)) for tesla, subject in measured]
    write_centiles(folder / "centiles.tsv", readings)
    for number, (subject, tesla, results, why) in enumerate(readings, 1):
        if why:
            print(f"{subject.name} against the norms: {why}.")
        own = [(curve, result) for curve, result in results if curve.marker == SH_THK.column]
        for curve, result in own:
            print(f"{subject.name}, SH/Thk, {curve.place}, against the norms: {getattr(result, 'words', result)}.")
        chart = own and draw_norms(*zip(*own, strict=True), f"{subject.name}, {tesla:g} T")
        if chart:
            with replacing(made_folder(folder / "figures") / f"norms_{number}.png") as temporary:
                temporary.write_bytes(chart)


def analyse_study(options, measurements, clinical, virtual=None):
    from ..cohort.analysis import analyse
    from ..cohort.first_page import first_page
    from ..cohort.published import beside_the_paper
    from ..files.cohort_results import write_cohort
    from ..files.cohort_tables import inputs_of, read_studies
    from ..reports.cohort_figures import draw_cohort
    from ..reports.cohort_report import report_page

    choices = CohortOptions(
        cutoff_per_mm=options.cutoff,
        sensitivity=options.sensitivity,
        specificity=options.specificity,
        primary=options.primary,
        adjust=tuple(dict.fromkeys(options.adjust or CohortOptions().adjust)),
        prevalence=options.prevalence,
        difference_per_mm=options.difference,
        auc=options.auc,
        other_auc=options.other_auc,
        power=options.power,
    )
    provenance = {**program(), "inputs": inputs_of(measurements, clinical, options.exclude)}
    norms = norms_of(options.norms)
    studies, notes = read_studies(measurements, clinical, options.read, choices.adjust, options.exclude)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    made_folder(options.output)  # a folder that cannot be made is told before the analysis
    progress = _Progress()
    cohort = analyse(studies, choices, virtual, notes, progress, norms)
    if virtual:
        (study,) = studies
        rows = beside_the_paper(study, cohort.findings[study.field_strength_t])
        cohort = replace(cohort, beside_the_paper=rows)
    progress.end("Figures and report")
    pictures = draw_cohort(cohort)
    write_cohort(options.output, cohort, provenance, report_page(cohort, provenance, pictures), pictures or ())
    for study in cohort.studies:
        page = first_page(study, cohort.findings[study.field_strength_t], choices)
        print(page.question, page.answer, *page.cautions, sep="\n")
        for finding in cohort.findings[study.field_strength_t]:
            if finding.headline and finding.analysis in ("subject", "norms"):
                print(finding.words)
    print(f"Report: {options.output / 'report.html'}")


class _Progress:
    """Tells on standard error what comes next, once it takes longer than PATIENCE_S."""

    def __init__(self):
        self._begin = time.monotonic()
        self._total = 0

    def end(self, name):
        self(self._total, self._total, name)

    def __call__(self, done, total, name):
        self._total = total
        if time.monotonic() - self._begin > PATIENCE_S:
            print(f"{done} of {total} analyses done; next: {name}", file=sys.stderr, flush=True)


def make_norms_of(options):
    from ..cohort.norms import make_norms
    from ..files.cohort_tables import inputs_of, read_studies
    from ..files.disk import replacing
    from ..files.norms import write_norms
    from ..reports.norm_chart import draw_norms

    studies, notes = read_studies(options.measurements, options.clinical)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    inputs = [file["sha256"] for file in inputs_of(options.measurements, options.clinical)]
    norms = make_norms(studies, {**program(), "inputs_sha256": inputs})
    write_norms(options.output, norms)
    for tesla in norms.protocols:
        for marker in MARKERS:
            curves = [own for own in norms.curves if (own.field_strength_t, own.marker) == (tesla, marker.column)]
            chart = curves and draw_norms(curves, title=f"Controls at {tesla:g} T")
            if chart:
                name = f"norms_{marker.column}_{tesla:g}T.png"
                with replacing(made_folder(options.output / "figures") / name) as temporary:
                    temporary.write_bytes(chart)
        most = max((own.n for own in norms.curves if own.field_strength_t == tesla), default=0)
        print(f"{tesla:g} T: {most} controls; protocol: {norms.protocols[tesla] or 'not known'}")
    print(f"Norms: {options.output / 'norms.tsv'}, with norms.json beside it. {NOTICE}")


def tell_change(options):
    from ..cohort.change import MEAN, changes, noise_of, slopes
    from ..files.change_results import write_change
    from ..files.cohort_tables import read_studies

    studies, notes = read_studies(options.measurements, options.clinical)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    found, of_groups = [], []
    for study in studies:
        noise = noise_of(study, options.rc)
        if noise is None:
            told = "not known"
        else:
            region, mean = (own["sh_thk_per_mm"] for own in (noise.coefficients, noise.of_means))
            told = f"{region:.2g} 1/mm" + (f" of a region, {mean:.2g} of their mean" if mean != region else "")
            told += f" ({noise.origin})"
        print(f"{study.field_strength_t:g} T: RC {told}")
        found += changes(study, noise)
        of_groups += [(study.field_strength_t, slope) for slope in slopes(study)]
    if not found:
        raise ValueError(
            f"{options.measurements[0]}: no subject has two sessions by the same observer and protocol; there is no "
            "change to tell"
        )
    write_change(options.output, found, of_groups)
    for own in found:
        if own.marker == "sh_thk_per_mm" and own.place == MEAN:
            print(f"{own.subject}, {own.sessions[0]} to {own.sessions[1]}, SH/Thk, {own.place}: {own.words}")
    for tesla, slope in of_groups:
        print(f"{tesla:g} T: {slope.words}")
    print(f"Changes: {options.output / 'change.tsv'}; slopes: {options.output / 'slopes.tsv'}. {NOTICE}")
