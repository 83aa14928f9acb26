"""The digital exam: its image against its truth, and what its options do."""

import json
from functools import cache

import numpy as np
import pytest
from M1SHThkLib.digital_exam.anatomy import SECTIONS, tissue_map
from M1SHThkLib.digital_exam.phantom import Phantom, PhantomOptions, make_phantom
from M1SHThkLib.digital_exam.subject import ALL_REGIONS, GROUPS
from M1SHThkLib.digital_exam.tissue import TISSUES
from M1SHThkLib.digital_exam.vein import Vein
from scipy import fft
from scipy.ndimage import map_coordinates

FIELDS = (3, 7)
ONE = (("left", "hand_knob"),)
TWO = (("left", "paracentral_lobule"), ("right", "hand_knob"))
FACE = (("left", "orofacial"), ("right", "orofacial"))
DEPTHS = np.arange(-0.5, 6.01, 0.1)


@cache
def exam_like(**options) -> Phantom:
    return make_phantom(PhantomOptions(**{"slices": 3, "cropped": True, "noise": 0.0, **options}))


def straight(**options):
    """The affine of an exam before it is tilted."""
    return exam_like(**{**options, "obliquity": 0.0}).affine


def interpolated_profile(phantom, number, untilted):
    """Averaged intensity along the true pial line's normals, from the image, by Fourier and quintic interpolation."""
    truth, region = phantom.region_truths[number], phantom.regions[number]
    arc = (np.arange(300) + 0.5) / 300 * truth.length - truth.length / 2
    points, normals = truth.fold.at(arc)
    points = points[:, None] + DEPTHS[:, None] * normals[:, None]
    corner, pixel = untilted[:2, 3], untilted[1, 1]
    at = np.stack([corner[0] - points[..., 0], points[..., 1] - corner[1]]) / pixel
    image = phantom.mean[:, :, region.white_matter.indices[0, 2]].astype(float)
    fine = 4 * len(image)
    spectrum = np.zeros((fine, fine), complex)
    middle = slice(fine // 2 - len(image) // 2, fine // 2 - len(image) // 2 + len(image))
    spectrum[middle, middle] = fft.fftshift(fft.fft2(image))
    image = fft.ifft2(fft.ifftshift(spectrum)).real * 16
    return map_coordinates(image, 4 * at, order=5, mode="nearest").mean(axis=0)


def assert_profiles_agree(options, percent):
    phantom = exam_like(**options)
    for number, truth in enumerate(phantom.region_truths):
        difference = interpolated_profile(phantom, number, straight(**options)) - truth.profile(DEPTHS)
        assert 100 * np.abs(difference).max() / truth.splenium() < percent, phantom.regions[number].name


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("group", GROUPS)
def test_profile_of_the_image_is_the_true_one(field, group):
    assert_profiles_agree({"field_strength": field, "group": group, "seed": 3}, percent=0.1)


@pytest.mark.parametrize(
    "options",
    (
        {"obliquity": 25.0},
        {"line_length_mm": 40.0},
        {"line_length_mm": 20.0, "bias_field": -0.3},
        {"vein": True},
        {"opposite_bank": True},
        {"echoes": (1,)},
        {"white_matter_bias": 0.03, "white_matter_voxels": 100},
        {"cropped": False, "regions": ONE},
        {"superficial_spread_mm": 0.3, "deep_layer": "bright"},
        {"white_matter_gradient": 0.04, "superficial_spread_mm": 0.2, "field_strength": 7},
        {"veins": (Vein(length_mm=10.0),), "deep_layer": "isointense"},
        {"veins": (Vein(depth_mm=-1.2, length_mm=40.0, blooming_mm=0.4),)},
        {"veins": (Vein(depth_mm=0.5, slant_degrees=30.0), Vein(3.0, 5.0, 0.6, 8.0, 90.0, blooming_mm=0.3))},
        {"regions": FACE},
    ),
    ids=lambda options: "+".join(options),
)
def test_profile_of_the_image_is_the_true_one_whatever_the_option(options):
    assert_profiles_agree({"group": "patient", "seed": 4, "regions": TWO, **options}, percent=0.15)


def test_profile_combines_echoes_before_it_averages():
    truth = exam_like(seed=2, regions=ONE).region_truths[0]
    echoes = np.array([truth.profile([0.0, 2.5], lambda e, n=n: e[..., n]) for n in range(10)])
    assert truth.profile([0.0, 2.5]) == pytest.approx(echoes.mean(axis=0))
    root = truth.profile([0.0, 2.5], lambda e: np.sqrt((e**2).sum(axis=-1)))
    assert root == pytest.approx(np.sqrt((echoes**2).sum(axis=0)), rel=3e-3)


def test_true_profile_far_from_any_border_is_the_tissue():
    truth = exam_like(seed=2).region_truths[2]
    intensities = {
        tissue.name: value.mean() for (_, tissue), value in zip(truth.layers, truth.layer_intensities, strict=True)
    }
    fluid, white_matter = truth.profile([-3.5, 5.5])
    assert fluid == pytest.approx(intensities["fluid"], rel=2e-3)
    assert white_matter == pytest.approx(intensities["white_matter"], rel=2e-3)
    assert truth.hypointensity([5.5])[0] == pytest.approx(0, abs=3e-3)


@pytest.mark.parametrize("bias", (0.0, 0.02, -0.03))
@pytest.mark.parametrize("field", FIELDS)
def test_rois_have_their_size_and_their_mean(field, bias):
    for voxels in (30, 60):
        phantom = exam_like(field_strength=field, white_matter_bias=bias, white_matter_voxels=voxels, bias_field=0.2)
        exam = phantom.exam()
        for region, truth in zip(exam.regions, phantom.region_truths, strict=True):
            splenium = truth.splenium()
            assert len(region.white_matter.indices) == voxels
            assert region.white_matter.intensities(exam.image).mean() == pytest.approx(
                truth.white_matter_roi(), abs=5e-4 * splenium
            )
            coil = truth.white_matter() / exam_like(field_strength=field).region_truths[0].white_matter()
            off = truth.white_matter_roi() - truth.white_matter()
            assert off / coil == pytest.approx(bias * splenium, rel=0.1, abs=1e-12)
            assert exam.splenium.intensities(exam.image).mean() == pytest.approx(splenium, rel=3e-4)
        assert exam.splenium.in_plane_area(exam.image) > 5


def test_splenium_has_the_area_asked_for():
    for area in (3.0, 20.0, 60.0):
        phantom = exam_like(splenium_area_mm2=area, regions=ONE)
        pixel = phantom.affine[1, 1] ** 2
        assert area <= phantom.splenium.in_plane_area(phantom.exam().image) < area + pixel


def test_same_options_same_arrays():
    options = PhantomOptions(seed=11, slices=2, regions=ONE, cropped=True, line_jitter_mm=0.2)
    first, second = make_phantom(options), make_phantom(options)
    assert np.array_equal(first.echoes, second.echoes)
    assert np.array_equal(first.regions[0].pial_lines[0], second.regions[0].pial_lines[0])
    assert first.truth == second.truth
    assert np.array_equal(first.with_noise(11).mean, first.mean)
    assert not np.array_equal(first.with_noise(12).mean, first.mean)


def test_other_seed_other_subject():
    first, second = (exam_like(seed=seed).region_truths[0] for seed in (1, 2))
    assert first.deep_layer_mm != second.deep_layer_mm
    assert not np.array_equal(first.fold.points, second.fold.points)


def test_noise_of_an_echo_does_not_depend_on_which_others_are_made():
    options = {"noise": 0.05, "regions": ONE, "slices": 2}
    assert np.array_equal(exam_like(**options, echoes=(3,)).echoes[..., 0], exam_like(**options).echoes[..., 2])


def test_line_does_not_depend_on_vein_or_noise():
    plain, other = exam_like(line_jitter_mm=0.1), exam_like(line_jitter_mm=0.1, vein=True, noise=0.1, bias_field=0.1)
    for one, two in zip(plain.regions, other.regions, strict=True):
        assert np.array_equal(one.pial_lines[0], two.pial_lines[0])


def test_mean_is_the_mean_of_the_echoes():
    phantom = exam_like(noise=0.05, field_strength=7)
    assert phantom.echoes.shape == (*phantom.mean.shape, 7)
    assert phantom.echoes.dtype == phantom.mean.dtype == np.float32
    assert phantom.mean == pytest.approx(phantom.echoes.mean(axis=-1), rel=1e-5)


def test_noise_in_air_is_rayleigh_and_in_tissue_gaussian():
    phantom = make_phantom(PhantomOptions(slices=2, regions=ONE, noise=0.03, echoes=(1,)))
    deviation = phantom.noise_deviation
    assert deviation == pytest.approx(0.03 * phantom.region_truths[0].splenium())
    air = np.r_[phantom.mean[:30], phantom.mean[-30:]]
    assert air.mean() == pytest.approx(deviation * np.sqrt(np.pi / 2), rel=0.02)
    assert air.std() == pytest.approx(deviation * np.sqrt(2 - np.pi / 2), rel=0.02)
    clean = make_phantom(PhantomOptions(slices=2, regions=ONE, noise=0.0, echoes=(1,)))
    tissue = clean.mean > 0.05
    noise = (phantom.mean - clean.mean)[tissue]
    assert noise.std() == pytest.approx(deviation, rel=0.02)
    # Rician: the magnitude of a signal A exceeds it by about sigma^2 / (2 A).
    assert noise.mean() == pytest.approx(deviation**2 / 2 * (1 / clean.mean[tissue]).mean(), rel=0.3)


def test_crop_has_the_voxels_of_the_whole_image():
    whole, crop = exam_like(cropped=False, seed=6), exam_like(seed=6)
    offset = np.linalg.inv(whole.affine) @ crop.affine
    assert offset[:3, :3] == pytest.approx(np.eye(3), abs=1e-9)
    first = np.round(offset[:3, 3]).astype(int)
    assert offset[:3, 3] == pytest.approx(first, abs=1e-6)
    i, j, k = crop.mean.shape
    same = whole.mean[first[0] : first[0] + i, first[1] : first[1] + j, :k]
    inside = np.s_[15:-15, 15:-15]
    assert np.abs(same - crop.mean)[inside].max() < 5e-3 * whole.region_truths[0].splenium()


@pytest.mark.parametrize(("field", "shape", "spacing"), ((3, 512, 200 / 512), (7, 448, 0.5)))
def test_whole_image_has_the_published_matrix(field, shape, spacing):
    phantom = make_phantom(PhantomOptions(field_strength=field, slices=5, echoes=(2,)))
    assert phantom.mean.shape == (shape, shape, 5)
    assert np.diag(phantom.affine[:3, :3]) == pytest.approx([-spacing, spacing, 1.0])
    assert phantom.echo_times_ms == ((18.6,) if field == 3 else (12.0,))


@pytest.mark.parametrize("obliquity", (0.0, 20.0))
def test_lines_lie_on_the_true_pial_line_in_a_slice_of_the_image(obliquity):
    phantom = exam_like(obliquity=obliquity, seed=8)
    tilt = phantom.affine @ np.linalg.inv(straight(seed=8))
    angle = np.degrees(np.arccos((np.trace(tilt[:3, :3]) - 1) / 2))
    assert angle == pytest.approx(obliquity, abs=1e-5)
    assert tilt[:3, :3] @ tilt[:3, :3].T == pytest.approx(np.eye(3))
    for region, truth in zip(phantom.regions, phantom.region_truths, strict=True):
        (line,) = region.pial_lines
        upright = np.c_[line, np.ones(len(line))] @ np.linalg.inv(tilt).T
        assert truth.fold.depth(upright[:, :2]) == pytest.approx(0, abs=1e-3)
        k = phantom.exam().image.index_of(line)[:, 2]
        assert k == pytest.approx(region.white_matter.indices[0, 2])
        ends, _ = truth.fold.at(np.array([-15.0, 15.0]))
        assert upright[[0, -1], :2] == pytest.approx(ends, abs=1e-6)
        assert (upright[:, 0] < 0).all() == (region.hemisphere == "left")
    assert np.array_equal(phantom.mean, exam_like(seed=8).mean)


def test_jitter_and_spacing_of_the_drawn_points():
    options = {"control_spacing_mm": 0.5, "line_length_mm": 40.0}
    exact, drawn = exam_like(**options), exam_like(**options, line_jitter_mm=0.3)
    lines = zip(exact.regions, drawn.regions, strict=True)
    moved = np.concatenate([two.pial_lines[0] - one.pial_lines[0] for one, two in lines])
    assert len(moved) == 4 * 81
    assert moved[:, :2].std(axis=0) == pytest.approx(0.3, rel=0.15)
    assert moved[:, 2] == pytest.approx(0, abs=1e-9)


def test_bias_field_brightens_towards_the_rim():
    flat, biased = (exam_like(bias_field=bias, echoes=(1,)) for bias in (0.0, 0.4))
    shown = flat.mean > 0.02
    i, j = np.nonzero(shown[:, :, 1])
    x, y = flat.affine[0, 3] + flat.affine[0, 0] * i, flat.affine[1, 3] + flat.affine[1, 1] * j
    ratio = (biased.mean / np.where(shown, flat.mean, 1))[i, j, 1]
    assert ratio == pytest.approx(1 + 0.4 * (x**2 + (y + 18) ** 2) / 1e4, rel=1e-4)


@pytest.mark.parametrize("field", FIELDS)
def test_scenarios_show_what_they_are_named_for(field):
    options = {"field_strength": field, "group": "patient", "seed": 1, "regions": TWO}
    plain, vein, thin, dark = (
        exam_like(**options, **extra).region_truths[0]
        for extra in ({}, {"vein": True}, {"opposite_bank": True}, {"echoes": (1,)})
    )
    superficial, deep = plain.deep_layer_mm
    middle = (superficial + deep) / 2
    assert plain.hypointensity([middle])[0] > 0.05
    assert plain.hypointensity([0.0])[0] < -0.1
    assert vein.hypointensity([-0.2])[0] > 0.1
    assert vein.hypointensity([1.0])[0] < 0
    assert thin.hypointensity([deep + 2 + (deep - superficial) / 2])[0] > 0.05
    assert thin.hypointensity([deep + 1.0])[0] < 0.5 * thin.hypointensity([middle])[0]
    assert dark.hypointensity([-1.0])[0] > 0.1


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", ("isointense", "bright"))
def test_without_a_dark_layer_no_depth_is_darker_than_white_matter(field, kind):
    options = {"field_strength": field, "group": "patient", "seed": 1, "regions": TWO}
    plain, without = exam_like(**options), exam_like(**options, deep_layer=kind)
    for dark, truth in zip(plain.region_truths, without.region_truths, strict=True):
        # What is left is the point spread's undershoot beside bright cortex.
        assert truth.hypointensity(DEPTHS).max() < 0.006 < 0.1 * dark.hypointensity(DEPTHS).max()
        assert truth.deep_layer_mm == dark.deep_layer_mm
        assert truth.to_dict()["sh"] == truth.to_dict()["sh_thk_per_mm"] == 0
        assert truth.to_dict()["thk_mm"] is None
        assert not truth.to_dict()["dark_layer"]
    for one, other in zip(plain.regions, without.regions, strict=True):
        assert np.array_equal(one.pial_lines[0], other.pial_lines[0])


def test_white_matter_brightens_towards_its_roi():
    options = {"group": "patient", "seed": 1, "regions": TWO, "white_matter_voxels": 100}
    even, uneven = exam_like(**options), exam_like(**options, white_matter_gradient=0.03)
    for number, (flat, rising) in enumerate(zip(even.region_truths, uneven.region_truths, strict=True)):
        bottom = flat.deep_layer_mm[1]
        beneath = bottom + np.array([1.5, 2.5, 3.5])
        parts = rising.profile(beneath) / flat.profile(beneath)
        assert parts == pytest.approx(1 - 0.03 * np.array([2.5, 1.5, 0.5]), abs=3e-3)
        roi = uneven.exam().regions[number].white_matter.intensities(uneven.exam().image)
        assert roi.mean() == pytest.approx(rising.white_matter(), rel=5e-4)


def test_superficial_cortex_varies_and_the_deep_layers_keep_their_thickness():
    options = {"group": "patient", "seed": 4, "regions": TWO}
    even, varying = exam_like(**options), exam_like(**options, superficial_spread_mm=0.3)
    for flat, wavy in zip(even.region_truths, varying.region_truths, strict=True):
        known = wavy.to_dict()
        variation = np.array(known["superficial_variation_mm"])
        assert len(variation) == len(known["arc_mm"]) == 31
        assert 0.1 < variation.std() < 0.5
        assert flat.to_dict()["superficial_variation_mm"] == [0.0] * 31
        # What lies at the middle of the deep layers, wherever they are.
        middle = np.mean(wavy.deep_layer_mm)
        arc = np.array(known["arc_mm"])[3:-3]
        points, normals = wavy.fold.at(arc)
        at_middle = points + (middle + variation[3:-3, None]) * normals
        region = next(region for region in varying.regions if region.hemisphere == wavy.hemisphere)
        index = np.c_[(at_middle - varying.affine[:2, 3]) / np.diag(varying.affine)[:2], np.zeros(len(arc))]
        followed = map_coordinates(varying.mean[:, :, region.white_matter.indices[:1, 2]], index.T, order=3)
        expected = flat.profile([middle])[0]
        assert followed == pytest.approx(expected, rel=0.03)


def test_a_vein_is_dark_where_it_lies_and_nowhere_else():
    vein = Vein(depth_mm=-1.0, length_mm=10.0, blooming_mm=0.3)
    plain, veined = exam_like(regions=ONE, seed=4), exam_like(regions=ONE, seed=4, veins=(vein,))
    truth = plain.region_truths[0]
    k = plain.regions[0].white_matter.indices[0, 2]
    x = veined.affine[0, 3] + veined.affine[0, 0] * np.arange(veined.mean.shape[0])
    y = veined.affine[1, 3] + veined.affine[1, 1] * np.arange(veined.mean.shape[1])
    depth, arc = truth.fold.locate(np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2))
    darker = (plain.mean - veined.mean)[:, :, k].ravel() / truth.splenium()
    far = (np.abs(arc) > 7) | (np.abs(depth + 1) > 2)
    assert darker[(np.abs(arc) < 4) & (np.abs(depth + 1) < 0.2)].min() > 0.5
    assert np.abs(darker[far]).max() < 0.03
    assert veined.truth["regions"][0]["veins"] == [
        {
            "depth_mm": -1.0,
            "length_mm": 10.0,
            "diameter_mm": 0.8,
            "arc_mm": 0.0,
            "slant_degrees": 0.0,
            "blooming_mm": 0.3,
        }
    ]


