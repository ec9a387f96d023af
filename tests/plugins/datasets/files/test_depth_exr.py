"""EXR: windows, parts and channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.exr import exr_size, read_exr

OpenEXR = pytest.importorskip("OpenEXR")


def write(path: Path, channels: dict[str, np.ndarray], **header: object) -> Path:
    whole = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}
    OpenEXR.File(whole, channels).write(str(path))
    return path


def corners(left: int, top: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([left, top], np.int32), np.array([left + width - 1, top + height - 1], np.int32)


@given(st.integers(-7, 7), st.integers(-7, 7), st.integers(1, 9), st.integers(1, 9))
def test_a_cropped_picture_lies_where_its_window_says(
    tmp_path_factory: pytest.TempPathFactory, left: int, top: int, width: int, height: int
) -> None:
    depth = np.arange(1, width * height + 1, dtype=np.float32).reshape(height, width)
    expected = np.full((6, 8), np.nan, np.float32)
    for row in range(height):
        for column in range(width):
            if 0 <= row + top < 6 and 0 <= column + left < 8:
                expected[row + top, column + left] = depth[row, column]
    windows = {"dataWindow": corners(left, top, width, height), "displayWindow": corners(0, 0, 8, 6)}
    path = write(tmp_path_factory.mktemp("exr") / "a.exr", {"Z": depth}, **windows)
    assert exr_size(path) == (6, 8)
    assert np.array_equal(read_exr(path), expected, equal_nan=True)


def test_what_is_infinite_for_half_floats_is_infinite(tmp_path: Path) -> None:
    depth = np.array([[1.5, 65472, 65504, np.inf]], np.float16)
    assert read_exr(write(tmp_path / "a.exr", {"Z": depth})).tolist() == [[1.5, 65472, np.inf, np.inf]]
    single = depth.astype(np.float32)
    assert read_exr(write(tmp_path / "b.exr", {"Z": single})).tolist() == [[1.5, 65472, 65504, np.inf]]


def test_three_equal_channels_are_one(tmp_path: Path) -> None:
    depth = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    assert np.array_equal(read_exr(write(tmp_path / "a.exr", {"RGB": np.dstack([depth] * 3)})), depth)
    with pytest.raises(DataError, match="does not say which one is depth"):
        read_exr(write(tmp_path / "b.exr", {"RGB": np.dstack([depth, depth, depth + 1])}))


def test_whole_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not say how many metres one is"):
        read_exr(write(tmp_path / "a.exr", {"Z": np.full((3, 4), 1500, np.uint32)}))


def test_several_channels_are_refused_unless_one_is_called_as_depth(tmp_path: Path) -> None:
    near, far = np.ones((3, 4), np.float32), np.full((3, 4), 2, np.float32)
    assert read_exr(write(tmp_path / "a.exr", {"U": near, "cam.Z": far})).max() == 2
    with pytest.raises(DataError, match="does not say which one is depth"):
        read_exr(write(tmp_path / "b.exr", {"left.Z": near, "right.Z": far}))
