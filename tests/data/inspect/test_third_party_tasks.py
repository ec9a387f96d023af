"""A third party's tasks are cached, summed up, checked and drawn as the built-in ones are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from mdf.core.config import Component
from mdf.core.sample import Sample
from mdf.data.cache import CachedDataset, cached
from mdf.data.inspect.check import check
from mdf.data.inspect.info import info
from mdf.data.inspect.results import DataInfo
from mdf.data.inspect.show import show
from mdf.registry import Catalog

SAMPLE = Path(__file__).parents[2] / "third_party" / "mdf-sample"
PLUGIN = "mdf_sample"
PLANES = Component(name="planes", options={"scenes": 4, "frames": 3})


@pytest.fixture(autouse=True)
def _sample_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(SAMPLE))
    monkeypatch.setenv("MDF_CACHE", str(tmp_path / "cache"))


def quiet(_: object) -> None:
    """Tells nobody."""


def planes_info() -> DataInfo:
    return info(quiet, PLANES, [PLUGIN])


def spoil(monkeypatch: pytest.MonkeyPatch, task: str, change: Callable[[torch.Tensor], None]) -> None:
    """The targets of `task` in sample 1 are changed as they are read."""
    from mdf_sample.dataset import Planes

    sample = Planes.sample

    def spoiled(self: Any, index: int) -> Sample:
        found = sample(self, index)
        if index == 1:
            change(found.targets[task])
        return found

    monkeypatch.setattr(Planes, "sample", spoiled)


@pytest.mark.parametrize("task", ["depth", "normals", "disparity"])
def test_it_is_summed_up(task: str) -> None:
    truth = Catalog.discover([PLUGIN]).create("dataset", PLANES.name, PLANES.options).read(range(12)).targets[task]
    statistics = planes_info().targets[task]
    assert statistics.unit == {"depth": "m", "normals": "", "disparity": "px"}[task]
    assert (statistics.measures, statistics.empty, statistics.valid_share) == ("", 0, 1.0)
    assert statistics.range is not None
    assert (statistics.range.min, statistics.range.max) == (truth.min().item(), truth.max().item())


def test_it_is_read_from_the_cache_as_from_the_data_set() -> None:
    dataset = Catalog.discover([PLUGIN]).create("dataset", PLANES.name, PLANES.options)
    before = planes_info()
    stored = cached(dataset, "planes")
    assert isinstance(stored, CachedDataset)
    for task in dataset.tasks:
        assert torch.equal(stored.read(range(12)).targets[task], dataset.read(range(12)).targets[task])
    after = planes_info()
    assert after.cache is not None
    assert after.targets == before.targets


def test_sound_targets_have_no_findings() -> None:
    assert check(quiet, PLANES, [PLUGIN]).findings == ()


@pytest.mark.parametrize(
    ("task", "change", "message"),
    [
        ("normals", lambda x: x[:, 0, :2].mul_(2), "normals: 2 valid pixels are not of length 1"),
        ("normals", lambda x: x[0, 0, 0].fill_(torch.nan), "normals: 1 valid pixel is NaN or infinite"),
        ("disparity", lambda x: x[:, 0, 0].neg_(), "disparity: 1 valid pixel is below 0"),
        ("depth", lambda x: x[:, 0, 0].neg_(), "depth: 1 valid pixel is at or below 0"),
    ],
    ids=["length", "nan", "negative disparity", "negative depth"],
)
def test_wrong_values_are_found_by_the_tasks_own_rule(
    monkeypatch: pytest.MonkeyPatch, task: str, change: Callable[[torch.Tensor], None], message: str
) -> None:
    spoil(monkeypatch, task, change)
    (finding,) = [f for f in check(quiet, PLANES, [PLUGIN]).findings if f.kind == "value"]
    assert (finding.level, finding.what.startswith("sample `0000/000001`: ")) == ("error", True)
    assert message in finding.what
    assert finding.cure


def test_it_is_drawn(tmp_path: Path) -> None:
    shown = show(quiet, PLANES, [PLUGIN], 4, tmp_path / "sheet.png")
    assert shown.columns == ("background", "frame", "mask: true", "depth: true", "normals: true", "disparity: true")
    assert (shown.not_drawn, len(shown.samples)) == ((), 4)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (6 * 32, 4 * 32)


def test_a_task_that_no_head_knows_is_summed_up_and_not_drawn(tmp_path: Path) -> None:
    plugin = tmp_path / "planes_without_heads.py"
    plugin.write_text(
        "from mdf.core.hooks import hookimpl\nfrom mdf.core.spec import Spec\n@hookimpl\ndef mdf_datasets():\n"
        "    return [Spec('bare-planes', 'mdf_sample.dataset:Planes', 'Planes without their heads.')]\n"
    )
    bare = Component(name="bare-planes", options=PLANES.options)
    assert info(quiet, bare, [str(plugin)]).targets["normals"] == planes_info().targets["normals"]
    assert show(quiet, bare, [str(plugin)], 2, tmp_path / "sheet.png").not_drawn == ("normals", "disparity")
    assert check(quiet, bare, [str(plugin)]).findings == ()