@pytest.mark.parametrize("section", SECTIONS)
def test_tissues_fill_every_pixel(section):
    x, y = np.arange(90, -90, -0.9), np.arange(-110, 80, 1.1)
    step = lambda distance: (distance > 0).astype(np.float32)  # noqa: E731
    fractions = tissue_map(section, TISSUES[3], (), (), x, y, step)
    assert np.sum(list(fractions.values()), axis=0) == pytest.approx(1, abs=1e-5)
    assert min(fraction.min() for fraction in fractions.values()) >= 0
    area = {tissue.name: fraction.sum() * 0.9 * 1.1 / 100 for tissue, fraction in fractions.items()}
    brain = sum(area.get(name, 0) for name in ("cortex", "white_matter", "splenium"))
    assert 90 < brain < 160  # cm2
    assert ("splenium" in area) == (section == "splenium")


def test_truth_is_json_and_says_what_was_made():
    phantom = exam_like(group="patient", seed=9, regions=ALL_REGIONS[1:3])
    truth = json.loads(json.dumps(phantom.truth, allow_nan=False))
    assert [(region["hemisphere"], region["region"]) for region in truth["regions"]] == list(ALL_REGIONS[1:3])
    for region, known in zip(truth["regions"], phantom.region_truths, strict=True):
        layer = known.layer()
        assert region["sh"] == pytest.approx(layer.height)
        assert region["thk_mm"] == pytest.approx(layer.edges_mm[1] - layer.edges_mm[0])
        assert region["sh_thk_per_mm"] == pytest.approx(region["sh"] / region["thk_mm"])
        assert region["profile"] == pytest.approx(known.profile(region["depth_mm"]))
        assert region["deep_layer_thickness_mm"] == pytest.approx(known.deep_layer_mm[1] - known.deep_layer_mm[0])


