"""`mdf.watch` on files: every frame, every visit once, the same ids again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from live_cameras import HEIGHT, PLUGIN, WIDTH, painted, visits, walker, wall, write_video
from PIL import Image

import mdf
from mdf.core.errors import ConfigError, DataError, MdfError

RATE = 10
FRAMES = 185


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two visits: one walks through from frame 10 on, another one from frame 95 on in the other direction."""
    first, second = walker(-20, 3.5), walker(WIDTH + 10, -3.5, red=200)
    frames = []
    for number in range(FRAMES):
        boxes = [first(number - 10)] if 10 <= number < 70 else [second(number - 95)] if number >= 95 else []
        frames.append(painted(wall(), boxes, noise=1.5, seed=number))
    return write_video(tmp_path_factory.mktemp("street") / "street.mkv", frames, RATE)


@pytest.fixture(scope="module")
def plain(street: Path, difference_run: Path) -> tuple[list[mdf.api.Event], dict[str, float]]:
    """The street as it is watched without options: its events, and what was counted."""
    watching = mdf.watch(difference_run, street, plugins=[PLUGIN])
    events = list(watching)
    (counts,) = watching.summary().values()
    return events, counts


def watched(run: Path, source: object, **keys: object) -> list[mdf.api.Event]:
    return list(mdf.watch(run, source, plugins=[PLUGIN], **keys))


def test_one_event_a_visit_and_each_phase_once(street: Path, difference_run: Path, tmp_path: Path) -> None:
    events = watched(difference_run, street, events=str(tmp_path / "events.jsonl"), update="1s")
    assert visits(events) == [1, 2]
    assert len({(e.id, e.sequence) for e in events}) == len(events)
    for number in (1, 2):
        own = [e for e in events if e.object is not None and e.object.id == number and e.kind == "appeared"]
        assert [e.phase for e in own] == ["begin", *["update"] * (len(own) - 2), "end"]
        assert [e.sequence for e in own] == list(range(len(own)))
    assert [e.reason for e in events if e.phase == "end"] == ["left", "left"]
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(line["id"], line["sequence"]) for line in lines] == [(e.id, e.sequence) for e in events]
    assert lines[0]["object"]["depth_unit"] == "relative"
    assert lines[0]["object"]["speed_unit"] == "widths/s"


