"""Scores over a split: statistics add whatever the batches; the best epoch is chosen on one scale for all tasks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from blobs import Blobs
from hypothesis import given
from hypothesis import strategies as st
from small_models import tasks_of

from mdf.core.errors import MdfError
from mdf.core.metric import Metric, Protocol
from mdf.core.sample import Batch
from mdf.engine.scoring import Column, SampleStatistics, sample_statistics, scene_sums, selection
from mdf.plugins.metrics.absolute import RMSE
from mdf.plugins.metrics.iou import IoU

COLUMNS = [Column("mask", "iou", IoU(IoU.Config())), Column("depth", "rmse", RMSE(RMSE.Config()))]


def guess(batch) -> dict[str, torch.Tensor]:
    """A prediction that depends on each sample alone."""
    grey = batch.fg_bg.float().mean(1, keepdim=True) / 255
    return {"mask": grey, "depth": 10 * grey, "unheard-of": grey}


def scored(batch_size: int) -> SampleStatistics:
    data = Blobs()
    batches = (data.read(range(i, min(i + batch_size, 12))) for i in range(0, 12, batch_size))
    return sample_statistics(guess, batches, COLUMNS, tasks_of("mask", "depth"), "cpu")


@given(batch_size=st.integers(1, 12))
def test_scores_are_the_same_to_the_last_bit_whatever_the_batches(batch_size: int) -> None:
    assert scored(batch_size).scores(COLUMNS) == scored(12).scores(COLUMNS)


def test_every_sample_keeps_its_own_statistics() -> None:
    found = scored(5)
    assert found.ids == [f"blob-{i}" for i in range(12)]
    assert len(found.scenes) == len(found.tags) == 12
    assert found.table("mask/iou").shape[0] == 12
    assert found.table("mask/iou").dtype == torch.float64


def test_a_column_without_a_prediction_has_no_score() -> None:
    mask_alone = sample_statistics(
        lambda b: {"mask": guess(b)["mask"]}, [Blobs().read([0])], COLUMNS, tasks_of(), "cpu"
    )
    assert set(mask_alone.scores(COLUMNS)) == {"mask/iou"}


class Cameras(Blobs):
    """Three scenes whose samples follow each other in turn."""

    def read(self, indices) -> Batch:
        return replace(super().read(indices), scenes=tuple(f"camera-{i % 3}" for i in indices))


@pytest.mark.parametrize("batch_size", [1, 5, 12])
def test_whole_scenes_are_fitted_however_they_are_spread_over_batches(batch_size: int) -> None:
    """Each camera's depth is off by a factor and an offset of its own, which no metric of images forgives."""
    data = Cameras()
    fitting = Column("depth", "rmse-scene", RMSE(RMSE.Config(alignment="per-scene")))
    column = Column("depth", "rmse", RMSE(RMSE.Config()))

    def predict(batch: Batch) -> dict[str, torch.Tensor]:
        camera = torch.tensor([float(scene[-1]) for scene in batch.scenes]).view(-1, 1, 1, 1)
        bright = batch.fg_bg.float().amin(1, keepdim=True) >= 219
        return {"depth": (1 + camera) * torch.where(bright, 3.0, 8.0) - camera}

    def batches() -> Iterator[Batch]:
        return (data.read(range(i, min(i + batch_size, 12))) for i in range(0, 12, batch_size))

    how = [column, fitting], tasks_of("depth"), "cpu"
    scores = sample_statistics(predict, batches(), *how, scene_sums(predict, batches(), *how)).scores([column, fitting])
    assert scores["depth/rmse-scene"] == pytest.approx(0.0, abs=1e-5)
    assert scores["depth/rmse"] > 1


def test_a_column_that_fits_scenes_needs_their_sums() -> None:
    fitting = Column("depth", "rmse-scene", RMSE(RMSE.Config(alignment="per-scene")))
    how = [fitting], tasks_of("depth"), "cpu"
    for sums in (None, scene_sums(guess, [Cameras().read([0])], *how)):
        with pytest.raises(MdfError, match=r"`depth/rmse-scene` .* of the scene camera-[01] are missing") as caught:
            sample_statistics(guess, [Cameras().read([0, 1])], *how, sums)
        assert "`scene_sums`" in caught.value.hint


def test_nothing_is_predicted_twice_where_no_scene_is_fitted() -> None:
    assert scene_sums(lambda _: pytest.fail("predicted"), [Blobs().read([0])], COLUMNS, tasks_of(), "cpu") == {}


class Better(Metric):
    """A metric of any protocol; only its direction is used."""

    label = "x"

    def __init__(self, direction: str, perfect: float) -> None:
        super().__init__(Metric.Config())
        self.protocol = Protocol("any", direction, perfect)

    def statistics(self, *_: object) -> torch.Tensor:
        raise NotImplementedError

    def score(self, totals: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


HIGH, LOW = Column("mask", "a", Better("higher", 1.0)), Column("depth", "b", Better("lower", 0.0))


def test_untrained_counts_nothing_and_perfect_counts_one_for_either_direction() -> None:
    untrained = {"mask/a": 0.2, "depth/b": 5.0}
    assert selection(untrained, untrained, [HIGH, LOW]) == 0.0
    assert selection({"mask/a": 1.0, "depth/b": 0.0}, untrained, [HIGH, LOW]) == 1.0
    assert selection({"mask/a": 0.6, "depth/b": 5.0}, untrained, [HIGH, LOW]) == pytest.approx(0.25)
    assert selection({"mask/a": 0.2, "depth/b": 10.0}, untrained, [HIGH, LOW]) == pytest.approx(-0.5)


def test_what_measured_nothing_counts_for_nothing() -> None:
    nan = math.nan
    found = selection({"mask/a": 0.6, "depth/b": nan}, {"mask/a": 0.2, "depth/b": nan}, [HIGH, LOW])
    assert found == pytest.approx(0.5)
    assert selection({"mask/a": nan}, {"mask/a": nan}, [HIGH]) == 0.0


@pytest.mark.parametrize(("perfect", "untrained"), [(math.inf, 3.0), (1.0, 1.0), (1.0, math.nan)])
def test_a_scale_that_has_no_length_is_never_divided_by(perfect: float, untrained: float) -> None:
    column = Column("mask", "a", Better("higher", perfect))
    assert selection({"mask/a": 0.5}, {"mask/a": untrained}, [column]) == 0.0


def test_scores_are_made_of_public_values_at_the_native_size() -> None:
    """A prediction at another size is brought to the truth's own."""
    data = Blobs()
    halved = sample_statistics(
        lambda b: {"depth": torch.full((len(b), 1, 3, 5), 8.0)}, [data.read([0])], COLUMNS, tasks_of("depth"), "cpu"
    )
    assert halved.scores(COLUMNS)["depth/rmse"] == pytest.approx(math.sqrt(0.25 * 25))
