"""A result never depends on whether a set is cached: what is read from the cache is the data set's own, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from blobs import Blobs
from built_in_data import data_reference
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.dataset import Dataset
from mdf.core.sample import Batch
from mdf.data.cache import CachedDataset, cached
from mdf.registry import Catalog, Offer

pytestmark = pytest.mark.slow

CATALOG = Catalog.discover()
DTYPES = [
    torch.bool,
    *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
]
FEW = {
    "scenes": {"train": 6, "val": 3, "test": 3, "size": 48},
    "composite": {"train": 6, "val": 3, "test": 3, "keep": True},
    "own-camera": {"train": 30, "val": 3, "test": 3},
}
"""Options that make data sets small."""
DEPTH_METRICS = [offer.spec.name for offer in CATALOG.offers("metric") if offer.builtin and offer.spec.suits("depth")]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path / "cache"))


class Bits(Blobs):
    """Blobs with a task of any dtype and number of channels, of random bits: NaN, infinities and tiny values too."""

    def __init__(self, dtype: torch.dtype, channels: int, seed: int) -> None:
        super().__init__((6, 2, 2))
        self.plain = Blobs((6, 2, 2))
        self.tasks = (*self.plain.tasks, "bits")
        self.dtype, self.channels, self.seed = dtype, channels, seed

    def fingerprint(self) -> str:
        return f"bits-{self.dtype}-{self.channels}-{self.seed}".replace(".", "-")

    def read(self, indices: Sequence[int]) -> Batch:
        batch, shape = self.plain.read(indices), (self.channels, self.size, self.size)
        bits = torch.stack([self._bits(shape, i) for i in indices])
        valid = torch.stack([self._bits((1, *shape[1:]), i, torch.bool) for i in indices])
        return replace(batch, targets={**batch.targets, "bits": bits}, valid={**batch.valid, "bits": valid})

    def _bits(self, shape: tuple[int, ...], index: int, dtype: torch.dtype | None = None) -> torch.Tensor:
        dtype = dtype or self.dtype
        random = torch.Generator().manual_seed(1000 * self.seed + index)
        if dtype == torch.bool:
            return torch.rand(shape, generator=random) < 0.7
        count = shape[0] * shape[1] * shape[2] * dtype.itemsize
        raw = torch.randint(0, 256, (count,), generator=random, dtype=torch.uint8)
        return raw.view(dtype).view(shape)


def assert_same_bits(found: torch.Tensor, expected: torch.Tensor) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert torch.equal(found.contiguous().view(torch.uint8), expected.contiguous().view(torch.uint8))


def assert_same_batch(found: Batch, expected: Batch) -> None:
    for name in (field.name for field in fields(Batch)):
        ours, theirs = getattr(found, name), getattr(expected, name)
        if isinstance(theirs, torch.Tensor):
            assert_same_bits(ours, theirs)
        elif isinstance(theirs, dict):
            assert ours.keys() == theirs.keys()
            for key in theirs:
                assert_same_bits(ours[key], theirs[key])
        else:
            assert ours == theirs


def through_cache(dataset: Dataset, name: str) -> Dataset:
    """The data set read from its cache."""
    stored = cached(dataset, name)
    assert isinstance(stored, CachedDataset)
    return stored


@settings(max_examples=40)
@given(dtype=st.sampled_from(DTYPES), channels=st.integers(1, 3), seed=st.integers(0, 2**16))
def test_targets_of_any_dtype_come_back_bit_for_bit(dtype: torch.dtype, channels: int, seed: int) -> None:
    dataset = Bits(dtype, channels, seed)
    order = [9, 0, 3, 3, 7]
    assert_same_batch(through_cache(dataset, "bits").read(order), dataset.read(order))


@pytest.mark.parametrize("offer", [o for o in CATALOG.offers("dataset") if o.builtin], ids=lambda o: o.spec.name)
def test_built_in_data_sets_come_back_bit_for_bit(offer: Offer, request: pytest.FixtureRequest) -> None:
    name = offer.spec.name
    reference = data_reference(name, request) if offer.spec.variant else name
    dataset: Dataset = CATALOG.create("dataset", reference, FEW.get(name, {}))
    if not dataset.tasks:
        pytest.skip("without truth it has no splits, and is never cached")
    if len({dataset.native_size(i) for i in range(len(dataset))}) > 1:
        assert cached(dataset, name) is dataset, "sets of several sizes are read directly"
        return
    stored = through_cache(dataset, name)
    for first in range(0, len(dataset), 16):
        indices = range(first, min(first + 16, len(dataset)))
        assert_same_batch(stored.read(indices), dataset.read(indices))


@pytest.mark.parametrize("metric", DEPTH_METRICS)
def test_a_perfect_prediction_has_the_same_score_cached_and_not(metric: str) -> None:
    dataset = CATALOG.create("dataset", "scenes", FEW["scenes"])
    truth = dataset.read(range(12))
    stored = through_cache(dataset, "scenes").read(range(12))
    measure = CATALOG.create("metric", metric, {})
    prediction = truth.targets["depth"].nan_to_num(1.0)
    if measure.reads == "distribution":
        prediction = torch.cat([prediction, torch.full_like(prediction, 0.1)], dim=1)

    def statistics(batch: Batch) -> torch.Tensor:
        valid = batch.valid["depth"]
        return measure.statistics(prediction, batch.targets["depth"].where(valid, 0.0), valid)

    assert torch.equal(statistics(stored), statistics(truth))
