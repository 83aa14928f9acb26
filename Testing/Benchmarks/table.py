"""What the figures must reach, and the table that shows whether they do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """A figure and the bounds that it must keep; None = no such bound."""

    what: str
    figure: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def met(self):
        """Whether it does; a figure that is not a number does not."""
        return (self.least is None or self.figure >= self.least) and (self.most is None or self.figure <= self.most)

    @property
    def bounds(self):
        """In words."""
        if self.least is None:
            return f"at most {self.most:g}"
        return f"at least {self.least:g}" if self.most is None else f"{self.least:g} to {self.most:g}"


def requirements(results):
    """Every requirement with its figure."""
    covers, layers, robust = results["ci_coverage"], results["right_layer"], results["robustness"]
    odd = results["odd_files"]
    return [
        Requirement("SH: worst error, noise-free", results["sh_bias_percent"], "%", most=2),
        Requirement("Thk: worst error, noise-free", results["thk_bias_percent"], "%", most=3),
        Requirement("SH/Thk: scatter / linearised value, worst", results["ratio_sd_over_crb"], "", most=1.15),
        *(
            Requirement(f"{name}: 95 % intervals that cover", covers[key], "%", least=92, most=98)
            for key, name in (("sh", "SH"), ("thk", "Thk"), ("ratio", "SH/Thk"))
        ),
        *(
            Requirement(f"wrong layer, {name.replace('_', ' ')}", layer["failed_exams"], f"of {layer['exams']}", most=0)
            for name, layer in layers.items()
        ),
        *_of_people(results),
        *_of_the_scanner(results),
        Requirement("random exams that fail", results["robustness_failed_exams"], f"of {robust['exams']}", most=0),
        Requirement(
            "odd files: no result and no single line", results["odd_files_faults"], f"of {odd['files']}", most=0
        ),
        Requirement("line edited to new SH/Thk, median", results["edit_ms"], "ms", most=5),
        Requirement("point moved to panel updated, median", results["live_update_ms"], "ms", most=16),
        Requirement("module imported at Slicer's start, median", results["startup_ms"], "ms", most=20),
        Requirement("1,000 bootstrap replicates, median", results["bootstrap_1000_s"], "s", most=0.3),
        Requirement(
            "with interval: faster than probes, curve_fit", results["speedup_vs_probe_curve_fit"], "times", least=20
        ),
        Requirement("memory beside the image, peak", results["peak_extra_mib"], "MiB", most=results["image_mib"] / 2),
    ]


def _of_people(results):
    """What human hands, veins and cortex without a dark layer ask of the measurement."""
    hands, veins, coverage = results["hands"], results["veins"], results["roi_coverage"]
    rows = [
        Requirement(
            "drawn by hand: layers called absent", results["hands_called_absent"], f"of {hands['drawings']}", most=0
        ),
        Requirement("drawn by hand: 10 % off, not flagged", results["hands_silently_off_percent"], "%", most=1),
        Requirement("drawn by hand, aligned: bias, worst", abs(results["aligned_bias_percent"]), "%", most=2),
        Requirement("drawn by hand, aligned: spread, worst", results["aligned_spread_percent"], "%", most=3),
        Requirement("... where the cortex's thickness varies", results["aligned_varying_spread_percent"], "%", most=6),
        *(
            Requirement(f"intervals that cover, ROI of {voxels} voxels", own["pooled"], "%", least=92, most=97)
            for voxels, own in coverage.items()
        ),
        Requirement(
            "beside a vein: numbers without a flag",
            results["vein_numbers_without_flag"],
            f"of {veins['controls']}",
            most=0,
        ),
        Requirement("beyond a vein: caught, worst group", results["vein_caught_percent"], "%", least=95),
        Requirement("no vein, yet one suspected", results["vein_false_alarm_percent"], "%", most=1),
        Requirement("R2* of the layer: bias, worst group", abs(results["map_layer_error_percent"]), "%", most=2),
        Requirement("without a layer: called absent", results["layer_free_absent_percent"], "%", least=95),
        Requirement("without a layer: z of 3 and more", results["layer_free_significant_percent"], "%", most=1),
        Requirement("layers there, drawn well: called absent", results["present_absent_percent"], "%", most=1),
        Requirement("8 to 200 clicks, tremor, aligned: change", results["clicks_change_aligned_percent"], "%", most=2),
    ]
    if "real_exam" in results:
        rows += [
            Requirement("real hand knob: z, by sampled depth", results["real_z_change_percent"], "%", most=5),
            Requirement("real hand knob: verdicts, by depth", results["real_verdicts"], "", most=1),
        ]
    return rows


def _of_the_scanner(results):
    """What tilt and blur ask of the measurement."""
    return [
        Requirement("tilt of up to 50 degrees: worst error", results["tilt_worst_error_deg"], "deg", most=5),
        Requirement(
            "across the cortex, to 45 degrees: bias, worst", abs(results["thk_perpendicular_bias_percent"]), "%", most=8
        ),
        Requirement("width without blur: bias, worst", abs(results["w_bias_mm"]), "mm", most=0.1),
        Requirement("width without blur: SD, worst", results["w_sd_mm"], "mm", most=0.15),
        *(
            Requirement(f"{name}: 95 % intervals that cover", results["w_coverage"][name], "%", least=92, most=97)
            for name in ("w", "dip", "dip_per_mm")
        ),
        Requirement("width told beneath a dark pial edge", results["w_beneath_dark_pia"], "", most=0),
    ]


def print_table(required, results):
    """Print requirements and figures, and what is reported beside them."""
    counts = "all counts" if results["full"] else "quick"
    print(f"M1SHThk {results['version']}, {counts}, {results['seconds']:.0f} s. {results['notice']}\n")
    print(f"{'':44}{'figure':>9} {'':8}{'required':17}")
    for one in required:
        print(f"{one.what:44}{one.figure:9.4g} {one.unit:8}{one.bounds:17}{'met' if one.met else 'NOT MET'}")
    precision, coverage = results["precision"], results["coverage"]
    print(
        f"\nSH/Thk under noise: bias of the mean up to {results['ratio_bias_percent']:+.1f} %; scatter / linearised "
        f"value, pooled: {precision['ratio_sd_over_crb_pooled']:.3f}\n"
        f"Exams a second from files, pictures included: {results['exams_per_s']:.2f} by one process, "
        f"{results['exams_per_s_two_processes']:.2f} by two: efficiency {results['two_process_efficiency']:.2f}\n"
        f"Intervals missing, of {coverage['exams']} exams, and not counted: SH {coverage['sh_missing']}, "
        f"Thk {coverage['thk_missing']}, SH/Thk {coverage['ratio_missing']}\n"
        f"8 to 200 clicks with a tremor of 0 to 0.1 mm, as drawn: SH/Thk changes by up to "
        f"{results['clicks_change_percent']:.1f} %\n"
        f"Drawn well, yet flagged as ill drawn: {results['hands']['well_drawn_yet_flagged_percent']:.1f} % of "
        f"{results['hands']['regions']} regions\n"
        f"Layers called absent beside a vein: {results['veins']['called_absent']} of {results['veins']['controls']}\n"
        f"SH/Thk alone, without its interval: {results['edit_speedup']:.1f} times faster than probe filters and "
        "curve_fit"
    )
