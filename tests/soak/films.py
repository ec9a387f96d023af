"""Films of a rendered room: empty, then somebody walks through, then empty again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mdf.plugins.datasets.scenes.sequences import render_sequence

SIZE = 240, 320
RATE = 25
Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class Film:
    """An H.264 file in which one visit happens.

    Attributes:
        frames: how many it has.
        end: the first frame that shows nobody again.
    """

    path: Path
    frames: int
    end: int


EMPTY = 5.0
"""Seconds of the empty room before the visit and after it: longer than a visit's event waits for its visitor."""


def make_film(path: Path, seed: int = 3) -> Film:
    """Render it."""
    story = render_sequence("walk", seed, SIZE, RATE)
    frames: Frames = story.frames.permute(0, 2, 3, 1).contiguous().numpy()
    shown = np.flatnonzero(story.mask.flatten(1).any(1).numpy())
    empty, visit = frames[: shown[0]], frames[shown[0] : shown[-1] + 1]
    nobody = empty[np.resize(np.arange(len(empty)), round(EMPTY * RATE))]
    write_h264(path, np.concatenate([nobody, visit, nobody]))
    return Film(path, 2 * len(nobody) + len(visit), len(nobody) + len(visit))


def write_h264(path: Path, frames: Frames) -> None:
    """N×H×W×3 uint8 as an MP4 with a key frame each second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"g": str(RATE), "tune": "zerolatency"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
