"""The mask head and its task."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.plugins.heads.mask import INVALID_TINT, MaskHead, MaskTask


@pytest.fixture
def task() -> MaskTask:
    return MaskTask(MaskHead.Config())


@pytest.mark.parametrize("kernel", [1, 3])
def test_logits_keep_the_size_of_the_features(kernel: int) -> None:
    head = MaskHead(MaskHead.Config(kernel_size=kernel), 5)
    assert head(torch.randn(2, 5, 7, 9)).shape == (2, 1, 7, 9)


def test_values_are_float32_probabilities(task: MaskTask) -> None:
    values = task.values(torch.tensor([-200.0, 0.0, 200.0], dtype=torch.bfloat16))
    assert values.dtype == torch.float32
    assert values.tolist() == [0.0, 0.5, 1.0]
    assert task.public(values) is values


def test_targets_are_probabilities_already(task: MaskTask) -> None:
    target = torch.tensor([[[[0, 1]]]], dtype=torch.uint8)
    for converted in (task.scaled(target), task.fraction(target)):
        assert converted.dtype == torch.float32
        assert converted.tolist() == [[[[0.0, 1.0]]]]


def test_shrinking_keeps_foreground_that_fills_half_of_the_valid_area(task: MaskTask) -> None:
    target = torch.tensor([[1, 1, 1, 0], [0, 0, 0, 0], [1, 9, 1, 9], [9, 9, 0, 9]], dtype=torch.uint8)
    valid = target != 9
    small, small_valid = task.resize(target[None, None] % 9, valid[None, None], (2, 2))
    # halves, a quarter, one foreground pixel of four (three invalid), half of the two valid ones
    assert small[0, 0].tolist() == [[1, 0], [0, 1]]
    assert small_valid[0, 0].tolist() == [[True, True], [False, True]]
    assert small.dtype == torch.uint8


@given(st.integers(0, 2**31), st.sampled_from([(8, 12), (5, 7), (16, 24), (30, 40), (3, 40), (40, 3)]))
def test_invalid_pixels_never_matter(seed: int, size: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(seed)
    target = (torch.rand(2, 1, 16, 24, generator=random) > 0.5).to(torch.uint8)
    valid = torch.rand(2, 1, 16, 24, generator=random) > 0.3
    task = MaskTask(MaskHead.Config())
    small, small_valid = task.resize(target, valid, size)
    other, other_valid = task.resize(torch.where(valid, target, 1 - target), valid, size)
    assert small.shape == small_valid.shape == (2, 1, *size)
    assert small_valid.dtype == torch.bool
    assert torch.equal(small_valid, other_valid)
    assert torch.equal(small[small_valid], other[small_valid])
    assert set(small.unique().tolist()) <= {0, 1}


def test_the_same_size_changes_nothing_and_growing_takes_nearest_pixels(task: MaskTask) -> None:
    target = torch.tensor([[[[0, 1], [1, 0]]]], dtype=torch.uint8)
    valid = torch.ones_like(target, dtype=torch.bool)
    assert task.resize(target, valid, (2, 2))[0] is target
    grown, _ = task.resize(target, valid, (4, 4))
    assert grown[0, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_the_picture_is_white_on_black_with_invalid_pixels_tinted(task: MaskTask) -> None:
    values = torch.tensor([[[0.0, 1.0, 0.5, 1.0, float("nan")]]])
    valid = torch.tensor([[[True, True, True, False, True]]])
    picture = task.draw(values, valid, (0.0, 1.0))
    assert picture.dtype == torch.uint8
    assert picture[:, 0].T.tolist() == [[0] * 3, [255] * 3, [128] * 3, list(INVALID_TINT), [0] * 3]
