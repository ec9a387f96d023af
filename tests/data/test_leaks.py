"""What training and test must not share stops a study before it trains, unless that is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from faulty_set import make_plugin

from mdf import api
from mdf.core.config import validate
from mdf.core.dataset import Splits
from mdf.core.errors import DataError
from mdf.core.progress import Progress, Stage
from mdf.data.backgrounds.scenes import find_backgrounds
from mdf.data.leaks import check_leaks
from mdf.data.mixture import Mixture
from mdf.data.open import Opened, open_all, trained_scenes
from mdf.registry import Catalog


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The plugin's file."""
    return make_plugin(tmp_path_factory.mktemp("plugin"), "leaking_plugin")


def quiet(event: Progress) -> None:
    """Tells nobody."""


def faulty(fault: str = "", by: str = "scene") -> dict[str, Any]:
    return {"name": "faulty", "fault": fault, "by": by}


def warnings(plugin: str, allowed: bool = False, **keys: Any) -> list[str]:
    config = validate(keys)
    return check_leaks(config, open_all(config, Catalog.discover([plugin])), quiet, allowed)


def test_nothing_is_told_where_nothing_is_shared(plugin: str) -> None:
    assert warnings(plugin, data=faulty()) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("shared scene", "scene `room-0` (train and test) in more than one split"),
        ("listed twice", "(train and val) in more than one split"),
        ("twin rooms", "scenes `room-0` (train), `room-8` (test) show nearly the same background"),
    ],
)
def test_a_leak_is_an_error_with_a_cure_and_a_warning_where_it_is_allowed(plugin: str, fault: str, told: str) -> None:
    with pytest.raises(DataError) as caught:
        warnings(plugin, data=faulty(fault))
    assert told in caught.value.message
    assert "--allow-leaks" in caught.value.hint
    (warning,) = warnings(plugin, allowed=True, data=faulty(fault))
    assert told in warning


def test_scenes_that_are_drawn_may_look_alike(plugin: str) -> None:
    config = validate({"data": faulty("twin rooms")})
    data = open_all(config, Catalog.discover([plugin]))
    data.dataset.synthetic = True
    assert check_leaks(config, data, quiet, allowed=False) == []


def test_a_split_in_time_declares_its_scenes_and_is_warned_of_backgrounds_alike(plugin: str) -> None:
    assert warnings(plugin, data=faulty("shared scene", "time")) == []
    (warning,) = warnings(plugin, data=faulty("twin rooms", "time"))
    assert "`room-0` (train), `room-8` (test)" in warning


def test_rooms_alike_within_one_split_are_no_leak(plugin: str) -> None:
    assert warnings(plugin, data=faulty("twin rooms in train")) == []


def test_a_flat_background_is_like_no_other(plugin: str) -> None:
    assert warnings(plugin, data=faulty("flat")) == []


def test_data_that_are_trained_on_besides_are_held_against_the_test_too(plugin: str) -> None:
    config = validate({"data": faulty(), "extra_train": [faulty("empty")]})
    base, extra = (Catalog.discover([plugin]).create("dataset", d.name, d.options) for d in (config.data, config.data))
    extra.splits = lambda: Splits([8], [], [])  # the room that the other set tests on
    with pytest.raises(DataError, match=r"`faulty: room-8` \(train\), `room-8` \(test\)|`room-8` \(test\), `faulty"):
        check_leaks(config, Opened(Mixture(base, [extra]), {}), quiet, allowed=False)


def test_data_that_are_scored_besides_are_warned_of(plugin: str) -> None:
    told = warnings(plugin, data=faulty("twin rooms in train"), eval_data=[faulty()])
    assert any("(eval data)" in warning for warning in told)


def opened(plugin: str, fault: str = "") -> tuple[Opened, Any]:
    config = validate({"data": faulty(fault)})
    return open_all(config, Catalog.discover([plugin])), config


def test_the_scenes_trained_on_are_those_of_the_training_split(plugin: str) -> None:
    data, config = opened(plugin)
    assert trained_scenes(config, data, quiet) == {f"room-{i}" for i in range(5)}


def test_backgrounds_are_looked_for_once(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, config = opened(plugin, "empty")
    first = find_backgrounds(data.dataset, config.data, quiet)

    def none(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(type(data.dataset), "read", none)
    again = find_backgrounds(data.dataset, config.data, quiet)
    assert list(again.scenes) == list(first.scenes)
    assert {scene: picture.tobytes() for scene, picture in again.thumbnails.items() if picture is not None} == {
        scene: picture.tobytes() for scene, picture in first.thumbnails.items() if picture is not None
    }


def test_samples_without_number_are_not_all_read_before_the_training(
    plugin: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path))
    dataset = Catalog.discover([plugin]).create("dataset", "faulty", {})
    monkeypatch.setattr(type(dataset), "probe_indices", lambda _: range(0, 9, 2))
    told: list[Progress] = []
    config = validate({"data": faulty()})
    data = open_all(config, Catalog.discover([plugin]), told.append)
    assert [event.done for event in told if isinstance(event, Stage)] == [5]
    assert trained_scenes(config, data, quiet) == {f"room-{i}" for i in (0, 2, 4)}


def test_data_that_no_cache_holds_are_read_once_by_all_that_looks_at_them(
    plugin: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path))
    catalog, config = Catalog.discover([plugin]), validate({"data": faulty()})
    kind, times = type(open_all(config, catalog).dataset), []
    sample = kind.sample

    def counted(self: Any, index: int) -> Any:
        times.append(index)
        return sample(self, index)

    monkeypatch.setattr(kind, "sample", counted)
    for _ in range(2):  # the survey, and then a trial
        data = open_all(config, catalog, quiet)
        check_leaks(config, data, quiet, allowed=False)
        trained_scenes(config, data, quiet)
    assert sorted(times) == list(range(9))


def test_a_study_stops_before_anything_is_trained(plugin: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="`room-0` \\(train\\), `room-8` \\(test\\)"):
        api.benchmark(
            data=faulty("twin rooms"), encoder="unet", predictor=[], steps=1, runs=tmp_path / "runs", plugins=[plugin]
        )
    assert not list(tmp_path.rglob("result.json"))


def test_five_frames_of_one_room_are_no_five_backgrounds(mdf_test_data: Path) -> None:
    root = mdf_test_data / "rgbd_rooms"
    name = f"composite:{root},{mdf_test_data / 'cutouts'}"
    config = validate({"data": {"name": name, "train": 9, "val": 3, "test": 3}})
    with pytest.raises(DataError, match="nearly the same background"):
        check_leaks(config, open_all(config, Catalog.discover([])), quiet, allowed=False)
