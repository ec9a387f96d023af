"""Checks what a tracker promises: one number for one object, and none for two."""

from __future__ import annotations

from mdf.core.tracker import Detection, Track, Tracker
from mdf.testing.compare import require
from mdf.testing.subject import Subject

FRAMES, STEP = 40, 0.1
"""Frames of the made-up walk, and seconds between them."""


def can_be_built(subject: Subject[Tracker]) -> None:
    """It is built from its options."""
    subject.create()


def follows_one_who_walks(subject: Subject[Tracker]) -> None:
    """Somebody who walks through the picture alone is one object, seen until the end."""
    tracker = subject.create()
    tracks = [tracker.step([_walker(number)], STEP * number) for number in range(FRAMES)]
    numbers = {track.id for step in tracks for track in step}
    require(len(numbers) == 1, f"it gives {len(numbers)} numbers to one object")
    require([track.detection for track in tracks[-1]] == [0], "it does not say which detection the object is")


def a_detection_is_one_object_at_most(subject: Subject[Tracker]) -> None:
    """Two who cross: no two tracks are the same detection, and numbers of tracks differ."""
    tracker = subject.create()
    for number in range(FRAMES):
        tracks = tracker.step([_walker(number), _walker(FRAMES - number, depth=9.0)], STEP * number)
        seen = [track.detection for track in tracks if track.detection is not None]
        require(len(seen) == len(set(seen)), "two tracks are one detection")
        require(len({track.id for track in tracks}) == len(tracks), "two tracks have one number")


def numbers_are_never_used_again(subject: Subject[Tracker]) -> None:
    """Somebody who comes long after another one has left gets a new number; who left is given up."""
    tracker = subject.create()
    first = _numbers([tracker.step([_walker(number)], STEP * number) for number in range(FRAMES)])
    late = STEP * FRAMES + 600.0
    empty = [tracker.step([], late + STEP * number) for number in range(FRAMES)]
    require(not empty[-1], "it still follows what has been gone for ten minutes")
    again = [tracker.step([_walker(number)], late + 600.0 + STEP * number) for number in range(FRAMES)]
    require(bool(_numbers(again)) and not first & _numbers(again), "it uses a number again")


def _numbers(steps: list[list[Track]]) -> set[int]:
    return {track.id for step in steps for track in step}


def _walker(number: int, depth: float = 5.0) -> Detection:
    left = 0.02 + 0.8 * number / FRAMES
    return Detection((left, 0.3, left + 0.1, 0.8), 0.03, depth, 0.2)


CHECKS = (can_be_built, follows_one_who_walks, a_detection_is_one_object_at_most, numbers_are_never_used_again)
