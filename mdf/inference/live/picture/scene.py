"""The empty scene of a camera and whether the picture fits it: background, light and health together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from mdf.core.event import EventKind
from mdf.core.image import Pixels
from mdf.core.sink import Floats
from mdf.engine.prepare.shift import moved, moved_depth
from mdf.inference.live.network.network import EmptyScene, LiveNetwork, Question
from mdf.inference.live.network.region import whole
from mdf.inference.live.picture.background import Background
from mdf.inference.live.picture.gate import Blocks, block_means
from mdf.inference.live.picture.health import Health, Look
from mdf.inference.live.picture.light import LightSwitch, is_switch
from mdf.inference.live.picture.morphology import Mask

CORRECTED = 12.0
"""Shift in pixels of the network's picture up to which the background is moved along; farther, it is learned anew."""
RELEARN = 2.0
"""Seconds over which a new background is learned after the light was switched or the camera moved."""
SEEN_WRONG = 3
"""Looks in a row that must say the same before something is done about it."""
HEALTH: tuple[EventKind, ...] = tuple(
    kind for kind in get_args(EventKind) if kind.startswith("camera") and kind != "camera lost"
)


@dataclass(frozen=True, slots=True)
class Told:
    """Whether something that concerns the whole picture holds now."""

    kind: EventKind
    holds: bool
    details: Mapping[str, float | str] = field(default_factory=dict)
    reason: str = "over"


class Scene:
    """Looks after the background of one camera.

    Attributes:
        known_depth: the depth of the empty scene in metres, h×w at the network's size, NaN = unknown; None = no depth
            is known, or it is not known any more since the camera was moved far.
        depth_limits: the least and the greatest depth of the empty scene, as predicted.
        empty_depth: its predicted depth, h×w; None before there is a background.
    """

    def __init__(
        self, network: LiveNetwork, background: Background, live: bool, known_depth: Floats | None = None
    ) -> None:
        self.known_depth = known_depth
        self._network, self._background = network, background
        self._light, self._health = LightSwitch(), Health(live)
        self._known_version = 0
        self._blocks: Blocks = np.zeros((0, 0, 3), np.int16)
        self._switched = False
        self._wrong: list[Look] = []
        self.empty_depth: Floats | None = None
        self.depth_limits = (0.0, 1.0)
        self._update()

    @property
    def version(self) -> int:
        """Counts backgrounds."""
        return self._known_version

    @property
    def pixels(self) -> Pixels:
        """The background, h×w×3 uint8."""
        return self._background.pixels

    @property
    def empty(self) -> EmptyScene:
        """The background for the network."""
        return self._empty

    @property
    def fits(self) -> bool:
        """Whether there is a background, and the picture fits it."""
        return not self._background.learning and not self._light.changing and not self._is_blind

    @property
    def state(self) -> str:
        """What the camera does now, in words."""
        if self._light.changing or self._switched:
            return "light changed"
        if self._background.learning:
            return "learning the background"
        return (self._health.last.condition or "watching") if self._is_blind else "watching"

    @property
    def health(self) -> float:
        """0–1; 1 = the picture fits the background."""
        return 0.0 if self._background.learning else self._health.last.score

    @property
    def _is_blind(self) -> bool:
        return bool(self._wrong) and self._wrong[-1].condition in ("camera covered", "camera moved", "camera frozen")

    def step(self, frame: Pixels, blocks: Blocks, time: float) -> Iterator[Told]:
        """Take a frame h×w×3 uint8 with its `block_means`; says what holds of the whole picture."""
        if self._light.step(blocks, time):
            if self._background.learning:
                self._background.learn_again(RELEARN)
            if not self._switched and self._known_version:
                self._switched = True
                yield Told("light changed", True)
            return
        if self._switched and not self._background.learning:
            if is_switch(self._blocks, blocks):
                self._background.learn_again(RELEARN)
            else:
                yield self._light_again()
        if self._background.learning:
            if not self._background.learn(frame, time):
                return
            self._wrong = []
            if self._switched:
                yield self._light_again()
        if self._background.version != self._known_version:
            self._update()
        look = self._health.look(frame, blocks, self._background.pixels, time)
        if look is not None:
            yield from self._judge(look)

    def freshen(self, frame: Pixels, foreground: Mask, time: float) -> None:
        """Keep the background fresh where nothing is foreground."""
        if self._health.last.condition is None:
            self._background.freshen(frame, foreground, time)

    def absorb(self, frame: Pixels, where: Mask) -> None:
        """What the frame shows there belongs to the empty scene from now on."""
        self._background.absorb(frame, where)

    def _light_again(self) -> Told:
        self._switched = False
        return Told("light changed", False, reason="steady")

    def _judge(self, look: Look) -> Iterator[Told]:
        """Say what is wrong with the picture, and correct what can be."""
        details: dict[str, float | str] = {"health": round(look.score, 3)}
        if look.shift is not None:
            height, width = self._network.size
            details |= {
                "right": round(look.shift.right / width, 4),
                "down": round(look.shift.down / height, 4),
                "degrees": round(look.shift.degrees, 3),
            }
        for kind in HEALTH:
            yield Told(kind, look.condition == kind, details)
        self._wrong = [*self._wrong, look][-SEEN_WRONG:] if look.condition else []
        if len(self._wrong) == SEEN_WRONG and all(one.condition == "camera moved" for one in self._wrong):
            if look.shift is not None and look.shift.largest <= CORRECTED:
                self._background.replace(moved(self._background.pixels, look.shift))
                if self.known_depth is not None:
                    self.known_depth = moved_depth(self.known_depth, look.shift)
            else:
                self.known_depth = None
                self._background.learn_again(RELEARN)
            self._wrong = []

    def _update(self) -> None:
        """Give the network the new background."""
        if self._background.learning:
            return
        self._known_version = self._background.version
        pixels = self._background.pixels
        self._blocks = block_means(pixels)
        self._empty = self._network.empty_scene(pixels, self.known_depth)
        depth = self._network.answer([Question(self._empty, pixels, whole(self._network.size))])[0].depth
        self.empty_depth = depth
        if depth is not None:
            self.depth_limits = (float(depth.min()), float(depth.max()))