def test_the_same_file_again_adds_nothing(street: Path, difference_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    watched(difference_run, street, events=str(file))
    before = file.read_bytes()
    watched(difference_run, street, events=str(file))
    assert file.read_bytes() == before
    killed = before.splitlines(keepends=True)[0] + b'{"id": "half a li'
    file.write_bytes(killed)
    watched(difference_run, street, events=str(file))
    lines = [[json.loads(line) for line in text.splitlines()] for text in (file.read_bytes(), before)]
    again, whole = ([(line["id"], line["sequence"], line["phase"]) for line in one] for one in lines)
    assert again == whole


def test_the_gate_changes_nothing_but_the_work(
    street: Path, difference_run: Path, plain: tuple[list[mdf.api.Event], dict[str, float]]
) -> None:
    with_gate, gated = plain
    without = mdf.watch(difference_run, street, plugins=[PLUGIN], gate="off")
    one, other = ([(e.kind, e.phase) for e in events] for events in (with_gate, without))
    assert one == other
    (all_,) = without.summary().values()
    assert all_["computed"] == all_["frames"] == FRAMES
    assert gated["computed"] < 0.625 * FRAMES


def test_zones_with_entering_and_leaving(street: Path, difference_run: Path) -> None:
    events = watched(difference_run, street, zones={"middle": "0.4,0.3,0.6,0.95"}, cool_off="1s")
    told = [(e.phase, e.zone, e.object.id) for e in events if e.kind == "in zone" and e.object is not None]
    assert told == [("begin", "middle", 1), ("end", "middle", 1), ("begin", "middle", 2), ("end", "middle", 2)]
    begun = [e.object for e in events if e.kind == "in zone" and e.phase == "begin"]
    assert all(0.35 < (one.box[0] + one.box[2]) / 2 < 0.65 for one in begun if one is not None)


def test_what_is_ignored_tells_nothing(street: Path, difference_run: Path, tmp_path: Path) -> None:
    assert not visits(watched(difference_run, street, ignore=["0,0,1,0.9"]))
    with pytest.raises(DataError, match="all of the picture is ignored"):
        watched(difference_run, street, ignore=["0,0,1,1"])
    image = np.zeros((HEIGHT, WIDTH), np.uint8)
    image[:, : WIDTH // 2] = 255
    Image.fromarray(image).save(tmp_path / "left.png")
    assert visits(watched(difference_run, street, ignore=[str(tmp_path / "left.png")])) == [1, 2]


def test_an_annotated_video_and_maps(street: Path, difference_run: Path, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    targets = (str(tmp_path / "seen.mp4"), str(tmp_path / "maps") + "/")
    list(mdf.watch(difference_run, street, plugins=[PLUGIN], out=targets, settings=["sink.maps.every=10"]))
    with av.open(str(tmp_path / "seen.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == FRAMES
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    masks = sorted((tmp_path / "maps").glob("*-mask.png"))
    assert len(masks) == 19
    with Image.open(masks[5]) as mask:
        assert (np.array(mask) > 127).sum() == pytest.approx(14 * 50, rel=0.1)
    with Image.open(str(masks[5]).replace("mask", "depth")) as depth:
        assert json.loads(depth.text["mdf"])["unit"] == "relative"


def test_metres_where_the_empty_scene_is_known(
    street: Path, difference_run: Path, tmp_path: Path, plain: tuple[list[mdf.api.Event], dict[str, float]]
) -> None:
    np.save(tmp_path / "depth.npy", np.full((HEIGHT, WIDTH), 8.0, np.float32))
    keys = {"background_depth": str(tmp_path / "depth.npy"), "fov": 60.0}
    events = watched(difference_run, street, **keys)
    one = next(e.object for e in events if e.phase == "end")
    assert (one.depth_unit, one.speed_unit) == ("m", "m/s")
    assert one.position is not None
    assert one.position[1] == pytest.approx(one.depth)
    without = next(e.object for e in plain[0] if e.phase == "end")
    assert without.position is None


def test_images_of_a_folder_in_natural_order(difference_run: Path, tmp_path: Path) -> None:
    somebody = walker(-20, 7)
    for number in range(60):
        boxes = [somebody(number - 30)] if number >= 30 else []
        Image.fromarray(painted(wall(), boxes, 1.0, number)).save(tmp_path / f"frame_{number}.png")
    Image.fromarray(wall()).save(tmp_path / "empty.bmp")
    keys = {"background": str(tmp_path / "empty.bmp"), "settings": ["source.fps=10"]}
    for source in (str(tmp_path / "*.png"), f"images:{tmp_path}/*.png"):
        events = watched(difference_run, source, **keys)
        assert visits(events) == [1]
        assert 3.0 < events[0].time < 4.5


def test_what_stands_still_has_stopped_and_becomes_background(difference_run: Path, tmp_path: Path) -> None:
    frames = [painted(wall(), [], 1.0, n) for n in range(10)]
    frames += [painted(wall(), [walker(-14, 8)(min(n, 9))], 1.0, n) for n in range(120)]
    film = write_video(tmp_path / "bag.mkv", frames)
    events = watched(difference_run, film, background="first", absorb="5s")
    assert [(e.kind, e.phase, e.reason) for e in events] == [
        ("appeared", "begin", ""),
        ("stopped", "begin", ""),
        ("appeared", "end", "absorbed"),
        ("stopped", "end", "absorbed"),
    ]
    kept = watched(difference_run, film, background="first", absorb="5s", stopped="keep")
    assert [(e.kind, e.reason) for e in kept if e.phase == "end"] == [
        ("appeared", "source ended"),
        ("stopped", "source ended"),
    ]


def test_a_ghost_of_the_background_is_no_visit(difference_run: Path, tmp_path: Path) -> None:
    parked = (90, 30, 120, 70, 120)
    frames = [painted(wall(), [parked] if n < 3 else [], 1.0, n) for n in range(80)]
    events = watched(difference_run, write_video(tmp_path / "ghost.mkv", frames), background="first")
    assert [e.reason for e in events if e.phase == "end"] in ([], ["ghost"])
    assert all(e.time < 3 for e in events)


def test_a_crowd_has_a_beginning_and_an_end(difference_run: Path, tmp_path: Path) -> None:
    three = [walker(start, 3.5) for start in (-20, -50, -80)]
    frames = [painted(wall(), [one(n - 10) for one in three], 1.0, n) for n in range(120)]
    events = watched(difference_run, write_video(tmp_path / "crowd.mkv", frames), background="first", crowd=3)
    assert [e.phase for e in events if e.kind == "crowd"] == ["begin", "end"]
    assert len(visits(events)) == 3


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"zones": {"door": "0.1,0.2,1.4,0.9"}}, "outside the picture"),
        ({"zones": {"door": "0.1,0.2"}}, "neither a box nor a polygon"),
        ({"absorb": "soon"}, "absorb"),
        ({"tracker": "mlflow"}, "no tracker is called `mlflow`"),
        ({"no_such_key": 1}, "no_such_key"),
        ({"source": "rtps://camera/a"}, "no source takes `rtps://camera/a`"),
        ({"background": "7", "source": "frames/"}, "no file|there are no images"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    keys: dict[str, object], message: str, street: Path, difference_run: Path
) -> None:
    with pytest.raises(MdfError, match=message) as caught:
        watched(difference_run, **{"source": street, **keys})
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_mlflow_is_a_logger(street: Path, difference_run: Path) -> None:
    with pytest.raises(MdfError) as caught:
        watched(difference_run, street, tracker="mlflow")
    assert "there is a logger of that name" in caught.value.hint


def test_a_file_that_is_no_video(difference_run: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no video at all")
    with pytest.raises(DataError, match=r"notes.*cannot be opened as a video"):
        watched(difference_run, tmp_path / "notes.mp4")
    with pytest.raises(DataError, match="There is no video"):
        watched(difference_run, tmp_path / "nothing.mp4")


def test_a_background_of_another_size(street: Path, difference_run: Path, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "bg.png")
    with pytest.raises(DataError, match="40×30"):
        watched(difference_run, street, background=str(tmp_path / "bg.png"))


def test_several_cameras_of_one_config(street: Path, difference_run: Path, tmp_path: Path) -> None:
    config = tmp_path / "street.toml"
    config.write_text(
        f'run = "{difference_run}"\nevents = "{tmp_path}/all.jsonl"\n'
        f'[camera.north]\nsource = "{street}"\n[camera.south]\nsource = "{street}"\nzones = {{ gate = "0,0,1,1" }}\n'
    )
    events = list(mdf.watch(config=config, plugins=[PLUGIN]))
    assert visits([e for e in events if e.camera == "north"]) == [1, 2]
    assert visits([e for e in events if e.camera == "south"]) == [1, 2]
    assert {e.zone for e in events if e.camera == "south" and e.kind == "in zone"} == {"gate"}
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == len(events)
    config.write_text('[camera.a]\nsource = "x.mp4"\nzoness = 3\n')
    with pytest.raises(ConfigError, match="zoness"):
        mdf.watch(config=config)


def test_stopping_ends_the_open_events(street: Path, difference_run: Path) -> None:
    watching = mdf.watch(difference_run, street, plugins=[PLUGIN])
    events = []
    for event in watching:
        events.append(event)
        watching.stop()
    assert [(e.phase, e.reason) for e in events] == [("begin", ""), ("end", "stopped")]


def test_leaving_the_loop_ends_what_is_open_in_the_sinks(street: Path, difference_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    events = iter(mdf.watch(difference_run, street, plugins=[PLUGIN], events=str(file)))
    assert next(events).phase == "begin"
    events.close()  # type: ignore[attr-defined]
    assert [json.loads(line)["reason"] for line in file.read_text().splitlines()] == ["", "stopped"]
