"""Who trains, chooses and tests: blocks of time within a video, or whole scenes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b


def time_blocks(frames: int, val_share: float, test_share: float, gap: int) -> tuple[range, range, range] | None:
    """Train, validation and test positions in that order of time, `gap` unused frames between them.

    The shares are of the frames that remain without the gaps; each block has at least one frame. None where
    there are too few frames.
    """
    usable = frames - 2 * gap
    if usable < 3:
        return None
    test = min(max(round(usable * test_share), 1), usable - 2)
    val = min(max(round(usable * val_share), 1), usable - 1 - test)
    train = usable - val - test
    return range(train), range(train + gap, train + gap + val), range(frames - test, frames)


def scene_groups(scenes: Sequence[str], val_share: float, test_share: float) -> tuple[list[str], list[str], list[str]]:
    """Train, validation and test scenes of at least three; each group has at least one.

    Scenes are ordered by a hash of their name, which mixes categories and is the same on every machine.
    """
    if len(scenes) < 3:
        raise ValueError(f"three groups need three scenes: got {len(scenes)}")
    order = sorted(scenes, key=lambda scene: blake2b(scene.encode()).digest())
    test = min(max(round(len(order) * test_share), 1), len(order) - 2)
    val = min(max(round(len(order) * val_share), 1), len(order) - 1 - test)
    return order[test + val :], order[test : test + val], order[:test]
