"""Checks what a sink promises: it takes every event and view, and finishes."""

from __future__ import annotations

from contextlib import chdir, closing, suppress
from dataclasses import replace
from tempfile import TemporaryDirectory

import numpy as np

from mdf.core.errors import SinkError
from mdf.core.event import Event, TrackedObject
from mdf.core.sink import Sink, View, ZoneShape
from mdf.testing.compare import require
from mdf.testing.subject import Subject

SIZE = 48, 64


def can_be_built(subject: Subject[Sink]) -> None:
    """It is built from its options and a target."""
    with TemporaryDirectory() as folder, chdir(folder):
        subject.create().close()


def takes_a_story_to_its_end(subject: Subject[Sink]) -> None:
    """Events of objects, zones and cameras, and views before and after there is a background: nothing fails but what
    says that it cannot be reached."""
    with TemporaryDirectory() as folder, chdir(folder), closing(subject.create()) as sink:
        with suppress(SinkError):
            sink.open()
        for number in range(6):
            for event in _events(number):
                with suppress(SinkError):
                    sink.event(event)
            with suppress(SinkError):
                sink.view(_view(number))


def does_not_change_what_it_is_given(subject: Subject[Sink]) -> None:
    """Other sinks are given the same view: it must stay as it is."""
    view = _view(4)
    copies = view.pixels.copy(), np.array(view.mask), np.array(view.depth)
    with TemporaryDirectory() as folder, chdir(folder), closing(subject.create()) as sink:
        sink.view(view)
    arrays = view.pixels, np.array(view.mask), np.array(view.depth)
    require(all(np.array_equal(a, b) for a, b in zip(arrays, copies, strict=True)), "it changes a view")


def _events(number: int) -> list[Event]:
    one = _object()
    begun = Event("made-up-1", 0, "begin", "appeared", "yard", 0.0, 1.0, object=one)
    dark = Event("made-up-2", 0, "begin", "light changed", "yard", 0.4, 1.4, details={"health": 0.5})
    story = {
        0: [begun],
        2: [replace(begun, sequence=1, phase="update", time=0.2), dark],
        3: [replace(dark, sequence=1, phase="end", reason="steady")],
        5: [replace(begun, sequence=2, phase="end", reason="left", zone="door", object=replace(one, depth=None))],
    }
    return story.get(number, [])


def _object() -> TrackedObject:
    outline = ((0.2, 0.2), (0.4, 0.2), (0.4, 0.8), (0.2, 0.8))
    return TrackedObject(1, (0.2, 0.2, 0.4, 0.8), 0.12, outline, 4.2, "m", 0.1, (0.5, 4.2), 1.1, "m/s", zones=("door",))


def _view(number: int) -> View:
    rng = np.random.default_rng(number)
    known = number > 1
    return View(
        camera="yard",
        number=number,
        time=0.1 * number,
        wall=1.0 + 0.1 * number,
        pixels=rng.integers(0, 255, (*SIZE, 3), np.uint8),
        mask=rng.random((24, 32), np.float32) if known else None,
        depth=1 + rng.random((24, 32), np.float32) if known else None,
        depth_unit="m",
        depth_limits=(1.0, 2.0),
        objects=(_object(),) if known else (),
        zones=(ZoneShape("door", ((0.1, 0.1), (0.5, 0.1), (0.5, 0.9))),),
        state="watching" if known else "learning the background",
    )


CHECKS = (can_be_built, takes_a_story_to_its_end, does_not_change_what_it_is_given)
