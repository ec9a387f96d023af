"""How often `mdf predict` doubts that a frame belongs to its background: where it does, and where it does not.

python benchmarks/pair_fit.py DATA [--every 4]

DATA is a folder with real scenes (as `real:DATA` finds them), pairs `NAME-background*.color.png` and `NAME-input*` or
`NAME-image*`, and videos; of each video frame 28 is taken for its empty scene. Own pairs must not be doubted. Then
frames of every scene are put before every other scene's background, and before their own after the camera was moved or
turned (by cutting both to what they share) or the light was changed. The time is the processor's.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import torch
from PIL import Image

from mdf.core.image import Pixels, read_image
from mdf.inference.pair_fit import PairChecker, PairFit
from mdf.plugins.datasets.real.dataset import RealScenes
from mdf.plugins.datasets.video import VideoFile

EMPTY, STEP = 28, 40
"""The frame of a video that is empty, and every which frame is looked at."""
PART = 6
"""Frames of a scene that are tried in each wrong way."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A background and the frames that belong to it."""

    name: str
    background: Pixels
    frames: list[Pixels]

    @property
    def some(self) -> list[Pixels]:
        """A few frames, evenly spread."""
        return self.frames[:: max(1, len(self.frames) // PART)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=1, help="every which frame of a scene with masks is taken")
    args = parser.parse_args()
    scenes = [*with_masks(args.data, args.every), *pairs(args.data), *videos(args.data)]
    own = [fit(scene.background, frame) for scene in scenes for frame in scene.frames]
    tell(f"own pairs, {len(scenes)} scenes", own)
    least = min(found.structure for found in own if found.structure is not None)
    print(f"  of the background's structure every frame shows at least {least:.2f}")
    others = [
        fit(np.asarray(Image.fromarray(other.background).resize(frame.shape[1::-1])), frame)
        for scene in scenes
        for other in scenes
        if other is not scene
        for frame in scene.some
    ]
    tell("another scene's background", others)
    print(f"  and at most {max(found.structure or 0 for found in others):.2f}")
    for pixels in (2, 3, 4, 5, 6, 8, 12, 20, 40):
        tell(
            f"camera moved by {pixels} px",
            [fit(*moved) for moved in changed(scenes, lambda s, f, d=pixels: cut(s, f, d))],
        )
    for degrees in (1, 2, 3, 5):
        tell(
            f"camera turned by {degrees}°", [fit(*t) for t in changed(scenes, lambda s, f, d=degrees: turned(s, f, d))]
        )
    for gain in (0.5, 0.3, 0.2, 0.1, 2, 4):
        tell(f"light times {gain:g}", [fit(*lit) for lit in changed(scenes, lambda s, f, g=gain: [(s, light(f, g))])])
    started = process_time()
    checker = PairChecker(tensor(scenes[0].background))
    for frame in scenes[0].frames:
        checker(tensor(frame))
    print(
        f"{1e3 * (process_time() - started) / len(scenes[0].frames):.1f} ms a frame of {scenes[0].frames[0].shape[:2]}"
    )


def with_masks(data: Path, every: int) -> Iterator[Scene]:
    """The scenes that `real:` finds."""
    found = RealScenes(RealScenes.Config(), str(data))
    samples: dict[str, list[int]] = {}
    for index in range(len(found)):
        samples.setdefault(found.read([index]).scenes[0], []).append(index)
    for name, indices in samples.items():
        batches = [found.read([index]) for index in indices[::every]]
        yield Scene(name, pixels(batches[0].bg[0]), [pixels(batch.fg_bg[0]) for batch in batches])


def pairs(data: Path) -> Iterator[Scene]:
    """Single pairs, by their names."""
    for path in sorted(data.rglob("*background*.color.png")):
        for word in ("input", "image"):
            frame = path.with_name(path.name.replace("background", word))
            if frame.is_file():
                yield Scene(frame.stem, read_image(path, "RGB"), [read_image(frame, "RGB")])


def videos(data: Path) -> Iterator[Scene]:
    """Videos of one camera."""
    for path in sorted(data.rglob("*.mp4")):
        video = VideoFile(VideoFile.Config(background=EMPTY), str(path))
        batches = [video.read([number]) for number in range(EMPTY + STEP, len(video), STEP)]
        yield Scene(path.stem, pixels(batches[0].bg[0]), [pixels(batch.fg_bg[0]) for batch in batches])


Change = Callable[[Pixels, Pixels], list[tuple[Pixels, Pixels]]]


def changed(scenes: list[Scene], change: Change) -> Iterator[tuple[Pixels, Pixels]]:
    """Pairs of every scene, changed."""
    for scene in scenes:
        for frame in scene.some:
            yield from change(scene.background, frame)


def cut(background: Pixels, frame: Pixels, by: int) -> list[tuple[Pixels, Pixels]]:
    """Both as the camera would see them that moves down, and right."""
    return [(background[:-by], frame[by:]), (background[:, :-by], frame[:, by:])]


def turned(background: Pixels, frame: Pixels, degrees: float) -> list[tuple[Pixels, Pixels]]:
    """The frame turned about its middle; of both the part that is seen."""
    rows, columns = (slice(side // 8, -(side // 8)) for side in frame.shape[:2])
    rotated = np.asarray(Image.fromarray(frame).rotate(degrees, Image.Resampling.BILINEAR))
    return [(background[rows, columns], rotated[rows, columns])]


def light(frame: Pixels, gain: float) -> Pixels:
    """The frame in other light, with a camera's noise."""
    noise = np.random.default_rng(0).normal(0, 2, frame.shape)
    lit: Pixels = (frame * gain + noise).clip(0, 255).astype(np.uint8)
    return lit


def fit(background: Pixels, frame: Pixels) -> PairFit:
    """How the two fit."""
    return PairChecker(tensor(background))(tensor(frame))


def tensor(image: Pixels) -> torch.Tensor:
    """H×W×3 → 3×H×W."""
    return torch.from_numpy(np.ascontiguousarray(image).copy()).permute(2, 0, 1)


def pixels(image: torch.Tensor) -> Pixels:
    """3×H×W → H×W×3."""
    found: Pixels = image.permute(1, 2, 0).contiguous().numpy()
    return found


def tell(what: str, fits: list[PairFit]) -> None:
    """Print how many pairs are doubted."""
    print(f"{what:30} {sum(bool(found.warning) for found in fits):5} of {len(fits):5} doubted", flush=True)


if __name__ == "__main__":
    main()
