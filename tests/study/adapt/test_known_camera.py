"""What is told of a camera: its depth in metres, holes that stay holes, and where its pixels look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mdf.core.errors import ConfigError, DataError
from mdf.core.pinhole import Intrinsics
from mdf.core.progress import Progress, Warned
from mdf.study.adapt.known import KnownCamera, check_judged, known_camera
from mdf.study.adapt.request import AdaptRequest

NATIVE, SIZE = (40, 80), (20, 30)


def told(place: Path, warnings: list[Progress] | None = None, **given: Any) -> KnownCamera:
    request = AdaptRequest(
        model=place,
        images=[],
        video=None,
        data=None,
        steps=1,
        seconds=1.0,
        seed=0,
        device="cpu",
        threads=1,
        plugins=(),
        scratch=place,
        label="",
        **{"background_depth": None, "fov": None, "intrinsics": None, **given},
    )
    return known_camera(request, NATIVE, SIZE, (warnings if warnings is not None else []).append)


def test_millimetres_become_metres_and_holes_stay_unknown(tmp_path: Path) -> None:
    levels = np.full(NATIVE, 2500, np.uint16)
    levels[:10] = 0
    Image.fromarray(levels).save(tmp_path / "empty-depth.png")
    depth = told(tmp_path, background_depth=tmp_path / "empty-depth.png", fov=60).depth
    assert depth is not None
    assert depth.shape == SIZE
    assert np.isnan(depth[:5]).all()
    assert (depth[5:] == 2.5).all()


def test_a_squeezed_picture_keeps_its_field_of_view(tmp_path: Path) -> None:
    view = told(tmp_path, fov=90).view
    assert view == pytest.approx((0.5, 1.0, 0.5, 0.5))  # twice as wide as high


def test_intrinsics_are_those_of_the_frames(tmp_path: Path) -> None:
    view = told(tmp_path, intrinsics=Intrinsics(160, 160, 79.5, 39.5, 160, 80)).view
    assert view == pytest.approx((1.0, 2.0, 0.5, 0.5))


def test_nothing_told_is_nothing_known(tmp_path: Path) -> None:
    assert told(tmp_path) == KnownCamera(None, None)


def test_what_is_assumed_or_left_out_is_said(tmp_path: Path) -> None:
    warnings: list[Progress] = []
    told(tmp_path, warnings, background_depth=np.ones(NATIVE))
    told(tmp_path, warnings, intrinsics=Intrinsics(80, 80, 40, 20, 80, 40, (0.1, 0.0, 0.0, 0.0)))
    assumed, left_out = warnings
    assert isinstance(assumed, Warned)
    assert isinstance(left_out, Warned)
    assert "as at 60° across" in assumed.message
    assert "distortion is left out" in left_out.message


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"background_depth": np.ones((10, 10))}, DataError, "the background's depth"),
        ({"background_depth": "nothing.npy"}, DataError, "nothing.npy"),
        ({"background_depth": np.zeros(NATIVE)}, DataError, "no depth above 0"),
        ({"fov": 60.0, "intrinsics": "camera.yaml"}, ConfigError, "twice"),
        ({"fov": 200.0}, ConfigError, "no field of view"),
        ({"intrinsics": Intrinsics(80, 80, 40, 40, 80, 80)}, DataError, "another shape"),
    ],
)
def test_mistakes_are_those_of_predict(
    tmp_path: Path, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        told(tmp_path, **given)


def test_a_depth_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    depth = np.zeros(NATIVE)
    depth[0, 0] = 1.0  # not the nearest pixel of any of the smaller picture's
    with pytest.raises(DataError, match="none is left"):
        told(tmp_path, background_depth=depth, fov=60)


def test_a_depth_in_which_nothing_stands_is_told() -> None:
    warnings: list[Progress] = []
    measured = KnownCamera(np.ones(SIZE, np.float32), None)
    check_judged(measured, 0.2, warnings.append)
    check_judged(KnownCamera(None, None), None, warnings.append)
    assert warnings == []
    check_judged(measured, None, warnings.append)
    (warning,) = warnings
    assert isinstance(warning, Warned)
    assert warning.message.startswith("no ground was found in the measured depth")
