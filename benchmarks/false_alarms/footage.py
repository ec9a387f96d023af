"""What is watched: films in which it is known who is there, real ones and rendered ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import traffic
from weather import CONDITIONS, Weather

from mdf.plugins.datasets.scenes.sequences import RenderedSequence, render_sequence

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Box = tuple[float, float, float, float]
SIZE, RATE = (240, 320), 5
"""Of rendered films: height and width, frames a second."""
SECONDS = 60.0
VISITS = (("walk", 21.0), ("stop", 46.0))
"""Who comes in a rendered film, and when (the room is empty for one more second)."""
FAR = (("far", 21.0),)
"""The same where somebody walks far away, and is small."""
FILMS = (*CONDITIONS, *(f"{condition}, far" for condition in ("calm", "night", "shadows", "leaves")))


@dataclass(frozen=True)
class Visit:
    """Somebody is there from `begin` to `end` (seconds). `boxes`: where, by the number of the frame; where known."""

    begin: float
    end: float
    boxes: dict[int, Box] | None = None


@dataclass(frozen=True)
class Footage:
    """A film with its truth.

    Attributes:
        name: the condition.
        frames: gives H×W×3 uint8 RGB, from the first one on.
        zone: the part of the picture that counts, as `--zone` takes it.
        background: the empty scene; None = it is learned.
    """

    name: str
    rate: float
    seconds: float
    frames: Callable[[], Iterator[Pixels]]
    visits: tuple[Visit, ...]
    zone: str
    background: Pixels | None = None


def rendered(condition: str, seed: int) -> Footage:
    """A rendered room, by its seed, under one of `FILMS`."""
    name, plan = condition, FAR if condition.endswith(", far") else VISITS
    condition = condition.removesuffix(", far")
    stories = {story: render_sequence(story, seed, SIZE, RATE, noise=False) for story, _ in plan}  # type: ignore[arg-type]
    visits = []
    shown: dict[int, torch.Tensor] = {}
    for story, start in plan:
        sequence, first = stories[story], round(start * RATE)
        boxes = {first + n: box for n, box in enumerate(_boxes(sequence)) if box is not None}
        shown |= {first + n: frame for n, frame in enumerate(sequence.frames)}
        visits.append(Visit(min(boxes) / RATE, (max(boxes) + 1) / RATE, boxes))
    empty = next(iter(stories.values())).bg

    def frames() -> Iterator[Pixels]:
        weather = Weather(condition, empty, RATE, seed)
        for number in range(round(SECONDS * RATE)):
            yield weather.develop(shown.get(number, empty), number / RATE)

    return Footage(name, RATE, SECONDS, frames, tuple(visits), "0.0,0.35,1.0,1.0")


def _boxes(sequence: RenderedSequence) -> Iterator[Box | None]:
    height, width = sequence.mask.shape[1:]
    for mask in sequence.mask:
        rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
        if mask.sum() < 0.002 * height * width:
            yield None
            continue
        yield (
            int(columns[0]) / width,
            int(rows[0]) / height,
            (int(columns[-1]) + 1) / width,
            (int(rows[-1]) + 1) / height,
        )


INDOORS = ((60, 203), (227, 453), (502, 705), (745, 874), (921, 1207), (1234, 1367))
"""Frames of the clip in which somebody is to be seen, by eye."""


def clip(data: Path) -> Footage:
    """A real room: six people enter one by one."""
    path = data / "surveillance_clip/one-by-one-person-detection.mp4"
    visits = tuple(Visit(begin / 10, end / 10) for begin, end in INDOORS)
    return Footage("real room", 5.0, 139.0, partial(_video, path, 1390), visits, "0.2,0.3,1.0,1.0")


def _video(path: Path, count: int) -> Iterator[Pixels]:
    video = cv2.VideoCapture(str(path))
    for number in range(count):
        frame = video.read()[1]
        if number % 2 == 0:  # it has ten a second
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


def street(data: Path) -> Footage:
    """A real street: 4.8 seconds with many vehicles."""
    folder = data / "cdnet2014/dataset/baseline/highway"
    rate, count = traffic.RATE, len(list((folder / "input").glob("*.jpg")))
    visits = [Visit(min(boxes) / rate, (max(boxes) + 1) / rate, boxes) for boxes in traffic.vehicles(folder)]
    shown, empty = partial(traffic.frames, folder), traffic.background(folder)
    return Footage("real street", rate, count / rate, shown, tuple(visits), "0.0,0.3,1.0,1.0", empty)


REAL = {"real room": clip, "real street": street}


def all_footage(data: Path, seeds: int, only: Sequence[str] | None = None) -> Iterator[Footage]:
    """The real films, and each condition in so many rooms; or only those named."""
    for condition in only or (*REAL, *FILMS):
        if condition in REAL and data.exists():
            yield REAL[condition](data)
        for seed in range(seeds if condition in FILMS else 0):
            yield rendered(condition, seed)
