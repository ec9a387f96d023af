"""Calibrations as OpenCV, ROS and Open3D write them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from mdf.core.errors import ConfigError, DataError
from mdf.core.pinhole import Intrinsics
from mdf.inference.geometry.camera_file import intrinsics_of, read_intrinsics

MATRIX = np.array([[520.0, 0.0, 319.5], [0.0, 521.0, 239.5], [0.0, 0.0, 1.0]])
LENS = (0.1, -0.2, 0.001, 0.002, 0.05)
PLAIN = {"fx": 520.0, "fy": 521.0, "cx": 319.5, "cy": 239.5, "width": 640, "height": 480}
CAMERA = Intrinsics(**PLAIN)  # type: ignore[arg-type]
BENT = Intrinsics(**PLAIN, distortion=LENS)  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["yml", "json"])
def test_opencv(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"camera.{ending}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("image_width", 640)
    storage.write("image_height", 480)
    storage.write("camera_matrix", MATRIX)
    storage.write("distortion_coefficients", np.array([LENS]))
    storage.release()
    assert read_intrinsics(path) == BENT
    if ending == "yml":  # as versions up to 4 begin it
        path.write_text(path.read_text().replace("%YAML 1.2", "%YAML:1.0"))
        assert read_intrinsics(path) == BENT


def test_ros(tmp_path: Path) -> None:
    def matrix(rows: int, values: list[float]) -> dict[str, object]:
        return {"rows": rows, "cols": len(values) // rows, "data": values}

    kept = {
        "image_width": 640,
        "image_height": 480,
        "camera_name": "narrow_stereo",
        "camera_matrix": matrix(3, MATRIX.ravel().tolist()),
        "distortion_model": "plumb_bob",
        "distortion_coefficients": matrix(1, list(LENS)),
        "projection_matrix": matrix(3, [510.0, 0, 320, 0, 0, 511, 240, 0, 0, 0, 1, 0]),
    }
    message = {"header": {"frame_id": "camera"}, "height": 480, "width": 640, "distortion_model": "plumb_bob"}
    message |= {"d": list(LENS), "k": MATRIX.ravel().tolist(), "roi": {"x_offset": 0}}
    (tmp_path / "calibrator.yaml").write_text(yaml.safe_dump(kept))
    (tmp_path / "message.yaml").write_text(yaml.safe_dump(message, default_flow_style=None) + "---\n")
    assert read_intrinsics(tmp_path / "calibrator.yaml") == BENT
    assert read_intrinsics(tmp_path / "message.yaml") == BENT


def test_open3d_and_plain_numbers(tmp_path: Path) -> None:
    columns = {"width": 640, "height": 480, "intrinsic_matrix": MATRIX.T.ravel().tolist()}
    (tmp_path / "open3d.json").write_text(json.dumps(columns))
    (tmp_path / "plain.json").write_text(json.dumps(PLAIN))
    (tmp_path / "plain.toml").write_text("".join(f"{key} = {value}\n" for key, value in PLAIN.items()))
    for name in ("open3d.json", "plain.json", "plain.toml"):
        assert read_intrinsics(tmp_path / name) == CAMERA, name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"width": None}, "does not say the `width`"),
        ({"image_width": 1280}, "`width` = 640, `image_width` = 1280"),
        ({"width": 64.5}, "no size in pixels"),
        ({"fy": None}, "holds no `fy` and no camera matrix"),
        ({"fx": -520.0}, "must be above 0"),
        ({"fx": "wide"}, "'wide', which is no number"),
        ({"fx": float("nan")}, "nan, which is no number"),
        ({"fx": [520.0]}, "a list, which is no number"),
        ({"K": [0] * 1000}, "no list of numbers, at most 16"),
        ({"K": {"rows": "a", "cols": "b", "data": [1]}}, "'a', which is no number"),
        ({"cx": 900.0}, r"principal point \(900, 239.5\) lies outside the image of 640×480"),
        ({"K": MATRIX.ravel().tolist(), "fx": 700.0}, "contradicts itself: `fx` is 700, and 520 in `K`"),
        ({"K": [1, 2, 3]}, "not a matrix of the form"),
        ({"camera_matrix": {"rows": 3, "cols": 3, "data": [1, 2]}}, "says 3×3 and holds 2 numbers"),
        ({"distortion_model": "equidistant", "D": [0.1, 0, 0, 0]}, "lens model `equidistant` is not known"),
        ({"D": [0.1, 0.2]}, "of 2 coefficients"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(tmp_path: Path, change: dict[str, object], told: str) -> None:
    entries = {key: value for key, value in {**PLAIN, **change}.items() if value is not None}
    (tmp_path / "camera.json").write_text(json.dumps(entries))
    with pytest.raises(DataError, match=told) as error:
        read_intrinsics(tmp_path / "camera.json")
    assert "camera.json" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("text", ["", "1 2 3", "{", "a: !!python/object:os.system x", "- 1", "\0"])
def test_what_is_no_calibration_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "camera.yaml").write_text(text)
    with pytest.raises(DataError, match=r"camera.yaml .*(cannot be read as a calibration|holds no named values)"):
        read_intrinsics(tmp_path / "camera.yaml")
    (tmp_path / "nested.json").write_text("[" * 50_000)
    with pytest.raises(DataError, match="cannot be read as a calibration"):
        read_intrinsics(tmp_path / "nested.json")
    with pytest.raises(DataError, match="No such file"):
        read_intrinsics(tmp_path / "missing.yaml")


def test_the_field_of_view_or_intrinsics() -> None:
    assert intrinsics_of(None, None, (48, 64)) is None
    assert intrinsics_of(90.0, None, (48, 64)) == Intrinsics.of_fov(90.0, (48, 64))
    assert intrinsics_of(None, CAMERA, (480, 640)) == CAMERA
    with pytest.raises(ConfigError, match="the same thing twice"):
        intrinsics_of(90.0, CAMERA, (480, 640))
    with pytest.raises(ConfigError, match="180° is no field of view"):
        intrinsics_of(180.0, None, (48, 64))
