"""Each sample's pixels measured alone, the same in any batch and with any number of threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from mdf.core.pixels import Values, by_sample


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_each_sample_is_measured_alone_with_its_pixels_in_a_row() -> None:
    prediction = torch.arange(12.0).view(2, 3, 1, 2).bfloat16()
    valid = torch.tensor([[[[True, False]]], [[[False, True]]]])
    found = by_sample(lambda p, t, v: [p[v].sum(), t.sum(), len(v)], prediction, torch.ones(2, 3, 1, 2), valid)
    assert found.dtype == torch.float64
    assert found.tolist() == [[0 + 2 + 4, 6, 6], [7 + 9 + 11, 6, 6]]


def test_any_number_of_values_is_read_without_gaps() -> None:
    """Views with gaps, turned or spread out come as plain rows: machine code is made for those alone."""
    wide = torch.rand(2, 1, 4, 6, requires_grad=True)
    views = wide[..., ::2], wide[..., :3].flip(-1), torch.ones(1, 1, 1, 1).expand(2, 1, 4, 3)
    valid = torch.ones(2, 1, 3, 4, dtype=torch.bool).transpose(-1, -2)

    def measure(*given: Values) -> list[float]:
        assert all(row.ndim == 1 and row.flags.c_contiguous for row in given)
        assert [row.dtype.name for row in given] == ["float32"] * 3 + ["bool"]
        return [float(row.sum(dtype="float64")) for row in given]

    expected = torch.stack([x.detach().double().sum((1, 2, 3)) for x in (*views, valid)], dim=1)
    torch.testing.assert_close(by_sample(measure, *views, valid), expected)


@pytest.mark.usefixtures("threads")
def test_a_sample_is_the_same_to_the_last_bit_in_any_batch_and_with_any_threads() -> None:
    prediction, target = torch.rand(2, 32, 1, 241, 321, generator=torch.Generator().manual_seed(0)) * 100
    valid = prediction > 3

    def sums(prediction: Values, target: Values, valid: Values) -> list[float]:
        return [float(abs(prediction[valid] - target[valid]).sum(dtype="float64"))]

    torch.set_num_threads(1)
    whole = by_sample(sums, prediction, target, valid)
    for size, number in ((1, 2), (7, 2), (32, 4)):
        torch.set_num_threads(number)
        parts = zip(*(x.split(size) for x in (prediction, target, valid)), strict=True)
        assert torch.equal(torch.cat([by_sample(sums, *part) for part in parts]), whole), (size, number)
