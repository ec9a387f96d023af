"""`mdf data info` tells what is there: counts, scenes, statistics, and the normalisation that a trial would use."""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path

import pytest
from faulty_set import cut_short, make_folder

from mdf.core.config import Component
from mdf.data.cache import cached
from mdf.data.inspect import info as module
from mdf.data.inspect.results import DataInfo, Range, SizeCount
from mdf.engine.prepare.normalise import frame_statistics
from mdf.registry import Catalog


def info(name: str, plugins: list[str] | None = None, **options: object) -> DataInfo:
    return module.info(lambda _: None, Component(name=name, options=options), plugins or [])


def test_counts_scenes_and_targets(plugin: str) -> None:
    found = info("faulty", [plugin], fault="empty")
    assert (found.samples, found.read, found.scenes, found.split_by) == (9, 9, 9, "scene")
    assert {name: (s.samples, s.scenes) for name, s in found.splits.items()} == {
        "train": (5, 5),
        "val": (2, 2),
        "test": (2, 2),
    }
    assert found.sizes == (SizeCount(32, 32, 9),)
    assert found.tags == {"even": 5}
    assert found.tasks == {"mask": "", "depth": "m"}
    mask, depth = found.targets["mask"], found.targets["depth"]
    share = 100 * 81 / 1024
    assert astuple(mask.range) == pytest.approx((0.0, share, share))
    assert (mask.measures, mask.unit, mask.empty, mask.valid_share, mask.without_valid) == (
        "foreground",
        "%",
        1,
        1.0,
        0,
    )
    assert (depth.measures, depth.unit, depth.range) == ("", "m", Range(4.0, 4.0, 4.0))


def test_targets_without_a_valid_pixel_are_counted_and_not_measured(plugin: str) -> None:
    depth = info("faulty", [plugin], fault="unknown").targets["depth"]
    assert depth.without_valid == 1
    assert depth.valid_share == pytest.approx(8 / 9)
    assert depth.range == Range(4.0, 4.0, 4.0)


def test_normalisation_is_what_a_trial_measures(tmp_path: Path) -> None:
    name = f"folder:{make_folder(tmp_path)}"
    dataset = Catalog.discover().create("dataset", name, {})
    mean, std = frame_statistics(dataset.read(list(dataset.splits().train)).fg_bg)
    normalisation = info(name).normalisation
    assert (normalisation.mean, normalisation.std) == (pytest.approx(mean), pytest.approx(std))


def test_a_large_set_is_sampled_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FROM_FILES", 4)
    found = info(f"folder:{make_folder(tmp_path, rooms=8)}")
    assert found.samples == 32
    assert 4 <= found.read <= 12
    assert sum(split.samples for split in found.splits.values()) == 32


def test_the_cache_is_told_of_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path / "cache"))
    name = f"folder:{make_folder(tmp_path / 'data')}"
    before = info(name)
    assert (before.cache, before.wants_cache) == (None, True)
    cached(Catalog.discover().create("dataset", name, {}), "folder")
    after = info(name)
    assert Path(after.cache.folder).is_dir()
    assert after.cache.bytes > 20 * 2 * 3 * 32 * 32
    assert replace(after, cache=None) == before


def test_samples_that_cannot_be_read_do_not_stop_it(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    cut_short(root / "fg_bg" / "room1_002.jpg")
    found = info(f"folder:{root}")
    assert (found.unreadable, found.read) == (1, 19)


def test_a_set_without_truth_has_no_splits(tmp_path: Path) -> None:
    root = make_folder(tmp_path)
    for path in (root / "mask").iterdir():
        path.unlink()
    (root / "mask").rmdir()
    found = info(f"folder:{root}")
    assert (found.split_by, found.splits, found.targets) == (None, {}, {})
    assert "neither mask/ nor depth/" in found.no_splits


def test_relative_and_metric_depths(mdf_test_data: Path) -> None:
    found = info(f"rgbd-pairs:{mdf_test_data / 'rgbd_pairs'}")
    assert found.tasks["depth"] == "m"
    depth = found.targets["depth"]
    assert 0 < depth.range.min < depth.range.max < 2
    assert 0 < depth.valid_share < 1
    assert max(found.normalisation.mean) <= 1
