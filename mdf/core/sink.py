"""The contract of sinks. A sink takes the results of watching. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mdf.core.component import ComponentConfig
from mdf.core.event import Event, TrackedObject
from mdf.core.footage import Footage
from mdf.core.image import Pixels

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """A zone as it is drawn: its name and its corners, (x, y) as shares of width and height."""

    name: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one frame.

    Attributes:
        camera: the camera's name.
        number: the frame's number, from 0; frames that were passed over count.
        time, wall: as of an `Event`.
        pixels: H×W×3 uint8 RGB.
        mask: h×w float32, the probability of foreground at the network's size; None before there is a background.
        depth: h×w float32, distance along the viewing axis in `depth_unit`; None where the network predicts none.
        depth_unit: `m`, or `relative`.
        depth_limits: the depths at the ends of the colour scale, those of the empty scene.
        objects: the objects that are followed and seen.
        zones: the zones of the camera.
        state: what the camera does now, in words: `watching`, `learning the background`, `light changed`.
        health: 0–1; 1 = the picture fits the background.
    """

    camera: str
    number: int
    time: float
    wall: float
    pixels: Pixels
    mask: Floats | None = None
    depth: Floats | None = None
    depth_unit: str = "relative"
    depth_limits: tuple[float, float] = (0.0, 1.0)
    objects: Sequence[TrackedObject] = ()
    zones: Sequence[ZoneShape] = ()
    state: str = "watching"
    health: float = 1.0


class Sink:
    """Takes events and views of one camera or of several.

    Constructed as `Sink(config, target)`, which raises where its options or its target can never work. `Spec.addresses`
    says which targets it writes. All of its other methods are called in one thread of its own, so that a slow sink does
    not stop a camera: of a live source views are dropped and counted while it is busy. Events are not: they wait.
    Importing its module must not import torch.

    A method may raise `SinkError` or `StorageError` where it cannot take something now: nobody answers, the disk is
    full. An event is then given to it again after growing pauses, until it takes it; a view is dropped. So an event may
    be given twice: `(id, sequence)` tells. After any other error it is closed, and given no more.
    """

    wants_views: ClassVar[bool] = False
    """Whether it is given views, which cost time and memory."""
    wants_footage: ClassVar[bool] = False
    """Whether it is given the coded pictures of each camera."""

    class Config(ComponentConfig):
        """No options."""

    undelivered: Path | None = None
    """File in which events that it could not take before the end wait for the next start; None = they are lost."""

    def __init__(self, config: ComponentConfig, target: str) -> None:
        self.config = config
        self.target = target

    def open(self) -> None:
        """Reach what it writes to. Called once before all others, again where it raises `SinkError`."""

    def event(self, event: Event) -> None:
        """Take one phase of an event. Phases of one event come in order."""

    def view(self, view: View) -> None:
        """Take what is known of one frame."""

    def footage(self, footage: Footage) -> None:
        """Take coded pictures. Footage that was dropped leaves a hole in the numbers of the packets."""

    def close(self) -> None:
        """Finish what is open. Nothing is called after it. Also called where the sink itself has failed."""
