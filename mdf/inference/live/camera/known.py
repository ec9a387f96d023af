"""What is known of a camera beside its pictures: the depth of its empty scene, and where its pixels look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from mdf.core.errors import DataError
from mdf.core.pinhole import SAME_SHAPE, Intrinsics
from mdf.core.sink import Floats
from mdf.engine.prepare.guide import sampled
from mdf.inference.background_depth import background_depth
from mdf.inference.geometry.camera_file import intrinsics_of
from mdf.inference.live.settings.settings import CameraSettings


@dataclass(frozen=True, slots=True)
class Known:
    """What is known.

    Attributes:
        depth: of the empty scene in metres, h×w at the network's size, NaN = unknown; None = nothing is known.
        camera: the intrinsics of the frames; None = unknown.
    """

    depth: Floats | None
    camera: Intrinsics | None


def known_of(settings: CameraSettings, frame_size: tuple[int, int], size: tuple[int, int]) -> Known:
    """What the settings say, for frames of `frame_size` and a network of `size`, both (height, width).

    Raises
        DataError: a file cannot be read, or is of another size than the frames.
    """
    given = settings.background_depth
    depth = read_depth(Path(given).expanduser(), frame_size, size) if given else None
    return Known(depth, intrinsics_of(settings.fov, settings.intrinsics, frame_size))


def known_after(
    settings: CameraSettings, frame_size: tuple[int, int], size: tuple[int, int]
) -> tuple[Known, list[str]]:
    """The same, once the stream has changed its size to `frame_size`; and a line on each thing that fits no longer.

    A depth of the same shape still fits. What does not is dropped: the camera goes on without it.
    """
    told: list[str] = []
    depth = camera = None
    try:
        if settings.background_depth:
            depth = _depth_of_shape(Path(settings.background_depth).expanduser(), frame_size, size)
    except DataError as error:
        told.append(f"depth is relative from now on: {error.message}")
    try:
        camera = intrinsics_of(settings.fov, settings.intrinsics, frame_size)
    except DataError as error:
        told.append(f"no places are told from now on: {error.message}")
    return Known(depth, camera), told


def read_depth(path: Path, frame_size: tuple[int, int], size: tuple[int, int]) -> Floats:
    """Depth of the empty scene in metres at `size` (height, width), by the nearest pixel; NaN where it is unknown. Of
    one with so few known pixels that none of these is a nearest one, the holes are filled.

    Raises DataError as `background_depth`: it must be of the size of the camera's frames.
    """
    return _at(background_depth(path, frame_size), size)


def _depth_of_shape(path: Path, frame_size: tuple[int, int], size: tuple[int, int]) -> Floats:
    metres = background_depth(path)
    height, width = metres.shape
    if abs(width / height * frame_size[0] / frame_size[1] - 1) > SAME_SHAPE:
        raise DataError(f"{path} has {width}×{height} pixels, and the frames have another shape")
    return _at(metres, size)


def _at(metres: Floats, size: tuple[int, int]) -> Floats:
    depth: Floats = sampled(torch.from_numpy(metres)[None, None], size)[0, 0].numpy()
    return depth
