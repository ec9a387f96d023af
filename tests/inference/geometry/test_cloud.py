"""Point clouds and measured things: of `scenes`, whose geometry is known, read back by trimesh."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from guided_model import ground, guided_model
from PIL import Image

import mdf
from mdf.core.errors import ConfigError
from mdf.core.image import Pixels
from mdf.core.pinhole import Intrinsics
from mdf.core.progress import Progress
from mdf.inference.frames import predict_images
from mdf.inference.geometry.cloud import SceneClouds, write_ply
from mdf.inference.request import PredictionRequest
from mdf.inference.results import Prediction
from mdf.inference.writer import PredictionWriter
from mdf.plugins.datasets.scenes.config import ScenesConfig
from mdf.plugins.datasets.scenes.generate import _key, _layout, empty_depths, render_scenes

SIZE = (96, 128)


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, colours and foreground of a PLY file."""
    cloud = trimesh.load(path)
    told = cloud.metadata["_ply_raw"]["vertex"]["data"]["foreground"]
    return np.asarray(cloud.vertices), np.asarray(cloud.colors)[:, :3], np.asarray(told).ravel().astype(bool)


def prediction(depth: np.ndarray, mask: np.ndarray, camera: Intrinsics | None, unit: str = "m") -> Prediction:
    """As of a network that is always right."""
    values = {"mask": mask.astype(np.float32), "depth": depth}
    return Prediction(values, {"mask": "", "depth": unit}, foreground=mask.astype(bool), intrinsics=camera)


def channels_last(image: object) -> Pixels:
    return np.ascontiguousarray(np.moveaxis(np.asarray(image), 0, -1))


def test_a_drawn_scene_is_reconstructed(tmp_path: Path) -> None:
    """Every point of the file is where the scene has it, to a thousandth of its distance; each once."""
    config = ScenesConfig(size=SIZE, frames=1, empty=0.0)
    scene, empty = render_scenes(config, [("train", 1)])[0], empty_depths(config, [("train", 1)])[0][0].numpy()
    drawn = _layout(config, _key(config, "train", 1)).camera
    camera = Intrinsics.of_fov(float(np.degrees(drawn.fov)), SIZE)
    depth, mask = scene.depth[0, 0].numpy(), scene.mask[0, 0].numpy().astype(bool)
    clouds = SceneClouds(prediction(empty, np.zeros(SIZE), camera), channels_last(scene.bg))
    frame = channels_last(scene.frames[0])
    write_ply(tmp_path / "scene.ply", clouds.of(prediction(depth, mask, camera), frame))
    points, colours, foreground = read(tmp_path / "scene.ply")
    assert len(points) == mask.size + mask.sum()
    assert len(np.unique(points, axis=0)) == len(points)
    assert foreground.sum() == mask.sum() > 0
    for chosen, depths, image in ((foreground, depth, frame), (~foreground, empty, None)):
        u, v = (points[chosen][:, i] / points[chosen][:, 2] * drawn.focal for i in (0, 1))
        columns = np.rint(u + (SIZE[1] - 1) / 2).astype(int)
        rows = np.rint(v + (SIZE[0] - 1) / 2).astype(int)
        assert np.abs(u + (SIZE[1] - 1) / 2 - columns).max() < 0.01
        assert np.abs(points[chosen][:, 2] / depths[rows, columns] - 1).max() < 1e-3
        if image is not None:
            assert np.array_equal(colours[chosen], image[rows, columns])