def test_sections_follow_the_regions():
    assert PhantomOptions(regions=ALL_REGIONS).sections == SECTIONS
    assert PhantomOptions().sections == ("splenium", "hand_knob", "paracentral_lobule")
    assert PhantomOptions(regions=ONE).sections == ("splenium", "hand_knob")
    assert [region.name for region in exam_like(regions=ONE).exam().regions] == ["left hand knob"]


@pytest.mark.parametrize(
    ("options", "named"),
    (
        ({"field_strength": 5}, "field_strength"),
        ({"group": "healthy"}, "group"),
        ({"noise": -0.1}, "noise"),
        ({"line_length_mm": 60}, "line_length_mm"),
        ({"control_spacing_mm": 0}, "control_spacing_mm"),
        ({"line_jitter_mm": -1}, "line_jitter_mm"),
        ({"white_matter_voxels": 0}, "white_matter_voxels"),
        ({"splenium_area_mm2": 100}, "splenium_area_mm2"),
        ({"regions": ()}, "regions"),
        ({"regions": (("left", "foot"),)}, "regions"),
        ({"slices": 2}, "slices"),
        ({"echoes": ()}, "echoes"),
        ({"echoes": (0,)}, "echoes"),
        ({"field_strength": 7, "echoes": (8,)}, "echoes"),
        ({"deep_layer": "grey"}, "deep_layer"),
        ({"superficial_spread_mm": 0.5}, "superficial_spread_mm"),
        ({"superficial_correlation_mm": 0}, "superficial_correlation_mm"),
        ({"white_matter_gradient": 0.1}, "white_matter_gradient"),
        ({"white_matter_gradient": 0.01, "opposite_bank": True}, "white_matter_gradient"),
        ({"veins": (True,)}, "veins"),
    ),
)
def test_illegal_options_are_named(options, named):
    with pytest.raises(ValueError, match=f"'{named}'"):
        PhantomOptions(**options)
