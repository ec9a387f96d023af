"""Stored levels and the depth they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from image_files import noise, write
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.depth import DepthOptions, check_depth, read_depth, read_metres


def read(path: Path, **options: object) -> tuple[list[float], list[bool]]:
    depth, valid = read_depth(path, DepthOptions(**options), (1, 3), "its frame")
    assert depth.dtype == np.float32
    return depth[0].tolist(), valid[0].tolist()


def test_sixteen_bit_metres_are_millimetres_unless_said_otherwise(tmp_path: Path) -> None:
    path = write(tmp_path / "d.png", [[0, 1500, 65535]], np.uint16)
    assert read(path) == ([0, pytest.approx(1.5), pytest.approx(65.535)], [False, True, True])
    assert read(path, depth_scale=0.0001)[0] == [0, pytest.approx(0.15), pytest.approx(6.5535)]
    assert read(path, invalid_value=65535) == ([0, pytest.approx(1.5), 0], [False, True, False])
    assert read(path, invalid_value=[65535, 1500])[1] == [False, False, False]
    depth, valid = read_metres(path, 0.001, (1, 3), "x")
    assert (depth[0, 1], valid[0].tolist()) == (pytest.approx(1.5), [False, True, True])


def test_relative_depth_is_a_share_of_the_largest_level_and_wholly_valid(tmp_path: Path) -> None:
    eight = write(tmp_path / "d.bmp", [[0, 51, 255]])
    sixteen = write(tmp_path / "d.png", [[0, 13107, 65535]], np.uint16)
    for path in (eight, sixteen):
        assert read(path, depth_unit="relative") == ([0, pytest.approx(0.2), 1], [True] * 3)
        assert read(path, depth_unit="relative", invert=True)[0] == [1, pytest.approx(0.8), 0]
    assert read(eight, depth_unit="relative", invalid_value=51)[1] == [True, False, True]


def test_grey_stored_in_three_equal_channels_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "d.png", np.repeat([[[10], [20], [30]]], 3, axis=2))
    assert read(path, depth_scale=0.1)[0] == pytest.approx([1, 2, 3])


def test_eight_bit_metres_need_a_scale(tmp_path: Path) -> None:
    path = write(tmp_path / "d.png", [[0, 51, 255]])
    for call in (lambda: read(path), lambda: check_depth(path, DepthOptions())):
        with pytest.raises(DataError, match="8 bit") as error:
            call()
        assert "depth_scale" in error.value.hint


def test_what_is_not_one_number_a_pixel_is_named(tmp_path: Path) -> None:
    coloured = write(tmp_path / "colour.png", noise(0, 1, 3, 3))
    palette = tmp_path / "palette.png"
    Image.new("P", (3, 1)).save(palette)
    alpha = write(tmp_path / "alpha.png", noise(0, 1, 3, 4))
    for path in (coloured, palette, alpha):
        with pytest.raises(DataError, match=f"{path.name} is an? .*depth needs one number a pixel") as error:
            read(path, depth_scale=1)
        assert error.value.hint


def test_level_0_is_no_measurement_in_metres_also_where_levels_are_inverted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", [[0, 5, 65534, 65535]], np.uint16)
    depth, valid = read_depth(path, DepthOptions(invert=True), (1, 4), "it")
    assert valid.tolist() == [[False, True, True, False]]
    assert np.allclose(depth, [[0, 65.53, 0.001, 0]])
    assert read_depth(path, DepthOptions(invert=True, depth_unit="relative"), (1, 4), "it")[1].all()


def test_what_is_no_finite_number_is_invalid_in_relative_depth_too(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[np.nan, np.inf, -1, 0]], np.float32))
    _, valid = read_depth(tmp_path / "a.npy", DepthOptions(depth_unit="relative"), (1, 4), "it")
    assert valid.tolist() == [[False, False, True, True]]