@pytest.mark.parametrize("number", [5, 6, 7])  # one person each
def test_people_are_measured_as_the_scene_has_them(number: int) -> None:
    """As tall as they are in the room, and where they stand; the camera looks down at them by 13° to 17°."""
    config = ScenesConfig(size=(240, 320), frames=1, empty=0.0, most_actors=1)
    drawn = _layout(config, _key(config, "train", number)).camera
    scene = render_scenes(config, [("train", number)])[0]
    mask = scene.mask[0, 0].numpy().astype(bool)
    camera = Intrinsics.of_fov(float(np.degrees(drawn.fov)), config.height_width)
    seen = prediction(scene.depth[0, 0].numpy(), mask, camera)
    (thing,) = mdf.measure_objects(seen)
    points = seen.points()[mask]
    up = drawn.height + points.astype(float) @ drawn.axes[:, 1].numpy()
    assert up.min() == pytest.approx(0.0, abs=0.05)  # it stands on the ground
    assert thing.size[1] == pytest.approx(np.ptp(up), rel=0.05)
    assert thing.depth == pytest.approx(np.median(points[:, 2]), rel=0.01)
    assert thing.position == (pytest.approx(np.median(points[:, 0]), abs=0.15), thing.depth)


def test_a_rectangle_of_known_size() -> None:
    """1.8 m × 0.6 m at 6 m, 1.5 m to the right of the axis."""
    camera = Intrinsics.of_fov(60.0, (240, 320))
    points = camera.points(np.full((240, 320), 6.0, np.float32))
    there = (np.abs(points[..., 0] - 1.5) < 0.3) & (np.abs(points[..., 1] - 0.2) < 0.9)
    depth = np.where(there, 6.0, 9.0).astype(np.float32)
    thing, *others = mdf.measure_objects(prediction(depth, there, camera))
    pixel = 6.0 / camera.fx
    assert not others
    assert thing.size == (pytest.approx(0.6, abs=2 * pixel), pytest.approx(1.8, abs=2 * pixel))
    assert thing.position == (pytest.approx(1.5, abs=pixel), pytest.approx(6.0))


@pytest.mark.parametrize(
    ("unit", "camera", "told", "cure"),
    [
        ("relative", Intrinsics.of_fov(60.0, (4, 5)), "the predicted depth is relative", "--background-depth"),
        ("m", None, "intrinsics are unknown", "--fov"),
    ],
)
def test_what_is_not_in_metres_gives_no_points(unit: str, camera: Intrinsics | None, told: str, cure: str) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        prediction(np.ones((4, 5), np.float32), np.zeros((4, 5)), camera, unit).points()
    assert cure in error.value.hint


def test_predict_writes_clouds_in_metres_alone(tmp_path: Path) -> None:
    bg, frame = np.random.default_rng(0).integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)
    for name, image in (("bg", bg), ("frame", frame)):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    np.save(tmp_path / "depth.npy", ground())
    (tmp_path / "camera.json").write_text('{"fx": 80, "fy": 80, "cx": 79.5, "cy": 59.5, "width": 160, "height": 120}')
    model, out = guided_model(), tmp_path / "out"

    def predict(depth: Path | None) -> None:
        request = PredictionRequest(
            tmp_path,
            (tmp_path / "frame.png",),
            str(tmp_path / "bg.png"),
            out,
            depth,
            intrinsics=tmp_path / "camera.json",
            cloud=True,
        )
        request.check()
        predict_images(ignored, PredictionWriter(request, tmp_path, model))

    def ignored(progress: Progress) -> None:
        del progress

    with pytest.raises(ConfigError, match="the predicted depth is relative"):
        predict(None)
    assert not out.exists()
    predict(tmp_path / "depth.npy")
    record = json.loads((out / "frame.json").read_text())
    assert record["intrinsics"]["fx"] == 40
    assert record["files"]["cloud"] == "frame-cloud.ply"
    points, colours, _ = read(out / "frame-cloud.ply")
    stored = record["values"]["depth"]
    depth = np.asarray(Image.open(out / "frame-depth.png")) * stored["scale"] + stored["offset"]
    assert np.abs(points[:4800, 2].reshape(60, 80) - depth).max() <= 0.00051
    assert np.array_equal(colours[:4800].reshape(60, 80, 3), frame)
    seen = model.open(bg, ground(), intrinsics=tmp_path / "camera.json")(frame)
    assert np.allclose(seen.points().reshape(-1, 3), points[:4800], atol=1e-5)
