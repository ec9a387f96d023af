"""Resizing: images smoothly, targets by their task's own rule, validity along with them."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch, tasks_of

from mdf.engine.prepare.resize import resize, resize_images

TASKS = tasks_of("mask", "depth")
SIDES = st.integers(4, 40)


@given(height=SIDES, width=SIDES)
def test_every_tensor_has_the_new_size_and_its_old_dtype(height: int, width: int) -> None:
    batch = random_batch(2, (16, 24))
    small = resize(batch, (height, width), TASKS)
    assert small.size == (height, width)
    assert small.bg.dtype == small.fg_bg.dtype == torch.uint8
    for task in TASKS:
        assert small.targets[task].shape == small.valid[task].shape == (2, 1, height, width)
        assert small.targets[task].dtype == batch.targets[task].dtype
        assert small.valid[task].dtype == torch.bool
    assert small.ids == batch.ids


@given(height=SIDES, width=SIDES)
def test_no_target_value_is_invented(height: int, width: int) -> None:
    """Between a near actor and a far wall there is no third distance, and half a foreground pixel is none."""
    batch = random_batch(2, (16, 24))
    small = resize(batch, (height, width), TASKS)
    assert set(small.targets["mask"].unique().tolist()) <= {0, 1}
    assert set(small.targets["depth"].flatten().tolist()) <= set(batch.targets["depth"].flatten().tolist())


def test_invalid_pixels_never_become_valid_ones() -> None:
    batch = random_batch(1, (16, 16))
    for task in TASKS:
        batch.valid[task][..., :8, :] = False
        batch.valid[task][..., 8:, :] = True
    for task, valid in resize(batch, (8, 8), TASKS).valid.items():
        assert not valid[..., :4, :].any(), task
        assert valid[..., 4:, :].all(), task


def test_its_own_size_gives_the_batch_itself() -> None:
    batch = random_batch(1, (16, 24))
    assert resize(batch, (16, 24), TASKS) is batch
    assert resize_images(batch.bg, (16, 24)) is batch.bg


def test_images_are_averaged_not_sampled() -> None:
    """A one-pixel checkerboard becomes grey: thin things do not come and go by luck."""
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    board = (((rows + columns) % 2) * 255).to(torch.uint8).expand(1, 3, 32, 32)
    small = resize_images(board, (8, 8))[..., 1:-1, 1:-1].float()
    assert (small - 127.5).abs().max() <= 8


def test_targets_of_tasks_that_are_not_asked_for_are_left_out() -> None:
    small = resize(random_batch(1, (16, 24)), (8, 12), {"mask": TASKS["mask"]})
    assert set(small.targets) == set(small.valid) == {"mask"}
