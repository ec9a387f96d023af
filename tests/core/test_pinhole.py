"""The pinhole camera against OpenCV's, and against drawn scenes whose geometry is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from mdf.core.errors import DataError
from mdf.core.pinhole import Intrinsics
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.generate import _key, _layout, empty_depths

LENS = (0.12, -0.25, 0.001, -0.002, 0.08)
WIDE = (0.4, 0.1, 0.0, 0.0, 0.02, 0.7, 0.2, 0.03)


@pytest.mark.parametrize("distortion", [(), LENS[:4], LENS, WIDE])
def test_opencv_sees_each_point_at_its_own_pixel(distortion: tuple[float, ...]) -> None:
    camera = Intrinsics(52.0, 53.0, 30.5, 25.0, 64, 48, distortion)
    points = camera.points(np.random.default_rng(0).uniform(1, 9, (48, 64)).astype(np.float32))
    matrix = np.array([[52.0, 0, 30.5], [0, 53.0, 25.0], [0, 0, 1]])
    seen, _ = cv2.projectPoints(
        points.reshape(-1, 1, 3).astype(float), np.zeros(3), np.zeros(3), matrix, np.array(distortion)
    )
    rows, columns = np.mgrid[:48, :64]
    assert np.abs(seen.reshape(48, 64, 2) - np.stack([columns, rows], -1)).max() < 0.01


def test_a_resized_camera_looks_the_same_way() -> None:
    """Its rays are those of the image that `cv2.resize` makes: four pixels in one have their mean."""
    camera = Intrinsics(104.0, 105.0, 62.0, 49.0, 128, 96, LENS)
    half = camera.resized((48, 64))
    assert np.abs(cv2.resize(camera.rays, (64, 48), interpolation=cv2.INTER_AREA) - half.rays).max() < 3e-4
    with pytest.raises(DataError, match="128×96 pixels, and these have another shape: 1920×1080"):
        camera.resized((1080, 1920))


def test_what_no_point_is_seen_through_has_none() -> None:
    camera = Intrinsics(50.0, 50.0, 31.5, 23.5, 64, 48, (-0.9, 0.0, 0.0, 0.0))
    assert np.isnan(camera.rays[0, 0]).all()
    assert np.isfinite(camera.rays[20:28, 20:44]).all()
    depth = np.full((48, 64), 2.0)
    depth[24, 32], depth[24, 33] = 0.0, np.inf
    assert np.isnan(camera.points(depth)[24, 32:34]).all()


@pytest.mark.parametrize("size", [(48, 64), (45, 80)])
def test_drawn_rooms_have_a_flat_floor_below_the_camera(size: tuple[int, int]) -> None:
    """Within a thousandth of the distance, in the room's own coordinates, of its floor or a wall."""
    config = ScenesConfig(size=size)
    for number in range(3):
        camera = _layout(config, _key(config, "train", number)).camera
        depth = empty_depths(config, [("train", number)])[0][0]
        points = Intrinsics.of_fov(float(np.degrees(camera.fov)), size).points(depth.numpy())
        room = camera.origin + torch.from_numpy(points).double() @ camera.axes
        distance = np.linalg.norm(points, axis=-1)
        floor = np.abs(room[..., 1].numpy()) <= 1e-3 * distance
        assert floor[-8:].mean() > 0.5
        assert (room[..., 1].numpy() >= -1e-3 * distance).all()  # nothing is below it
        seen = camera.project(room)[..., :2].numpy()
        u, v = (grid.numpy() for grid in camera.grid())
        assert np.abs(seen - np.stack(np.broadcast_arrays(u, v[:, None]), -1)).max() < 1e-3
