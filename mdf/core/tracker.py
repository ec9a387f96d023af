"""The contract of trackers. A tracker gives moving objects an identity over frames. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from mdf.core.component import ComponentConfig

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, each as a share of the picture's width or height: 0–1, right and bottom exclusive."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One connected foreground region of a frame.

    Attributes:
        box: its bounding box.
        area: its share of the picture, 0–1.
        depth: median distance along the viewing axis; NaN where the network predicts none.
        depth_spread: half of the range between the 16th and the 84th percentile of its depth, in the same unit.
        confidence: mean foreground probability of its pixels, 0–1.
    """

    box: Box
    area: float
    depth: float
    depth_spread: float = 0.0
    confidence: float = 1.0

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands: the middle of the lower side of its box."""
        return (self.box[0] + self.box[2]) / 2, self.box[3]


@dataclass(frozen=True, slots=True)
class Track:
    """One object that is followed.

    Attributes:
        id: its number, never used again.
        box: where it is, or is expected while it is not seen.
        depth: its distance, filtered; NaN where unknown.
        velocity: of its foot point, in widths and heights of the picture a second.
        depth_rate: change of its distance, in the depth's unit a second; NaN where unknown.
        detection: which of the frame's detections it is; None = it is not seen in this frame.
    """

    id: int
    box: Box
    depth: float
    velocity: tuple[float, float]
    depth_rate: float
    detection: int | None


class Tracker(ABC):
    """Follows the objects of one camera.

    Constructed as `Tracker(config)`, once a camera. Its memory must not grow with time. Importing its module must not
    import torch.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def step(self, detections: Sequence[Detection], time: float) -> list[Track]:
        """The objects that are followed after a frame, the unseen among them until they are given up.

        Args:
            detections: what is seen in the frame, in any order. No detection may belong to two tracks.
            time: seconds, later than at the call before. Frames may be missing in between.
        """
