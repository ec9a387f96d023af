"""A sample that cannot be read stops a study before it trains; with `skip_bad` the study goes on without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from faulty_set import cut_short, make_folder, make_plugin
from tiny_study import QUICK

from mdf import api
from mdf.core.config import Component
from mdf.core.errors import DataError
from mdf.data.open import open_all, read_through_cache
from mdf.data.skipped import SKIPPED
from mdf.data.unreadable import without_unreadable
from mdf.data.wrappers import Subset
from mdf.registry import Catalog
from mdf.runs.studies import stored_notes
from mdf.study.cell import SurveyRequest
from mdf.study.request.resolve import resolve
from mdf.study.survey import survey

SMALL = {"encoder": "unet", "heads": "mask", "steps": 2, "batch_size": 2, "size": 32, "predictor": [], "device": "cpu"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_plugin(tmp_path_factory.mktemp("plugin"), "faulty_uncached_plugin")


def silent(_: object) -> None:
    """No progress."""


def damaged(tmp_path: Path) -> tuple[Path, list[Path]]:
    root = make_folder(tmp_path / "data")
    return root, [cut_short(root / "fg_bg" / f"room{name}.jpg") for name in ("1_002", "3_001")]


def test_without_it_the_first_bad_file_is_named_before_anything_trains(tmp_path: Path) -> None:
    root, cut = damaged(tmp_path)
    with pytest.raises(DataError) as raised:
        api.benchmark(data=f"folder:{root}", runs=tmp_path / "runs", **SMALL)
    assert str(cut[0]) in raised.value.message
    assert "`--skip-bad` goes on without them" in raised.value.hint, "whichever command it is"
    assert "mdf data check" in raised.value.hint
    assert not list((tmp_path / "runs").glob("*/*/config.toml"))


def test_with_it_the_study_goes_on_and_lists_them(tmp_path: Path) -> None:
    root, cut = damaged(tmp_path)
    with pytest.warns(UserWarning, match="2 samples of `folder:.*` cannot be read and were skipped"):
        report = api.benchmark(data=f"folder:{root}", skip_bad=True, runs=tmp_path / "runs", **SMALL, **QUICK)
    assert report.ok
    assert any("2 samples" in note and SKIPPED in note for note in report.notes)
    assert [note for note in report.notes if "skipped" in note] == stored_notes(report.folder)
    listed = json.loads((report.folder / SKIPPED).read_text(encoding="utf-8"))[f"folder:{root}"]
    assert [sample["index"] for sample in listed] == [6, 13]
    assert all(str(path) in sample["reason"] for path, sample in zip(cut, listed, strict=True))
    assert report.results[0].config["skip_bad"] is True
    with pytest.warns(UserWarning, match=r"2 samples of `folder:.*` cannot be read and were skipped: the first: "):
        (own,) = api.evaluate(runs=tmp_path / "runs").groups  # which its run went without, too
    assert own.scores == {key: pytest.approx(score) for key, score in report.results[0].scores.items()}


def test_every_split_goes_without_them_and_the_cache_holds_the_rest(tmp_path: Path) -> None:
    root, _ = damaged(tmp_path)
    catalog = Catalog.discover()
    config = resolve({"data": f"folder:{root}", "skip_bad": True}, (), catalog)
    opened = open_all(config, catalog, silent)
    whole = catalog.create("dataset", f"folder:{root}", {})
    assert len(opened.dataset) == len(whole) - 2
    kept = [i for i in range(len(whole)) if i not in (6, 13)]
    for split in ("train", "val", "test"):
        assert [kept[i] for i in opened.dataset.splits().of(split)] == [
            i for i in whole.splits().of(split) if i not in (6, 13)
        ]
    assert opened.dataset.fingerprint() != whole.fingerprint()
    assert open_all(config, catalog, silent).dataset.fingerprint() == opened.dataset.fingerprint()


def test_what_was_found_is_remembered_until_a_file_is_mended(tmp_path: Path) -> None:
    root, cut = damaged(tmp_path)
    dataset = Catalog.discover().create("dataset", f"folder:{root}", {})
    events: list[object] = []
    assert len(without_unreadable(dataset, "folder", events.append)[1]) == 2
    assert events
    events.clear()
    assert len(without_unreadable(dataset, "folder", events.append)[1]) == 2
    assert not events, "nothing is read a second time but what could not be"
    cut[0].write_bytes((root / "fg_bg" / "room1_001.jpg").read_bytes())
    again = Catalog.discover().create("dataset", f"folder:{root}", {})
    assert len(without_unreadable(again, "folder", silent)[1]) == 1


@pytest.mark.parametrize("fill_cache", [False, True], ids=["dry run", "study"])
def test_the_first_training_frame_may_be_bad_where_no_size_is_given(tmp_path: Path, fill_cache: bool) -> None:
    root = make_folder(tmp_path / "data")
    first = Catalog.discover().create("dataset", f"folder:{root}", {}).splits().train[0]
    frame = sorted((root / "fg_bg").iterdir())[first]
    frame.write_bytes(b"")
    (config,) = api.cells(data=f"folder:{root}", **{**SMALL, "size": None})
    with pytest.raises(DataError, match=frame.name):
        survey(silent, SurveyRequest([config], [], fill_cache, allow_leaks=True))
    skipping = config.model_copy(update={"skip_bad": True})
    (cell,) = survey(silent, SurveyRequest([skipping], [], fill_cache, allow_leaks=True))
    assert cell.config.size == (32, 32)


def test_a_sound_set_stays_as_it_is(tmp_path: Path) -> None:
    dataset = Catalog.discover().create("dataset", f"folder:{make_folder(tmp_path / 'data')}", {})
    same, found = without_unreadable(dataset, "folder", silent)
    assert (same is dataset, found) == (True, [])


def test_sets_that_are_not_cached_are_read_once_too(plugin: str) -> None:
    component = Component(name="faulty", options={"fault": "raises"})
    dataset = Catalog.discover([plugin]).create("dataset", "faulty", component.options)
    with pytest.raises(DataError, match="sample 2 cannot be read"):
        read_through_cache(dataset, component, silent)
    part, found = without_unreadable(dataset, "faulty", silent)
    assert isinstance(part, Subset)
    assert [sample.index for sample in found] == [2, 6]
    assert read_through_cache(part, component, silent) is part


def test_a_split_that_becomes_empty_is_refused(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "data", rooms=3, frames=1)
    catalog = Catalog.discover()
    dataset = catalog.create("dataset", f"folder:{root}", {})
    (test,) = dataset.splits().test
    cut_short(root / "fg_bg" / f"room{test}_000.jpg")
    config = resolve({"data": f"folder:{root}", "skip_bad": True}, (), catalog)
    with pytest.raises(DataError, match="no sample in its test split") as raised:
        open_all(config, catalog, silent)
    assert "2 samples in all without the 1 that cannot be read" in raised.value.hint


def test_unmatched_frames_are_left_out_and_told_before_anything_is_decoded_without_it(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "data")
    lost = root / "fg_bg" / "room3_001.jpg"
    next((root / "mask").glob("room3_001.*")).unlink()
    catalog = Catalog.discover()
    config = resolve({"data": f"folder:{root}"}, (), catalog)
    told: list[object] = []
    with pytest.raises(DataError, match=rf"{lost} has no mask") as raised:
        open_all(config, catalog, told.append)
    assert "--skip-bad" in raised.value.hint
    assert told == [], "no sample is read for it"
    opened = open_all(config.model_copy(update={"skip_bad": True}), catalog, silent)
    (found,) = opened.unreadable[f"folder:{root}"]
    assert (str(lost) in found.reason, len(opened.dataset)) == (True, 19)
