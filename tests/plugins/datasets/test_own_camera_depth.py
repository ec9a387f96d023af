"""Samples drawn into a scene whose depth is known: who stands where, how large and how far away; what stays unknown."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mdf.core.errors import DataError
from mdf.core.pinhole import Intrinsics
from mdf.core.sample import Batch
from mdf.plugins.datasets.own_camera.dataset import OwnCamera
from mdf.plugins.datasets.own_camera.known import KnownCamera, known_scene, level_axes
from mdf.plugins.datasets.scenes.camera import Camera

HEIGHT, WIDTH = 96, 128
FOCAL = 110.0
VIEW = (FOCAL / WIDTH, FOCAL / HEIGHT, 0.5, 0.5)
DOWN = ((np.arange(HEIGHT) + 0.5 - HEIGHT / 2) / FOCAL)[:, None] + 0 * np.arange(WIDTH)
HOLE = (slice(40, 60), slice(90, 110))


def room(high: float = 1.6, pitch: float = 0.3, wall: float = 7.0) -> np.ndarray:
    """A floor, a wall that faces the camera, and a hole where nothing was measured."""
    slope = math.cos(pitch) * DOWN + math.sin(pitch)
    depth = np.minimum(np.where(slope > 1e-3, high / np.maximum(slope, 1e-3), np.inf), wall).astype(np.float32)
    depth[HOLE] = np.nan
    return depth


def camera(folder: Path, depth: np.ndarray | None) -> Path:
    Image.fromarray(np.full((HEIGHT, WIDTH, 3), 120, np.uint8)).save(folder / "background.png")
    if depth is not None:
        np.save(folder / "background_depth.npy", depth)
    return folder


def samples(folder: Path, depth: np.ndarray | None, count: int = 10, **options: object) -> Batch:
    chosen = {"empty": 0.0, "shapes": 0.0, "disturbed": 0.0, "intrinsics": VIEW, **options}
    return OwnCamera(OwnCamera.Config.model_validate(chosen), str(camera(folder, depth))).read(range(count))


def test_outside_of_figures_it_is_what_was_measured(tmp_path: Path) -> None:
    depth = torch.from_numpy(room())
    batch = samples(tmp_path, room())
    target, valid, mask = batch.targets["depth"][:, 0], batch.valid["depth"][:, 0], batch.targets["mask"][:, 0] > 0
    assert mask.flatten(1).any(1).sum() >= 8
    assert torch.equal(target[~mask & valid], depth.expand(10, -1, -1)[~mask & valid])
    assert torch.equal(valid[~mask], ~depth.isnan().expand(10, -1, -1)[~mask])  # a hole stays one
    assert not target[~valid].any()


def test_figures_are_in_front_and_their_feet_are_on_the_ground(tmp_path: Path) -> None:
    depth = torch.from_numpy(room())
    batch = samples(tmp_path, room(), 12, most_actors=1)
    feet = 0
    for target, valid, mask in zip(batch.targets["depth"], batch.valid["depth"], batch.targets["mask"], strict=True):
        on = (mask[0] > 0) & valid[0]
        assert not bool((target[0][on & ~depth.isnan()] > depth[on & ~depth.isnan()]).any())
        rows = on.nonzero()[:, 0]
        if len(rows) and rows.max() < HEIGHT - 1 and not bool(on[HOLE].any()):
            lowest = on[rows.max()]
            behind = depth[rows.max()][lowest].mean()
            assert float(target[0][rows.max()][lowest].mean()) == pytest.approx(float(behind), abs=0.3)
            feet += 1
    assert feet >= 3


def test_figures_are_as_large_as_they_are_at_their_distance(tmp_path: Path) -> None:
    """What one metre at the distance of a figure is in pixels says how tall it is."""
    batch = samples(tmp_path, room(pitch=0.15), 12, most_actors=1)
    tall = []
    for target, valid, mask in zip(batch.targets["depth"], batch.valid["depth"], batch.targets["mask"], strict=True):
        on = (mask[0] > 0) & valid[0]
        rows = on.nonzero()[:, 0]
        if len(rows) and rows.min() > 0 and rows.max() < HEIGHT - 1:
            tall.append(float(rows.max() - rows.min() + 1) / FOCAL * float(target[0][on].mean()))
    assert len(tall) >= 3
    assert min(tall) > 0.3
    assert 1.2 < max(tall) < 2.4


def test_a_figure_in_front_of_a_hole_has_a_depth(tmp_path: Path) -> None:
    batch = samples(tmp_path, room(), 16)
    mask, valid = batch.targets["mask"][:, 0, *HOLE] > 0, batch.valid["depth"][:, 0, *HOLE]
    assert mask.any()
    assert torch.equal(mask, valid)


def test_what_is_nearer_hides_figures(tmp_path: Path) -> None:
    depth = room()
    depth[:, 50:80] = 0.7  # a pillar before the camera
    batch = samples(tmp_path, depth)
    assert not batch.targets["mask"][..., 51:79].any()
    assert batch.targets["mask"].any()


def test_shapes_have_no_depth_and_empty_frames_have_that_of_the_scene(tmp_path: Path) -> None:
    pasted = samples(tmp_path, room(), shapes=1.0)
    mask = pasted.targets["mask"] > 0
    assert mask.any()
    assert not (pasted.valid["depth"] & mask).any()
    empty = samples(tmp_path, room(), 3, empty=1.0)
    assert torch.equal(empty.targets["depth"][:, 0], torch.from_numpy(room()).nan_to_num(0).expand(3, -1, -1))


def test_things_lie_on_a_table(tmp_path: Path) -> None:
    table = np.full((HEIGHT, WIDTH), 0.8, np.float32)
    batch = samples(tmp_path, table)
    on = (batch.targets["mask"] > 0) & batch.valid["depth"]
    assert 0.01 < on.float().mean() < 0.5
    assert 0.5 < float(batch.targets["depth"][on].min()) < float(batch.targets["depth"][on].max()) <= 0.8


def test_the_scene_is_known_at_any_size(tmp_path: Path) -> None:
    data = OwnCamera(OwnCamera.Config(size=(48, 64)), str(camera(tmp_path, room())))
    assert (data.tasks, data.units, data.knows) == (("mask", "depth"), {"depth": "m"}, ("background_depth",))
    known = data.known([0, 5])["background_depth"]
    assert known.shape == (2, 1, 48, 64)
    assert torch.equal(known[0, 0].nan_to_num(0), torch.from_numpy(room())[1::2, 1::2].nan_to_num(0))


def test_without_a_file_there_is_no_depth(tmp_path: Path) -> None:
    batch = samples(tmp_path, None)
    assert set(batch.targets) == {"mask"}
    plain = OwnCamera(OwnCamera.Config(), str(tmp_path))
    assert (plain.tasks, plain.units, plain.knows, plain.known([0])) == (("mask",), {}, (), {})
    assert plain.fingerprint() != OwnCamera(OwnCamera.Config(intrinsics=VIEW), str(tmp_path)).fingerprint()


def test_a_camera_looks_where_its_intrinsics_say() -> None:
    intrinsics = Intrinsics(100.0, 130.0, 70.0, 40.0, WIDTH, HEIGHT)
    view = (100 / WIDTH, 130 / HEIGHT, 70.5 / WIDTH, 40.5 / HEIGHT)
    u, v = KnownCamera(2.0, 0.3, 0.1, 1.0, (HEIGHT, WIDTH), view, None).grid()
    np.testing.assert_allclose(u, intrinsics.rays[0, :, 0], atol=1e-6)
    np.testing.assert_allclose(v, intrinsics.rays[:, 0, 1], atol=1e-6)


@pytest.mark.parametrize("pitch", [0.0, 0.4, 1.2, math.pi / 2])
def test_a_level_world_is_that_of_a_camera_with_this_pitch(pitch: float) -> None:
    wanted = Camera(1.0, pitch, 0.0, 1.0, (HEIGHT, WIDTH)).axes
    np.testing.assert_allclose(level_axes((0.0, math.cos(pitch), math.sin(pitch))), wanted, atol=1e-9)


def test_a_scene_without_a_surface_has_no_ground() -> None:
    depth = torch.full((1, HEIGHT, WIDTH), torch.nan)
    depth[0, ::5, ::7] = 3.0
    scene = known_scene(VIEW, depth, (HEIGHT, WIDTH))
    assert scene.ground is None
    assert scene.depth is depth


@pytest.mark.parametrize(
    ("depth", "told"),
    [
        (np.ones((10, 12), np.float32), "background_depth.npy"),
        (np.zeros((HEIGHT, WIDTH), np.float32), "no depth above 0"),
        (np.ones((HEIGHT, WIDTH), np.uint8), "background_depth.npy"),
    ],
)
def test_a_depth_that_does_not_fit_is_told(tmp_path: Path, depth: np.ndarray, told: str) -> None:
    with pytest.raises(DataError, match=told):
        samples(tmp_path, depth, 1)
