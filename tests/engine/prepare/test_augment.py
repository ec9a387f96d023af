"""Augmentation: flips of all tensors together, jitter mostly common to both images, the same for the same draws."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch, tasks_of

from mdf.core.config import Augment
from mdf.core.sample import Batch
from mdf.engine.prepare.augment import augment, flip
from mdf.engine.prepare.colours import unit_range

TASKS = tasks_of("mask", "depth")
STILL = {"flip": 0.0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0}


def augmented(batch: Batch, seed: int = 0, **settings: float) -> Batch:
    """The augmented batch, its images as a model sees them before it normalises."""
    done = augment(batch, Augment(**settings), TASKS, torch.Generator().manual_seed(seed))
    assert done.bg.dtype == done.fg_bg.dtype == torch.uint8, "bytes until they are normalised"
    bg, fg_bg = (None, None) if done.jitter is None else done.jitter.unbind(1)
    return replace(done, bg=unit_range(done.bg, bg), fg_bg=unit_range(done.fg_bg, fg_bg), jitter=None)


def tensors(batch: Batch) -> dict[str, torch.Tensor]:
    named = {"bg": batch.bg, "fg_bg": batch.fg_bg}
    for kind in ("targets", "valid"):
        named |= {f"{kind}.{task}": tensor for task, tensor in getattr(batch, kind).items()}
    return named


def middling(batch: Batch) -> Batch:
    """Images far from black and white, so that no jitter is cut off."""
    return replace(batch, bg=batch.bg // 4 + 96, fg_bg=batch.fg_bg // 4 + 96)


@given(chosen=st.lists(st.booleans(), min_size=1, max_size=5))
def test_a_flip_mirrors_every_tensor_of_the_chosen_samples(chosen: list[bool]) -> None:
    batch = random_batch(len(chosen), (9, 13))
    flipped = flip(batch, torch.tensor(chosen), TASKS)
    for name, before in tensors(batch).items():
        after = tensors(flipped)[name]
        assert after.dtype == before.dtype
        for i, mirrored in enumerate(chosen):
            assert torch.equal(after[i], before[i].flip(-1) if mirrored else before[i]), name


def test_what_is_known_of_the_empty_scene_is_mirrored_with_it() -> None:
    known = {"background_depth": torch.rand(2, 1, 3, 4)}
    turned = flip(replace(random_batch(2), known=known), torch.tensor([False, True]), TASKS).known["background_depth"]
    assert torch.equal(turned[0], known["background_depth"][0])
    assert torch.equal(turned[1], known["background_depth"][1].flip(-1))


def test_flip_probability_of_one_mirrors_all_and_zero_none() -> None:
    batch = random_batch(4)
    assert torch.equal(augmented(batch, **{**STILL, "flip": 1.0}).targets["mask"], batch.targets["mask"].flip(-1))
    assert torch.equal(augmented(batch, **STILL).targets["mask"], batch.targets["mask"])


def test_without_jitter_images_are_their_plain_float_form() -> None:
    batch = random_batch()
    done = augmented(batch, **STILL)
    torch.testing.assert_close(done.bg, batch.bg.float() / 255)
    torch.testing.assert_close(done.fg_bg, batch.fg_bg.float() / 255)


def test_common_jitter_is_common() -> None:
    """Where nothing moved both images stay equal; with a part of their own they differ."""
    batch = middling(random_batch(4))
    still = replace(batch, fg_bg=batch.bg.clone())
    common = augmented(still, flip=0.0, own=0.0)
    assert torch.equal(common.bg, common.fg_bg)
    assert not torch.equal(common.bg, still.bg.float() / 255)
    own = augmented(still, flip=0.0, own=0.2)
    apart = (own.bg - own.fg_bg).abs().amax((1, 2, 3))
    moved = (own.bg - still.bg.float() / 255).abs().amax((1, 2, 3))
    assert (apart > 0).all()
    assert apart.mean() < moved.mean()


def test_targets_know_no_jitter() -> None:
    batch = random_batch()
    done = augmented(batch, flip=0.0, brightness=1.0, contrast=1.0, saturation=1.0)
    for task in TASKS:
        assert torch.equal(done.targets[task], batch.targets[task])
        assert torch.equal(done.valid[task], batch.valid[task])


@given(seed=st.integers(0, 2**31), strength=st.floats(0, 1), own=st.floats(0, 1))
def test_images_stay_between_black_and_white(seed: int, strength: float, own: float) -> None:
    done = augmented(
        random_batch(2, (8, 8)), seed, brightness=strength, contrast=strength, saturation=strength, own=own
    )
    for images in (done.bg, done.fg_bg):
        assert images.dtype == torch.float32
        assert images.min() >= 0
        assert images.max() <= 1


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_each_kind_of_jitter_changes_what_its_name_says(name: str) -> None:
    batch = middling(random_batch(3))
    before = batch.bg.float() / 255
    done = augmented(batch, **{**STILL, name: 0.3, "own": 0.0}).bg
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    if name == "brightness":  # one factor an image
        ratio = done / before
        torch.testing.assert_close(ratio, ratio[:, :1, :1, :1].expand_as(ratio))
    elif name == "contrast":  # one factor about mid grey
        ratio = (done - 0.5) / (before - 0.5)
        torch.testing.assert_close(ratio, ratio[:, :1, :1, :1].expand_as(ratio), rtol=1e-2, atol=1e-2)
    else:  # brightness of every pixel is kept
        torch.testing.assert_close((done * luma).sum(1), (before * luma).sum(1), rtol=1e-4, atol=1e-4)
        assert not torch.allclose(done, before, atol=1e-3)


@given(seed=st.integers(0, 2**31), strength=st.floats(0.01, 1), height=st.integers(1, 17), width=st.integers(1, 17))
def test_one_pass_is_saturation_brightness_and_contrast_one_after_the_other(
    seed: int, strength: float, height: int, width: int
) -> None:
    batch = random_batch(3, (height, width))
    found = augmented(
        batch, seed, flip=0.0, brightness=strength, contrast=strength / 2, saturation=strength / 3, own=1.0
    )
    generator = torch.Generator().manual_seed(seed)
    torch.rand(3, generator=generator)  # which samples are flipped
    torch.rand(3, 3, generator=generator)  # the common part
    for images, changed in ((batch.bg, found.bg), (batch.fg_bg, found.fg_bg)):
        draws = torch.rand(3, 3, generator=generator) * 2 - 1
        for sample, image, draw in zip(images, changed, draws, strict=True):
            expected = sample.double() / 255
            luma = 0.299 * expected[0] + 0.587 * expected[1] + 0.114 * expected[2]
            expected = luma + (1 + draw[2] * strength / 3) * (expected - luma)
            expected = expected * (1 + draw[0] * strength)
            expected = 0.5 + (1 + draw[1] * strength / 2) * (expected - 0.5)
            torch.testing.assert_close(image, expected.clamp(0, 1).float(), rtol=0, atol=1e-5)


def test_the_same_generator_gives_the_same_batch_and_another_does_not() -> None:
    first, again, other = (augmented(random_batch(), seed) for seed in (3, 3, 4))
    assert all(torch.equal(x, tensors(again)[name]) for name, x in tensors(first).items())
    assert not torch.equal(first.bg, other.bg)


def test_the_given_batch_is_left_alone() -> None:
    batch = random_batch()
    before = {name: x.clone() for name, x in tensors(batch).items()}
    augmented(batch, flip=1.0)
    assert all(torch.equal(x, before[name]) for name, x in tensors(batch).items())
    assert {f.name for f in fields(batch)} >= {"ids", "scenes"}
