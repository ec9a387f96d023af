"""Settings that change while a camera is watched: applied without a restart, or refused in one line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from live_cameras import PLUGIN, painted, walker, wall, write_video

import mdf
from mdf.api import live_settings
from mdf.api.quiet import Quiet

RATE = 10
LEFT, RIGHT = "0,0,0.5,1", "0.5,0,1,1"


class Listening(Quiet):
    """Remembers what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def warned(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks from left to right."""
    walk = walker(-10, 2.0)
    frames = [painted(wall(), [walk(number - 10)] if number >= 10 else [], 1.0, number) for number in range(95)]
    return write_video(tmp_path_factory.mktemp("street") / "street.mkv", frames, RATE)


class Watched:
    """A camera with a config file, whose events are taken one by one."""

    def __init__(self, run: Path, street: Path, folder: Path, **keys: object) -> None:
        self.file, self.observer = folder / "street.toml", Listening()
        self.head = f'# my street\nrun = "{run}"\nsource = "{street}"\nbackground = "first"\nupdate = "300ms"\n'
        self.write('zones = { left = "0,0,0.5,1" }  # the left half\n')
        self.watching = mdf.watch(config=self.file, plugins=[PLUGIN], observer=self.observer, **keys)
        self.events: list[mdf.api.Event] = []

    def write(self, text: str) -> None:
        self.file.write_text(self.head + text)

    def take(self, until: Callable[[mdf.api.Event], bool], *then: Callable[[], object]) -> list[mdf.api.Event]:
        """All events. What is to be done then is done after the first that `until` holds of, and in further frames
        until all is done."""
        waiting = list(then)
        for event in self._all():
            if waiting and (until(event) if len(waiting) == len(then) else event.kind == "appeared"):
                waiting.pop(0)()
        assert not waiting
        return self.events

    def _all(self) -> Iterator[mdf.api.Event]:
        for event in self.watching:
            self.events.append(event)
            yield event

    def zones(self) -> list[tuple[str, str, str]]:
        told = [(e.zone, e.phase, e.reason) for e in self.events if e.kind == "in zone"]
        return [one for one in told if one[1] != "update"]


@pytest.fixture
def watched(difference_run: Path, street: Path, tmp_path: Path) -> Watched:
    return Watched(difference_run, street, tmp_path)


def in_left(event: mdf.api.Event) -> bool:
    return (event.zone, event.phase) == ("left", "begin")


def test_zones_thresholds_and_sinks_are_applied_and_the_visit_goes_on(watched: Watched, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"

    def change() -> None:
        watched.write(f'zones = {{ right = "{RIGHT}" }}\ncool_off = "1s"\nevents = "{more}"\nfov = 70\n')
        watched.watching.reload()

    watched.take(in_left, change)
    assert watched.zones() == [
        ("left", "begin", ""),
        ("left", "end", "settings changed"),
        ("right", "begin", ""),
        ("right", "end", "source ended"),
    ]
    assert len([event for event in watched.events if event.kind == "appeared" and event.phase == "begin"]) == 1
    after = watched.events[watched.events.index(next(e for e in watched.events if in_left(e))) + 1 :]
    written = [json.loads(line) for line in more.read_text().splitlines()]
    assert [(line["id"], line["sequence"]) for line in written] == [(e.id, e.sequence) for e in after]
    assert watched.observer.said == ["new settings are applied; only a restart applies fov of street"]


WRONG = {
    "zones = { left = ": "is not TOML",
    'zones = { left = "0,0,2,1" }': "lies outside the picture",
    "smallest = 2": "smallest",
    "zonse = {}": "zonse",
    'events = "e.txt"': "no sink takes",
    'ignore = "0,0,1,1"': "all of the picture is ignored",
    'events = "e.jsonl"\n[sink.jsonl]\nsinc = true': "sinc",
}


def test_a_bad_file_is_refused_in_one_line_and_the_old_settings_stay(watched: Watched, tmp_path: Path) -> None:
    def change(text: str) -> None:
        watched.write(text.replace("e.jsonl", str(tmp_path / "e.jsonl")))
        watched.watching.reload()

    events = watched.take(in_left, *[partial(change, text) for text in WRONG])
    assert watched.zones() == [("left", "begin", ""), ("left", "end", "left")]
    assert len(watched.observer.said) == len(WRONG) < len(events)
    for line, said in zip(watched.observer.said, WRONG.values(), strict=True):
        assert line.startswith("the new settings are refused, and the old ones stay: ")
        assert said in line
        assert "\n" not in line


def test_a_changed_file_is_noticed_without_being_told(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_settings, "LOOK_EVERY", 0.0)
    watched.take(in_left, lambda: watched.write(f'zones = {{ left = "{LEFT}", right = "{RIGHT}" }}\n'))
    assert ("right", "begin", "") in watched.zones()


def test_a_sink_with_other_options_gets_every_event_once(watched: Watched, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    watched.write(f'events = "{file}"\n')
    live = mdf.watch(config=watched.file, plugins=[PLUGIN], observer=watched.observer)
    watched.watching = live

    def change() -> None:
        watched.write(f'events = "{file}"\n[sink.jsonl]\nsync = false\n')
        live.reload()

    watched.take(lambda event: event.phase == "begin", change)
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["id"], line["sequence"]) for line in written] == [(e.id, e.sequence) for e in watched.events]
    assert watched.observer.said == ["new settings are applied"]


def test_drawn_zones_hold_at_once_and_in_the_file(watched: Watched) -> None:
    lasts: list[bool] = []
    draw = watched.watching._watch.draw
    watched.take(in_left, lambda: lasts.append(draw("street", {"right side": "0.5,0;1,0;1,1;0.5,1"})))
    assert lasts == [True]
    assert ("right side", "begin", "") in watched.zones()
    text = watched.file.read_text()
    assert "# my street" in text
    assert mdf.watch(config=watched.file, plugins=[PLUGIN]).settings.cameras["street"].zones == {
        "right side": "0.5,0;1,0;1,1;0.5,1"
    }


def test_drawn_zones_beside_those_of_a_command_hold_until_the_end(
    difference_run: Path, street: Path, tmp_path: Path
) -> None:
    live = Watched(difference_run, street, tmp_path, zones={"left": LEFT}).watching._live
    assert live.poll() is None
    assert not live.draw("street", {"right": RIGHT})
    drawn = live.poll()
    assert drawn is not None
    assert drawn.cameras["street"].zones == {"right": RIGHT}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('source = "1" # the yard\n', 'source = "1" # the yard\nzones = {"a b" = "0,0,1,1"}\n'),
        ('zones = { old = "0,0,1,1" } # all\n', 'zones = {"a b" = "0,0,1,1"} # all\n'),
        ("[camera.yard.sink]\nn = 1\n", 'zones = {"a b" = "0,0,1,1"}\n[camera.yard.sink]\nn = 1\n'),
        ('[camera.yard.zones]\nold = "0,0,1,1"\n', '[camera.yard.zones]\n"a b" = "0,0,1,1"\n'),
    ],
)
def test_zones_are_written_into_a_cameras_own_table(tmp_path: Path, before: str, after: str) -> None:
    file, head = tmp_path / "street.toml", 'absorb = "10m"  # long\n\n[camera.door]\nsource = "0"\n\n[camera.yard]\n'
    file.write_text(head + before)
    file.chmod(0o600)
    for shape in ("0,0,0.5,1", "0,0,1,1"):
        live_settings.write_zones(file, "yard", {"a b": shape})
    assert tomllib.loads(file.read_text()) == tomllib.loads(head + after)
    assert file.read_text().startswith(head)
    assert file.stat().st_mode & 0o777 == 0o600
