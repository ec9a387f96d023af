"""What is told of the camera besides its frames: the depth of its empty scene, and where its pixels look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from mdf.core.errors import DataError
from mdf.core.pinhole import USUAL_FOV, Intrinsics
from mdf.core.progress import OnProgress, Warned
from mdf.inference.background_depth import background_depth
from mdf.inference.geometry.camera_file import intrinsics_of
from mdf.study.adapt.request import AdaptRequest


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """What is told of a camera.

    Attributes:
        depth: of its empty scene at the network's size, H×W float32 metres, NaN where it is unknown; None = not told.
        view: its focal lengths and its principal point as shares of the picture: fx/width, fy/height, x/width,
            y/height; None = not told.
    """

    depth: NDArray[np.float32] | None
    view: tuple[float, float, float, float] | None


def known_camera(
    request: AdaptRequest, native: tuple[int, int], size: tuple[int, int], on_progress: OnProgress
) -> KnownCamera:
    """What `request` tells of a camera whose own frames are `native` (height, width), for a network of `size`.

    Warns of what is assumed or left out. Raises ConfigError and DataError as `LoadedModel.open` does.
    """
    camera = intrinsics_of(request.fov, request.intrinsics, native)
    if camera is not None and any(camera.distortion):
        on_progress(Warned("the lens's distortion is left out where figures are drawn"))
    if request.background_depth is None:
        return KnownCamera(None, None if camera is None else camera.shares)
    metres = background_depth(request.background_depth, native)
    if camera is None:
        on_progress(
            Warned(
                f"nothing says the camera's field of view: figures are as large as at {USUAL_FOV:g}° across the "
                "picture; `--fov` or `--intrinsics` says it"
            )
        )
        camera = Intrinsics.of_fov(USUAL_FOV, native)
    return KnownCamera(_sampled(metres, size), camera.shares)


def _sampled(metres: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """The nearest pixels: nothing is made up where nothing was measured. Raises DataError where none is left."""
    small: NDArray[np.float32] = F.interpolate(torch.from_numpy(metres)[None, None], size, mode="nearest-exact")[
        0, 0
    ].numpy()
    if not np.isfinite(small).any():
        raise DataError(
            "the background's depth is known at so few pixels that none is left at the network's size",
            "fill its holes, or leave it out",
        )
    return small


def check_judged(camera: KnownCamera, judged: float | None, on_progress: OnProgress) -> None:
    """Warn where a depth was told and no drawn figure had a place in it; `judged` is the error of figures' depth."""
    if camera.depth is not None and judged is None:
        on_progress(
            Warned("no ground was found in the measured depth, so that no figure stood in it and no depth was learned")
        )
