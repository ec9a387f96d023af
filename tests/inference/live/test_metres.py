"""Metres while watching: the known depth of the empty scene guides the network, also in regions and batches."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from guided_model import SIZE, ground, guided_model

from mdf.core.pinhole import Intrinsics
from mdf.core.tracker import Track
from mdf.engine.prepare.shift import Shift, moved, moved_depth
from mdf.inference.live.camera.known import known_after, known_of, read_depth
from mdf.inference.live.network.network import LiveNetwork, Question
from mdf.inference.live.network.region import Region, whole
from mdf.inference.live.objects.metric import Metric
from mdf.inference.live.objects.scale import Scale
from mdf.inference.live.settings.settings import CameraSettings
from mdf.inference.session import LoadedModel

DEPTH = ground(*SIZE)


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return guided_model()


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    bg, frame = np.random.default_rng(0).integers(0, 255, (2, *SIZE, 3), np.uint8)
    return bg, frame


def test_a_camera_says_the_metres_that_a_session_says(model: LoadedModel, pictures: tuple[np.ndarray, ...]) -> None:
    bg, frame = pictures
    network = LiveNetwork(model)
    answer = network.answer([Question(network.empty_scene(bg, DEPTH), frame, whole(SIZE))])[0]
    assert answer.depth == pytest.approx(model.open(bg, DEPTH)(frame).depth, rel=1e-4)
    relative = network.answer([Question(network.empty_scene(bg), frame, whole(SIZE))])[0]
    assert not np.allclose(relative.depth, answer.depth)


@pytest.mark.parametrize("region", [whole(SIZE), Region(16, 16, 32, 32)])
def test_regions_are_guided_in_the_scale_of_the_whole(
    model: LoadedModel, pictures: tuple[np.ndarray, ...], region: Region
) -> None:
    bg, frame = pictures
    network = LiveNetwork(model)
    near, far = (
        network.answer([Question(network.empty_scene(bg, depth), frame, region)])[0].depth
        for depth in (DEPTH, 3 * DEPTH)
    )
    assert far == pytest.approx(3 * near, rel=1e-4)
    assert network.empty_scene(bg, DEPTH).of(region).guide.depth.shape[-2:] == region.size


def test_cameras_with_and_without_a_known_depth_are_computed_together(
    model: LoadedModel, pictures: tuple[np.ndarray, ...]
) -> None:
    bg, frame = pictures
    network = LiveNetwork(model)
    scenes = [network.empty_scene(bg, depth) for depth in (DEPTH, None, 2 * DEPTH)]
    questions = [Question(scene, frame, whole(SIZE)) for scene in scenes]
    for one, together in zip(questions, network.answer(questions), strict=True):
        assert together.depth == pytest.approx(network.answer([one])[0].depth, rel=1e-3)


def test_the_depth_moves_with_the_picture() -> None:
    depth = np.random.default_rng(1).uniform(1, 9, SIZE).astype(np.float32)
    for shift in (Shift(5, 0, 0), Shift(-3, 4, 0), Shift(0, 0, 2.0)):
        after = moved_depth(depth, shift)
        as_picture = moved(np.repeat((20 * depth).round().astype(np.uint8)[..., None], 3, 2), shift)[..., 0]
        inside = np.isfinite(after)
        assert inside.mean() > 0.8
        if not shift.degrees:
            assert np.abs(20 * after[inside] - as_picture[inside]).max() <= 1
    assert moved_depth(depth, Shift(5, 3, 0))[20, 30] == depth[17, 25]


def test_another_network_gets_one_factor() -> None:
    known = np.full(SIZE, 8.0, np.float32)
    assert Metric(guided=False, camera=None, aspect=1.0).scale(known, np.full(SIZE, 2.0, np.float32)).factor == 4
    assert Metric(guided=True, camera=None, aspect=1.0).scale(known, np.full(SIZE, 2.0, np.float32)).factor == 1
    assert Metric(guided=True, camera=None, aspect=1.0).scale(None, None).unit == "relative"


def test_depths_are_relative_where_nothing_is_known_any_more() -> None:
    nothing, predicted = np.full(SIZE, np.nan, np.float32), np.full(SIZE, 2.0, np.float32)
    for guided in (True, False):
        assert Metric(guided, None, 1.0).scale(nothing, predicted).unit == "relative"
    assert Metric(False, None, 1.0).scale(predicted, 0 * predicted).unit == "relative"


def test_a_sparse_depth_is_filled(tmp_path: Path) -> None:
    points = np.full((480, 640), np.nan, np.float32)
    points[[2, 202, 402], [2, 322, 602]] = (2.0, 4.0, 8.0)  # between the pixels that the network sees
    np.save(tmp_path / "depth.npy", points)
    depth = read_depth(tmp_path / "depth.npy", (480, 640), SIZE)
    assert depth.shape == SIZE
    assert (np.isfinite(depth).all(), depth[0, 0], depth[40, 60]) == (True, pytest.approx(2.0), pytest.approx(8.0))


def test_a_stream_of_another_size_keeps_what_still_fits(tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", ground(60, 80))
    (tmp_path / "camera.toml").write_text("fx = 80\nfy = 80\ncx = 40\ncy = 30\nwidth = 80\nheight = 60")
    settings = CameraSettings(
        source="0", background_depth=str(tmp_path / "depth.npy"), intrinsics=str(tmp_path / "camera.toml")
    )
    first = known_of(settings, (60, 80), SIZE)
    larger, told = known_after(settings, (120, 160), SIZE)
    assert told == []
    assert first.depth is not None
    assert first.depth == pytest.approx(larger.depth)
    assert larger.camera is not None
    assert larger.camera.fx == 160
    wider, told = known_after(settings, (60, 120), SIZE)
    assert (wider.depth, wider.camera) == (None, None)
    assert [line.partition(":")[0] for line in told] == [
        "depth is relative from now on",
        "no places are told from now on",
    ]
    np.save(tmp_path / "depth.npy", np.zeros((0, 4), np.float32))
    assert known_after(settings, (120, 160), SIZE)[0].depth is None


def test_a_fusion_alone_that_reads_the_depth_is_given_it(pictures: tuple[np.ndarray, np.ndarray]) -> None:
    bg, frame = pictures
    model = guided_model(guided=True, head=False)
    network = LiveNetwork(model)
    assert (network.reads_depth, network.guided) == (True, False)
    answer = network.answer([Question(network.empty_scene(bg, DEPTH), frame, whole(SIZE))])[0]
    assert answer.depth == pytest.approx(model.open(bg, DEPTH)(frame).depth, rel=1e-4)
    unguided = network.answer([Question(network.empty_scene(bg), frame, whole(SIZE))])[0]
    assert np.abs(unguided.depth - answer.depth).max() > 1e-5


def test_speed_is_that_of_a_point_over_the_ground() -> None:
    camera = Intrinsics.of_fov(60.0, (480, 640))
    scale = Scale("m", 1.0, camera, 640 / 480)

    def place(right: float, ahead: float) -> float:
        return (camera.fx * right / ahead + camera.cx + 0.5) / 640

    right, ahead, walks = 0.8, 5.0, (1.2, -0.5)
    step = 1e-3
    across = (place(right + step * walks[0], ahead + step * walks[1]) - place(right, ahead)) / step
    foot = place(right, ahead)
    track = Track(1, (foot - 0.05, 0.2, foot + 0.05, 0.9), ahead, (across, 0.0), walks[1], 0)
    speed, unit = scale.speed(track)
    assert unit == "m/s"
    assert speed == pytest.approx(math.hypot(*walks), rel=0.03)
    assert scale.position((foot, 0.9), ahead) == pytest.approx((right, ahead))
    assert Scale(camera=camera).speed(track)[1] == "widths/s"


def test_nothing_is_known_of_a_batch_without_depths(model: LoadedModel) -> None:
    images = torch.zeros(1, 3, *SIZE, dtype=torch.uint8)
    background = model.network.background(images)
    assert model.network.joined([background, background]).guide is None
