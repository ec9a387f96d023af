"""Made-up cameras: coloured boxes that move in front of a textured wall."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import mdf
from mdf.core.image import Pixels

PLUGIN = str(Path(__file__).with_name("difference_plugin.py"))
HEIGHT, WIDTH = 96, 160


def wall(seed: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Pixels:
    """A textured empty scene: grey, in patches of four pixels, without red."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(60, 140, (size[0] // 4 + 1, size[1] // 4 + 1, 1), np.uint8)
    texture = np.kron(patches, np.ones((4, 4, 1), np.uint8))[: size[0], : size[1]]
    return np.concatenate([texture // 4, texture, texture], 2)


Box = tuple[int, int, int, int, int]
"""Left, top, right, bottom in pixels, and how red it is."""


def painted(bg: Pixels, boxes: Iterable[Box], noise: float = 0.0, seed: int = 0) -> Pixels:
    """The scene with boxes in front, and the noise of a sensor."""
    frame = bg.copy()
    for left, top, right, bottom, red in boxes:
        frame[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = (red, 230, 20)
    if noise:
        grain = np.random.default_rng(seed).normal(0, noise, frame.shape)
        frame = (frame + grain).round().clip(0, 255).astype(np.uint8)
    return frame


def walker(start: int, step: float, red: int = 120, top: int = 30) -> Callable[[int], Box]:
    """Somebody 14 pixels wide and 50 tall, by the number of the frame."""

    def at(number: int) -> Box:
        left = round(start + step * number)
        return left, top, left + 14, top + 50, red

    return at


def write_video(path: Path, frames: Sequence[Pixels], rate: int = 10) -> Path:
    """A video without loss."""
    av = pytest.importorskip("av", reason="videos need the extra `video`")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(rate))
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "bgr0"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return path


def visits(events: Iterable[mdf.api.Event]) -> list[int]:
    """The numbers of the objects that appeared, in order."""
    return [e.object.id for e in events if e.kind == "appeared" and e.phase == "begin" and e.object is not None]
