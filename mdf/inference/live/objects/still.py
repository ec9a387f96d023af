"""What stands still: ghosts of the background, and objects that stopped. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mdf.core.background import stands_out
from mdf.core.event import TrackedObject
from mdf.core.image import Pixels
from mdf.inference.live.objects.detect import Found
from mdf.inference.live.picture.morphology import Mask, grown

GHOST_AFTER, GHOST_AFTER_WALK = 0.3, 15.0
"""Seconds that something must stand still before it may be a ghost: what has walked here is hardly one."""
GHOST_EVERY = 5.0
"""Seconds between two tests of one object."""
AROUND = 3
"""Pixels around an object that are given to the background with it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about an object.

    Attributes:
        stopped: it has stood still for long. moved: it moves.
        absorbed: h×w bool, the pixels that belong to the background from now on; None = none.
        reason: why its events end: `absorbed` or `ghost`.
    """

    object: TrackedObject
    stopped: bool = False
    moved: bool = False
    absorbed: Mask | None = None
    reason: str = ""


class Still:
    """Judges the objects that stand still.

    Where something left that was in the background, the background shows an outline and the frame does not: a ghost.

    Attributes:
        gone: objects of this frame that were given to the background.
    """

    def __init__(self, absorb_after: float | None, keep: bool) -> None:
        """`absorb_after` seconds an object has stopped (None = never); with `keep` it stays an object."""
        self.change(absorb_after, keep)
        self._tested: dict[int, float] = {}
        self.gone: set[int] = set()

    def change(self, absorb_after: float | None, keep: bool) -> None:
        """Another time, or another fate."""
        self._after, self._keep = absorb_after, keep

    def judge(
        self,
        objects: Sequence[TrackedObject],
        still_since: Mapping[int, float],
        walked: Collection[int],
        found: Sequence[Found],
        frame: Pixels,
        background: Pixels,
        time: float,
    ) -> Iterator[Verdict]:
        """The verdicts on the objects of a frame; `found` are the detections that they are."""
        self.gone = set()
        self._tested = {number: at for number, at in self._tested.items() if number in still_since}
        for one in objects:
            since = still_since.get(one.id)
            if since is None:
                yield Verdict(one, moved=True)
                continue
            if self._is_due(one, since, time, one.id in walked) and is_ghost(
                _pixels(one, found, frame), frame, background
            ):
                self.gone.add(one.id)
                yield Verdict(one, absorbed=grown(_pixels(one, found, frame), AROUND), reason="ghost")
            elif self._after is not None and time - since >= self._after:
                absorbed = None if self._keep else grown(_pixels(one, found, frame), AROUND)
                if absorbed is not None:
                    self.gone.add(one.id)
                yield Verdict(one, stopped=True, absorbed=absorbed, reason="absorbed")

    def _is_due(self, one: TrackedObject, since: float, time: float, has_walked: bool) -> bool:
        after = GHOST_AFTER_WALK if has_walked else GHOST_AFTER
        if time - since < after or time - self._tested.get(one.id, -GHOST_EVERY) < GHOST_EVERY:
            return False
        self._tested[one.id] = time
        return True


def is_ghost(patch: Mask, frame: Pixels, background: Pixels) -> bool:
    """Whether it is the background that shows an object there."""
    return bool(patch.any()) and stands_out(patch, background.astype(np.int16), frame.astype(np.int16))


def _pixels(one: TrackedObject, found: Sequence[Found], frame: Pixels) -> Mask:
    """The object's pixels, h×w bool."""
    mask = np.zeros(frame.shape[:2], bool)
    for detection in found:
        if detection.detection.box == one.box:
            height, width = detection.mask.shape
            mask[detection.top : detection.top + height, detection.left : detection.left + width] = detection.mask
    return mask
