"""Images and ROIs: which voxels a ROI holds, where they lie and what area they cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.roi import Roi, roi_from_mask
from scipy.spatial.transform import Rotation

SHAPE = (12, 10, 6)
VOXELS = np.arange(np.prod(SHAPE)).reshape(SHAPE)
OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = Rotation.from_euler("xyz", [12, -20, 35], degrees=True).as_matrix() @ np.diag([0.4, -0.5, 1.5])
OBLIQUE[:3, 3] = -31.5, 12.25, 47

whole_offsets = st.tuples(st.integers(-4, 4), st.integers(-4, 4), st.integers(-2, 2))


def shifted(affine, indices):
    """The grid whose voxel 0 lies at these (continuous) indices of a grid."""
    moved = affine.copy()
    moved[:3, 3] = affine[:3, :3] @ indices + affine[:3, 3]
    return moved


def mask_of(indices, shape=SHAPE):
    mask = np.zeros(shape, np.uint8)
    mask[tuple(np.transpose(indices))] = 1
    return mask


def rows(indices):
    return sorted(map(tuple, np.asarray(indices).tolist()))


class TestImage:
    def test_affine_maps_index_to_world_and_back(self):
        image = Image(VOXELS, OBLIQUE)
        np.testing.assert_allclose(image.position_of([1, 2, 3]), (OBLIQUE @ [1, 2, 3, 1])[:3])
        indices = np.random.default_rng(0).normal(size=(4, 5, 3))
        np.testing.assert_allclose(image.index_of(image.position_of(indices)), indices, atol=1e-12)

    def test_spacing_is_that_along_each_axis_whatever_the_orientation(self):
        np.testing.assert_allclose(Image(VOXELS, OBLIQUE).spacing, [0.4, 0.5, 1.5])

    @pytest.mark.parametrize("shape", [(4,), (4, 4), (4, 4, 4, 2), (4, 4, 4, 1, 1)], ids=len)
    def test_needs_three_dimensions(self, shape):
        with pytest.raises(ValueError, match=f"^scan: has {len(shape)} dimensions; a 3D image is needed$"):
            Image(np.zeros(shape), np.eye(4), "scan")

    @pytest.mark.parametrize(
        "affine", [np.diag([1.0, 1, 0, 1]), np.eye(3), np.diag([1, np.nan, 1, 1]), np.diag([1, np.inf, 1, 1])]
    )
    def test_needs_an_affine_that_can_be_inverted(self, affine):
        with pytest.raises(ValueError, match=r"^scan: its orientation matrix cannot be inverted; save it again"):
            Image(VOXELS, affine, "scan")

    def test_does_not_follow_later_changes_of_the_affine(self):
        affine = np.eye(4)
        image = Image(VOXELS, affine)
        affine[0, 0] = 5
        assert image.affine[0, 0] == 1
        with pytest.raises(ValueError):
            image.affine[0, 0] = 5


class TestRoi:
    def test_intensities_and_positions_are_those_of_its_voxels(self):
        roi, image = Roi(np.array([[1, 2, 3], [4, 5, 0]])), Image(VOXELS, OBLIQUE)
        np.testing.assert_array_equal(roi.intensities(image), [1 * 60 + 2 * 6 + 3, 4 * 60 + 5 * 6])
        np.testing.assert_allclose(roi.positions(image), [(OBLIQUE @ [*index, 1])[:3] for index in roi.indices])

    @pytest.mark.parametrize("stored", ["uint8", "int16", ">i2", "float32"])
    def test_intensities_are_floats_of_any_stored_type(self, stored):
        image = Image(np.full(SHAPE, 200).astype(stored), OBLIQUE)
        intensities = Roi(np.array([[0, 0, 0]] * 2)).intensities(image)
        assert intensities.sum() == 400 and intensities.dtype == float

    def test_area_of_one_slice_by_hand(self):
        assert Roi(np.argwhere(np.ones((5, 4, 1)))).in_plane_area(Image(VOXELS, OBLIQUE)) == pytest.approx(20 * 0.2)

    def test_area_is_that_of_all_its_slices(self):
        mask = np.ones((5, 4, 2))
        mask[2:, :, 1] = 0
        assert Roi(np.argwhere(mask)).in_plane_area(Image(VOXELS, OBLIQUE)) == pytest.approx((20 + 8) * 0.2)

    @pytest.mark.parametrize(("size", "area"), [((1, 6, 5), 30 * 0.75), ((6, 1, 5), 30 * 0.6), ((6, 5, 1), 30 * 0.2)])
    def test_slices_are_those_it_was_drawn_on(self, size, area):
        """Sagittal, coronal and axial: the splenium may be outlined on any of them."""
        assert Roi(np.argwhere(np.ones(size))).in_plane_area(Image(VOXELS, OBLIQUE)) == pytest.approx(area)

    def test_where_axes_tie_the_slices_are_the_thick_ones(self):
        assert Roi(np.argwhere(np.ones((3, 3, 3)))).in_plane_area(Image(VOXELS, OBLIQUE)) == pytest.approx(27 * 0.2)

    def test_area_of_a_sheared_grid_is_that_of_its_parallelograms(self):
        sheared = np.array([[2, 1, 0, 0], [0, 1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1.0]])
        assert Roi(np.array([[0, 0, 0]])).in_plane_area(Image(VOXELS, sheared)) == pytest.approx(2)


class TestRoiFromMask:
    BLOB = np.array([[3, 3, 2], [4, 3, 2], [4, 4, 2], [4, 4, 3]])

    def test_on_the_image_s_own_grid_it_is_the_mask(self):
        assert rows(roi_from_mask(mask_of(self.BLOB), OBLIQUE, Image(VOXELS, OBLIQUE)).indices) == rows(self.BLOB)

    @given(whole_offsets)
    def test_a_mask_cropped_or_padded_by_whole_voxels_is_the_same(self, offset):
        whole = np.pad(mask_of(self.BLOB), 6)
        begin = 6 + np.array(offset)
        cropped = whole[tuple(slice(b, b + n) for b, n in zip(begin, SHAPE, strict=True))]
        if cropped.any():
            found = roi_from_mask(cropped, shifted(OBLIQUE, offset), Image(VOXELS, OBLIQUE)).indices
            assert rows(found) == rows(np.argwhere(cropped) + offset)

    @pytest.mark.parametrize("axes", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
    @pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (-1, -1, -1)])
    def test_axes_in_another_order_or_direction_are_the_same_voxels(self, axes, flips):
        mask = mask_of(self.BLOB).transpose(axes)
        grid = OBLIQUE.copy()
        grid[:3, :3] = OBLIQUE[:3, list(axes)]
        for axis, flip in enumerate(flips):
            if flip < 0:
                mask = np.flip(mask, axis)
                grid[:3, 3] += grid[:3, axis] * (mask.shape[axis] - 1)
                grid[:3, axis] *= -1
        assert rows(roi_from_mask(mask, grid, Image(VOXELS, OBLIQUE)).indices) == rows(self.BLOB)

    def test_a_finer_mask_holds_the_voxels_whose_centres_it_covers(self):
        """Three mask voxels an image voxel: the middle one holds the centre."""
        fine = shifted(OBLIQUE @ np.diag([1 / 3, 1 / 3, 1 / 3, 1]), [-1, -1, -1])
        fine_blob = [3 * index + 1 for index in self.BLOB]
        beside = [[3, 3, 3], [5, 5, 5]]
        mask = mask_of([*fine_blob, *beside], tuple(3 * n for n in SHAPE))
        assert rows(roi_from_mask(mask, fine, Image(VOXELS, OBLIQUE)).indices) == rows(self.BLOB)

    def test_a_coarser_mask_holds_every_voxel_within(self):
        """Mask voxel 1 reaches from 3.25 to 7.25 along i and j, and from 1.25 to 3.25 along k."""
        coarse = shifted(OBLIQUE, [1.25, 1.25, 0.25]) @ np.diag([4, 4, 2, 1])
        found = roi_from_mask(mask_of([[1, 1, 1]], (3, 3, 3)), coarse, Image(VOXELS, OBLIQUE)).indices
        assert rows(found) == rows(np.argwhere(np.ones((8, 8, 4))[4:, 4:, 2:]) + np.array([4, 4, 2]))

    def test_a_mask_half_a_voxel_off_keeps_its_size(self):
        found = roi_from_mask(mask_of(self.BLOB), shifted(OBLIQUE, [0.5, 0, 0]), Image(VOXELS, OBLIQUE)).indices
        assert rows(found - found.min(0)) == rows(self.BLOB - self.BLOB.min(0))

    @given(st.integers(0, 2**32 - 1))
    def test_on_any_grid_the_voxels_are_those_whose_centres_lie_in_the_mask(self, seed):
        random = np.random.default_rng(seed)
        mask = random.random((6, 6, 6)) < 0.5
        mask[3, 3, 3] = True
        grid = np.eye(4)
        grid[:3, :3] = Rotation.random(random_state=random).as_matrix() @ np.diag(random.uniform(0.8, 1.5, 3))
        grid[:3, 3] = np.array([5, 4, 3]) - grid[:3, :3] @ [2.61, 2.27, 2.44]
        image = Image(np.zeros(SHAPE), np.eye(4))
        everywhere = np.argwhere(np.ones(SHAPE))
        nearest = np.round((everywhere - grid[:3, 3]) @ np.linalg.inv(grid[:3, :3]).T).astype(int)
        legal = ((nearest >= 0) & (nearest < 6)).all(axis=1)
        expected = everywhere[legal][mask[tuple(nearest[legal].T)]]
        if len(expected):
            assert rows(roi_from_mask(mask, grid, image).indices) == rows(expected)

    def test_voxels_beyond_the_image_are_left_out(self):
        found = roi_from_mask(np.ones((3, 3, 3)), shifted(OBLIQUE, [-1, -1, -1]), Image(VOXELS, OBLIQUE)).indices
        assert rows(found) == rows(np.argwhere(np.ones((2, 2, 2))))

    def test_empty_is_refused(self):
        with pytest.raises(ValueError, match=r"^splenium: is empty; draw it on the image$"):
            roi_from_mask(np.zeros(SHAPE), OBLIQUE, Image(VOXELS, OBLIQUE), "splenium")

    @pytest.mark.parametrize("turned", [np.eye(3), Rotation.from_euler("z", 10, degrees=True).as_matrix()])
    def test_elsewhere_is_refused_with_the_image_s_name(self, turned):
        grid = shifted(OBLIQUE, [100, 0, 0])
        grid[:3, :3] = turned @ grid[:3, :3]
        with pytest.raises(ValueError, match=r"^splenium: covers no voxel of scan\.nii; draw it on this image$"):
            roi_from_mask(mask_of(self.BLOB), grid, Image(VOXELS, OBLIQUE, "scan.nii"), "splenium")


def test_a_mask_far_larger_than_the_image_costs_no_more_than_the_image():
    """As of an image whose header is in metres by mistake: every millimetre of the mask would hold a billion voxels."""
    mask = mask_of([(3, 4, 2), (3, 5, 2)])
    image = Image(VOXELS, np.diag([1e-3, 1e-3, 1e-3, 1]))
    with pytest.raises(ValueError, match="covers no voxel of image"):
        roi_from_mask(mask, np.diag([1.0, 1, 1, 1]), image)
    around = shifted(np.diag([1.0, 1, 1, 1]), [-3, -4, -2])
    assert len(roi_from_mask(mask, around, image).indices) == np.prod(SHAPE)


@pytest.mark.parametrize("far", [1e20, 1e300])
def test_a_mask_beyond_all_numbers_of_voxels_covers_none(far):
    with pytest.raises(ValueError, match="covers no voxel of image"):
        roi_from_mask(mask_of([(3, 4, 2)]), shifted(np.eye(4), [far, 0, 0]), Image(VOXELS, np.eye(4)))
