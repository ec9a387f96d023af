"""The conventions of sensors and data sets, as the table of files names them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mdf.plugins.datasets.files.depth import DepthOptions, read_depth

METRES = np.array([[0.5, 1.0, 2.0, 7.5], [3.0, 4.0, 6.5, 8.0]])
MILLIMETRES = np.rint(METRES * 1000).astype(np.uint16)


def rotated(levels: np.ndarray) -> np.ndarray:
    """As SUN RGB-D's own reader undoes it: the upper 13 bits are the level's lower ones."""
    return ((levels.astype(np.uint32) << 3) | (levels.astype(np.uint32) >> 13)).astype(np.uint16)


CONVENTIONS: dict[str, tuple[np.ndarray, dict[str, object]]] = {
    "ScanNet, Azure Kinect, OAK-D": (MILLIMETRES, {}),
    "TUM": ((METRES * 5000).astype(np.uint16), {"depth_scale": 0.0002}),
    "KITTI": ((METRES * 256).astype(np.uint16), {"depth_scale": 1 / 256}),
    "a RealSense of 0.1 mm": ((METRES * 8000).astype(np.uint16), {"depth_scale": 0.000125}),
    "SUN RGB-D": (rotated(MILLIMETRES), {"rotated_bits": 3}),
    "KITTI's disparities": (
        np.rint(0.25 * 512 / METRES * 128).astype(np.uint16),
        {"baseline": 0.25, "focal": 512, "depth_scale": 1 / 128},
    ),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_16_bit_levels_are_metres_by_the_option_that_the_table_names(tmp_path: Path, name: str) -> None:
    levels, options = CONVENTIONS[name]
    assert cv2.imwrite(str(tmp_path / "a.png"), levels)
    depth, valid = read_depth(tmp_path / "a.png", DepthOptions(**options), METRES.shape, "it")
    assert valid.all()
    np.testing.assert_allclose(depth, METRES, rtol=2e-3 if "disparities" in name else 1e-6)


def test_diode_and_iphones_store_metres(tmp_path: Path) -> None:
    np.save(tmp_path / "diode.npy", METRES[..., None].astype(np.float32))
    depth, _ = read_depth(tmp_path / "diode.npy", DepthOptions(), METRES.shape, "it")
    assert np.array_equal(depth, METRES.astype(np.float32))
    assert cv2.imwrite(str(tmp_path / "lidar.tiff"), METRES.astype(np.float32))
    depth, _ = read_depth(tmp_path / "lidar.tiff", DepthOptions(), METRES.shape, "it")
    assert np.array_equal(depth, METRES.astype(np.float32))
