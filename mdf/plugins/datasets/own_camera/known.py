"""What is known of the scene that a camera shows: where its pixels look, its depth, and where things can stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.image import check_same
from mdf.core.pinhole import USUAL_FOV, Intrinsics
from mdf.plugins.datasets.composite.ground import LEVEL, Ground, find_plane, tolerance
from mdf.plugins.datasets.files.depth import MILLIMETRE, read_metres
from mdf.plugins.datasets.files.truth import truth_size
from mdf.plugins.datasets.scenes.camera import Camera
from mdf.plugins.datasets.scenes.places.layout import Layout

View = tuple[float, float, float, float]
"""Focal lengths across and down, and the point that looks straight ahead, as shares of the picture's width and height:
fx/width, fy/height, x/width, y/height."""

DEPTH = "background_depth.npy"
PERSON = 1.7
CLOSE = 1.5
"""Picture heights that somebody at the median depth would fill, from which on the camera looks at a table or a tray."""
ANY = -0.2
"""Smallest vertical component of the normal of a surface that things lie on; a ceiling has a smaller one."""
WITHIN = 0.015
"""Share of its depth within which a point is on the ground."""
ROOMY = 60.0
"""Metres from the camera's foot to the walls of the drawn room, and from the camera to its ceiling."""
STEPS = 40
"""About so many rows of points show the ground."""


@dataclass(frozen=True)
class KnownCamera(Camera):
    """A camera that looks as `view` says; `down` is the ground's normal in its own frame, None = as pitch and yaw say.

    Lens distortion is left out.
    """

    view: View
    down: tuple[float, float, float] | None

    @property
    def focals(self) -> tuple[float, float]:
        """See `Camera`."""
        return self.view[1] * self.size[0], self.view[0] * self.size[1]

    @property
    def middle(self) -> tuple[float, float]:
        """See `Camera`."""
        return self.view[3] * self.size[0], self.view[2] * self.size[1]

    @cached_property
    def axes(self) -> Tensor:
        """See `Camera`."""
        return super().axes if self.down is None else level_axes(self.down)


def level_axes(down: Sequence[float]) -> Tensor:
    """Rows right, down and forward of a camera, in a world whose ground has the normal `down` in its frame: 3×3
    float64. The world's z is ahead on the ground; of a camera that looks straight down, up in the image."""
    below = torch.tensor(down, dtype=torch.float64)
    ahead = torch.tensor((0.0, 0.0, 1.0) if abs(down[2]) < 0.99 else (0.0, -1.0, 0.0), dtype=torch.float64)
    ahead = torch.nn.functional.normalize(ahead - (ahead @ below) * below, dim=0)
    return torch.stack((torch.linalg.cross(below, ahead), -below, ahead), 1)


@dataclass(frozen=True, slots=True)
class KnownScene:
    """A camera's empty scene.

    Attributes:
        view: where its pixels look; None = not known, and drawn anew for each sample.
        depth: 1×H×W float32, metres, NaN where it was not measured; None = not known.
        ground: what things stand or lie on; None = not known.
        spots: places on the ground that are in view, (x, z) in metres.
        close: whether the camera is so close to it that things lie there, and nobody stands.
    """

    view: View | None = None
    depth: Tensor | None = None
    ground: Ground | None = None
    spots: Sequence[tuple[float, float]] = ()
    close: bool = False

    def seen(self, layout: Layout) -> Layout:
        """`layout` before this camera, without furniture, its floor on the ground."""
        if self.view is None:
            return replace(layout, furniture=[])
        camera, room = layout.camera, layout.room
        across, down = self.view[:2]
        fov = 2 * math.atan(0.5 / (across if camera.size[1] >= camera.size[0] else down))
        ground = self.ground
        if ground is None:
            known = KnownCamera(camera.height, camera.pitch, camera.yaw, fov, camera.size, self.view, None)
            return replace(layout, furniture=[], camera=known)
        pitch = math.asin(max(-1.0, min(1.0, ground.normal[2])))
        known = KnownCamera(ground.height, pitch, 0.0, fov, camera.size, self.view, ground.normal)
        room = replace(room, left=ROOMY, right=ROOMY, near=ROOMY, far=ROOMY, top=ground.height + ROOMY)
        return replace(layout, furniture=[], camera=known, room=room, spots=self.spots)


def read_depth(path: Path, size: tuple[int, int], of_images: tuple[int, int]) -> Tensor:
    """The depth in a file, which is `of_images` in size, at `size` by the nearest pixels: 1×H×W float32, metres.

    Raises
        DataError: it cannot be read, is of another size, or knows nothing.
    """
    check_same(path, truth_size(path), of_images, "the images beside it")
    metres, valid = read_metres(path, MILLIMETRE, of_images, "the images beside it")
    rows, columns = (
        ((np.arange(side) + 0.5) * full / side).astype(int) for side, full in zip(size, of_images, strict=True)
    )
    depth = np.where(valid, metres, np.float32(np.nan))[np.ix_(rows, columns)]
    if not np.isfinite(depth).any():
        raise DataError(f"{path} holds no depth above 0", "give metres; 0 or NaN = unknown")
    return torch.from_numpy(depth)[None]


def known_scene(view: View | None, depth: Tensor | None, of_images: tuple[int, int]) -> KnownScene:
    """What follows from where pixels look and from the depth 1×H×W: where things can stand.

    `of_images` is the (height, width) of the camera's images, which `depth` may squeeze.
    """
    if depth is None:
        return KnownScene(view)
    height, width = depth.shape[-2:]
    view = view or Intrinsics.of_fov(USUAL_FOV, of_images).shares
    step = max(1, height // STEPS)
    rows, columns = np.arange(step // 2, height, step), np.arange(step // 2, width, step)
    z = depth[0].double().numpy()[np.ix_(rows, columns)]
    x = ((columns + 0.5) / width - view[2]) / view[0] * z
    y = (((rows + 0.5) / height - view[3]) / view[1])[:, None] * z
    points = np.stack((x, y, z), -1)
    close = view[1] * PERSON / float(depth.nanmedian()) > CLOSE
    ground = None if close else find_plane(points, LEVEL, WITHIN)
    if ground is None:
        close, ground = True, find_plane(points, ANY, WITHIN)
    if ground is None:
        return KnownScene(view, depth)
    flat = points.reshape(-1, 3)
    on = np.abs(ground.distance(*flat.T)) < tolerance(flat[:, 2], WITHIN)
    places = torch.from_numpy(flat[on]) @ level_axes(ground.normal)
    return KnownScene(view, depth, ground, [(float(x), float(z)) for x, _, z in places], close)
