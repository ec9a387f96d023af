"""The empty frames of one camera, and what they show of its noise and its exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mdf.core.background import usual
from mdf.core.dataset import SplitName
from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_same, image_size, read_image
from mdf.plugins.datasets.files.images import images

BACKGROUND = "background"
NOISE, EXPOSURE = 2.0, 0.08
"""What is assumed of a camera of which there is one frame alone: levels, and the relative deviation of brightness."""
TO_HOLD_BACK = 6
"""From so many frames on, every third is held back: validation and test are drawn on those, training on the others."""
ROBUST = 1.4826
"""The standard deviation of a normal distribution in median absolute deviations."""


@dataclass(frozen=True, slots=True)
class Empties:
    """Empty frames of one camera, H×W×3 uint8 each.

    Attributes:
        background: the one that networks are given as `bg`.
        frames: those that samples are drawn on.
        noise: standard deviation of a frame's noise, levels.
        exposure: standard deviation of the logarithm of the frames' brightness.
    """

    background: Pixels
    frames: Sequence[Pixels]
    noise: float
    exposure: float

    def of(self, split: SplitName) -> Sequence[Pixels]:
        """The frames that the samples of a split are drawn on."""
        if len(self.frames) < TO_HOLD_BACK:
            return self.frames
        held_back = self.frames[2::3]
        return [f for n, f in enumerate(self.frames) if n % 3 != 2] if split == "train" else held_back


def find_empties(root: Path) -> dict[str, Path]:
    """The images of a folder by name, all of one size.

    Raises
        DataError: there is none, or they differ in size.
    """
    found = images(root)
    if not found:
        raise DataError(f"own-camera: {root} holds no images.", "Put one or more images of the empty scene there.")
    first = next(iter(found.values()))
    size = image_size(first)
    for path in found.values():
        check_same(path, image_size(path), size, first.name)
    return found


def read_empties(files: Mapping[str, Path], size: tuple[int, int]) -> Empties:
    """The frames at `size` (height, width). Their usual colours are the background, if no file is called so."""
    read = {name: _at_size(path, size) for name, path in files.items()}
    given = read.pop(BACKGROUND, None)
    frames = list(read.values())
    background = usual(frames) if given is None else given
    noise, exposure = _measured(background, frames) if len(frames) > 1 else (NOISE, EXPOSURE)
    return Empties(background, frames or [background], noise, exposure)


def _measured(background: Pixels, frames: Sequence[Pixels]) -> tuple[float, float]:
    """Noise and exposure of the frames."""
    shown = background.astype(np.float32)
    gains = [float(np.median((frame + np.float32(1)) / (shown + 1))) for frame in frames]
    noises = [np.median(np.abs(frame - shown * gain)) for frame, gain in zip(frames, gains, strict=True)]
    return ROBUST * float(np.median(noises)), float(np.std(np.log(gains)))


def _at_size(path: Path, size: tuple[int, int]) -> Pixels:
    pixels = read_image(path, "RGB")
    if pixels.shape[:2] == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BOX))
