"""What is counted of a watch while it runs. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mdf.inference.live.delivery.deliver import Delivery


@dataclass(frozen=True, slots=True)
class CameraNumbers:
    """What is counted of one camera.

    Attributes:
        frames, computed, passed_over: frames that arrived, of which the network saw something, and that were passed
            over.
        opened: how often its source was opened.
        is_up: whether its source gives frames.
        health: 0–1; None = nothing is known yet.
        events: phases of events that were told.
        delays: seconds from the arrival of a frame to its events, of the last frames; `delay_sum` of all.
    """

    frames: int
    computed: int
    passed_over: int
    opened: int
    is_up: bool
    health: float | None
    events: int
    delays: Sequence[float]
    delay_sum: float


class Numbers(Protocol):
    """Where the numbers come from."""

    def camera_numbers(self) -> Mapping[str, CameraNumbers]:
        """By the name of the camera."""

    def deliveries(self) -> Sequence[Delivery]:
        """The sinks."""
