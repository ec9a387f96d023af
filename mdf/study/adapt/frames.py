"""The frames of one camera that an adaptation uses: empty ones, given or found in a clip, and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mdf.core.background import usual
from mdf.core.errors import DataError
from mdf.core.image import Pixels, check_same, read_image
from mdf.core.progress import OnProgress, Stage, Warned
from mdf.core.spread import spread
from mdf.inference.live.picture.estimate import estimate_background
from mdf.inference.session import LoadedModel
from mdf.inference.video import player_of
from mdf.registry import Catalog

LOOKED_AT = 60
"""Frames of a clip that are looked at, evenly spread."""
ESTIMATED_FROM = 25
"""Of how many of them the first background is estimated."""
MOST = 24
"""Empty frames that are used at most."""
MOST_BUSY = 16
"""Other frames that are used at most."""
EMPTY = 0.003
"""Share of an empty frame that may be foreground, beside what flickers."""
FLICKERS = (0.25, 0.9)
"""Limits of the share of all frames in which a pixel is foreground that moves without meaning anything: leaves, water.
What is there more often was in front of the camera when the background was taken."""
RESTLESS = 0.5
"""How often such a pixel changes between two frames, as a share of what chance gives. Who stands there changes less."""
AROUND = 3
"""Pixels around what is found in an empty frame that are taken from the background too."""
OCCUPIED = 0.02
"""Share of a given empty frame that may be foreground before it is doubted."""
ENOUGH = 3
"""Empty frames whose usual colours are a background."""
Mask = NDArray[np.bool_]
Masks = NDArray[np.bool_]
See = Callable[[Pixels, Sequence[Pixels]], Masks]
"""What a network finds in frames H×W×3 in front of a background: N×H×W."""


@dataclass(frozen=True, slots=True)
class CameraFrames:
    """Frames H×W×3 uint8 of one size.

    Attributes:
        background: what networks are given as the empty scene.
        empty: frames in which nothing stands or moves that means anything; none if there is the background alone.
        native: (height, width) of the camera's own frames.
        busy: other frames of the camera.
    """

    background: Pixels
    empty: Sequence[Pixels]
    native: tuple[int, int]
    busy: Sequence[Pixels] = ()


def from_images(paths: Sequence[Path], size: tuple[int, int], see: See, on_progress: OnProgress) -> CameraFrames:
    """Empty frames that were given as files; their usual colours are the background, of two the first.

    Warns of one in which `see` finds something. Raises DataError where one cannot be read or is of another size.
    """
    first = read_image(paths[0], "RGB")
    read = [first, *(read_image(path, "RGB", first.shape[:2], str(paths[0])) for path in paths[1:])]
    frames = [_scaled(pixels, size) for pixels in read]
    native = (first.shape[0], first.shape[1])
    if len(frames) == 1:
        return CameraFrames(frames[0], (), native)
    background = usual(frames) if len(frames) >= ENOUGH else frames[0]
    for path, share in zip(paths, see(background, frames).mean((1, 2)), strict=True):
        if share > OCCUPIED:
            on_progress(Warned(f"{path}: {share:.0%} of it differs from the other empty frames; is it empty?"))
    return CameraFrames(background, frames[:MOST], native)


def from_video(
    path: Path, given: Pixels | None, size: tuple[int, int], see: See, catalog: Catalog, on_progress: OnProgress
) -> CameraFrames:
    """The empty frames of a clip, and the background: `given` (H×W×3 at the clip's size), or learned from the clip.

    Raises DataError where the clip cannot be read, has another size than `given`, or is never empty.
    """
    clip, native = _clip(path, size, catalog, on_progress, None if given is None else given.shape[:2])
    background = _scaled(given, size) if given is not None else _estimated(path, clip)
    on_progress(Stage("looking for empty frames"))
    masks = see(background, clip)
    chosen = emptiest(masks)
    if not chosen and given is None:
        least = float(masks.mean((1, 2)).min())
        raise DataError(
            f"{path} has no empty frame: something is in each of the {len(clip)} frames that were looked at "
            f"(in the emptiest {least:.1%} of the picture)",
            "give an image of the empty scene with `--background`, or a clip that shows it empty for a moment",
        )
    meant = masks & ~flickering(masks)
    empty = [cleared(clip[number], meant[number], background) for number in chosen]
    if given is None and len(empty) >= ENOUGH:
        background = usual(empty)
    busy = [clip[number] for number in range(len(clip)) if number not in set(chosen)]
    return CameraFrames(background, empty, native, [busy[n] for n in spread(len(busy), MOST_BUSY)] if busy else ())


def emptiest(masks: Masks) -> list[int]:
    """The numbers of empty frames, the emptiest first; `masks` N×H×W is what a network finds in each.

    >>> masks = np.zeros((6, 10, 10), bool)
    >>> masks[::2, 0, 0] = True   # leaves, which come and go
    >>> masks[3, 5:, 5:] = True   # somebody
    >>> emptiest(masks)
    [0, 1, 2, 4, 5]
    """
    besides = (masks & ~flickering(masks)).mean((1, 2))
    return [int(number) for number in besides.argsort(kind="stable")[:MOST] if besides[number] <= EMPTY]


def flickering(masks: Masks) -> Mask:
    """Where something moves without meaning anything: H×W. `masks` N×H×W is what a network finds in N frames of a clip,
    in order. It is often foreground there, and never for long."""
    often = masks.mean(0)
    low, high = FLICKERS
    by_chance = 2 * often * (1 - often)
    restless = (
        (masks[1:] != masks[:-1]).mean(0) >= RESTLESS * by_chance if len(masks) > 1 else np.zeros_like(often, bool)
    )
    found: Mask = (often >= low) & (often <= high) & restless
    return found


def cleared(frame: Pixels, found: Mask, background: Pixels) -> Pixels:
    """`frame` H×W×3, showing the background where something is `found` (H×W), and a little around it."""
    if not found.any():
        return frame
    near = ndimage.binary_dilation(found, iterations=AROUND)
    return np.where(near[..., None], background, frame)


def seen_by(model: LoadedModel) -> See:
    """What a network finds, as `See`."""

    def see(background: Pixels, frames: Sequence[Pixels]) -> Masks:
        session = model.open(background)
        found = [session(frame).foreground for frame in frames]
        return np.stack([np.zeros(background.shape[:2], bool) if mask is None else mask for mask in found])

    return see


def _estimated(path: Path, clip: Sequence[Pixels]) -> Pixels:
    background, occupied = estimate_background([clip[n] for n in spread(len(clip), ESTIMATED_FROM)])
    if occupied > OCCUPIED:
        raise DataError(
            f"{path} has no empty frame: something stands in {occupied:.0%} of the picture nearly all the time",
            "give an image of the empty scene with `--background`",
        )
    return background


def _clip(
    path: Path, size: tuple[int, int], catalog: Catalog, on_progress: OnProgress, given: tuple[int, int] | None
) -> tuple[list[Pixels], tuple[int, int]]:
    """Frames of a clip at `size`, evenly spread; and the size of its own frames."""
    name = player_of(path, catalog).full_name
    recording = catalog.create("dataset", f"{name}:{path}", {"background": 0})
    native = recording.native_size(0)
    if given is not None:
        check_same("the background", given, native, str(path))
    frames = []
    numbers = spread(len(recording), LOOKED_AT)
    for done, number in enumerate(numbers):
        on_progress(Stage("reading the clip", done, len(numbers)))
        frames.append(_scaled(recording.read([number]).fg_bg[0].permute(1, 2, 0).numpy(), size))
    return frames, native


def _scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if pixels.shape[:2] == size:
        return np.ascontiguousarray(pixels)
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size[::-1], Image.Resampling.BOX))
