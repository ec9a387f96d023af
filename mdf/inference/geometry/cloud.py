"""Point clouds of predictions, and the PLY files that they are kept in. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mdf.core.files import whole
from mdf.core.image import Pixels

if TYPE_CHECKING:
    from mdf.inference.results import Prediction

VERTEX = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1"), ("foreground", "u1")]
)
TYPES = {"f4": "float", "u1": "uchar"}
COMMENT = "metres in the camera's frame: x right, y down, z ahead"


@dataclass(frozen=True, slots=True)
class PointCloud:
    """Coloured points in the camera's frame.

    Attributes:
        points: N×3 float32, metres: x right, y down, z ahead.
        colours: N×3 uint8 RGB.
        foreground: N bool; the others are the empty scene.
    """

    points: NDArray[np.float32]
    colours: Pixels
    foreground: NDArray[np.bool_]


class SceneClouds:
    """Clouds of frames of one camera: every pixel of the frame, and the empty scene behind what stands before it."""

    def __init__(self, empty: Prediction, bg: Pixels) -> None:
        """`empty` is predicted of `bg` itself, H×W×3 uint8. Raises ConfigError as `Prediction.points`."""
        self._points, self._colours = empty.points(), bg

    def of(self, prediction: Prediction, frame: Pixels) -> PointCloud:
        """The cloud of `frame` H×W×3 uint8. A pixel without a depth gives no point."""
        seen = prediction.points()
        shape = seen.shape[:2]
        foreground = np.zeros(shape, bool) if prediction.foreground is None else prediction.foreground
        points = np.concatenate([seen.reshape(-1, 3), self._points[foreground]])
        colours = np.concatenate([frame.reshape(-1, 3), self._colours[foreground]])
        told = np.concatenate([foreground.ravel(), np.zeros(int(foreground.sum()), bool)])
        known = np.isfinite(points).all(1)
        return PointCloud(points[known], colours[known], told[known])


def write_ply(path: Path, cloud: PointCloud, scratch: Path | None = None) -> None:
    """Write a cloud as binary little-endian PLY, by way of `scratch` as `whole` does."""
    vertices = np.empty(len(cloud.points), VERTEX)
    for names, values in (("x y z", cloud.points), ("red green blue", cloud.colours)):
        for name, column in zip(names.split(), values.T, strict=True):
            vertices[name] = column
    vertices["foreground"] = cloud.foreground
    properties = [f"property {TYPES[VERTEX[name].str[1:]]} {name}" for name in VERTEX.names or ()]
    header = ["ply", "format binary_little_endian 1.0", f"comment {COMMENT}", f"element vertex {len(vertices)}"]
    with whole(path, scratch) as beside, beside.open("wb") as file:
        file.write("\n".join([*header, *properties, "end_header", ""]).encode("ascii"))
        file.write(vertices.tobytes())
