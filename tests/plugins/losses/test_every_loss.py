"""What the conformance kit does not check of built-in losses: equality to the last bit, and unusual tensors.

`tests/conformance` runs the kit for each of them: finite scalars, gradients, order of samples, extreme predictions.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mdf.core.loss import Loss
from mdf.plugins.losses import mdf_losses
from mdf.registry import Catalog

CATALOG = Catalog.discover()
LOSSES = {spec.name: CATALOG.create("loss", spec.name, {}) for spec in mdf_losses() if spec.name != "laplace-nll"}


def losses(kind: Callable[[Loss], bool] = lambda loss: True) -> pytest.MarkDecorator:  # noqa: ARG005
    """Parametrises over the losses of a kind."""
    chosen = {name: loss for name, loss in LOSSES.items() if kind(loss)}
    assert chosen
    return pytest.mark.parametrize("loss", chosen.values(), ids=chosen)


every_loss = losses()
mean_loss = pytest.mark.parametrize("name", ["bce", "focal", "l1", "mse", "huber"])


def with_gradient(loss: Loss, prediction: torch.Tensor, target: torch.Tensor, valid: torch.Tensor):
    prediction = prediction.detach().clone().requires_grad_()
    value = loss(prediction, target, valid)
    value.backward()
    return value.detach(), prediction.grad


@every_loss
@given(
    seed=st.integers(0, 2**31),
    poison=st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e38]),
    channels=st.integers(1, 3),
    invalid=st.sampled_from([0.4, 0.9, 1.0]),
)
@settings(max_examples=20)
def test_no_bit_of_loss_and_gradient_depends_on_invalid_pixels(
    loss: Loss, seed: int, poison: float, channels: int, invalid: float
) -> None:
    random = torch.Generator().manual_seed(seed)
    prediction = torch.randn(2, channels, 5, 6, generator=random)
    target = torch.rand(2, channels, 5, 6, generator=random)
    valid = torch.rand(2, 1, 5, 6, generator=random) >= invalid
    clean = with_gradient(loss, prediction, target, valid)
    if not valid.any():
        assert clean[0].item() == 0.0
        assert not clean[1].any()
    for poisoned in (
        (prediction, target.where(valid, poison)),
        (prediction.where(valid, poison), target),
        (prediction.where(valid, poison), target.where(valid, poison)),
    ):
        value, gradient = with_gradient(loss, *poisoned, valid)
        assert torch.equal(value, clean[0])
        assert torch.equal(gradient, clean[1])
    assert clean[1].where(valid, 0.0).equal(clean[1])


@every_loss
def test_it_is_a_float32_scalar_even_for_half_precision(loss: Loss) -> None:
    valid = torch.ones(1, 1, 3, 3, dtype=torch.bool)
    value = loss(torch.randn(1, 1, 3, 3).bfloat16(), torch.rand(1, 1, 3, 3), valid)
    assert value.dtype == torch.float32
    assert value.shape == ()


@mean_loss
def test_it_is_the_mean_over_valid_pixels_of_all_images(name: str) -> None:
    loss = LOSSES[name]
    prediction, target = torch.randn(2, 1, 4, 4), torch.rand(2, 1, 4, 4)
    valid = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    valid[0, 0, 0, 0] = valid[1, 0, :2] = True
    picked = prediction[valid].view(1, 1, 1, -1), target[valid].view(1, 1, 1, -1)
    alone = loss(*picked, torch.ones_like(picked[0], dtype=torch.bool))
    assert loss(prediction, target, valid).item() == pytest.approx(alone.item(), rel=1e-6)


@losses(lambda loss: loss.reads == "logits")
def test_an_empty_mask_has_a_finite_loss_that_can_be_learned_from(loss: Loss) -> None:
    """Without foreground in the whole batch, false alarms must still get a gradient."""
    nothing = torch.zeros(2, 1, 6, 6)
    value, gradient = with_gradient(loss, torch.full_like(nothing, 1.0), nothing, nothing == 0)
    assert value.isfinite()
    assert value > 0
    assert gradient.isfinite().all()
    assert (gradient >= 0).all()
    assert gradient.sum() > 0


@every_loss
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 2)])
def test_the_smallest_images_have_finite_losses(loss: Loss, size: tuple[int, int]) -> None:
    target = torch.rand(2, 1, *size)
    value, gradient = with_gradient(loss, torch.rand(2, 1, *size), target, target >= 0)
    assert value.isfinite()
    assert gradient.isfinite().all()


@losses(lambda loss: loss.is_pixel_mean)
@given(seed=st.integers(0, 2**31), at_once=st.integers(1, 3))
@settings(max_examples=10)
def test_the_parts_of_a_batch_add_up_to_a_pixel_mean(loss: Loss, seed: int, at_once: int) -> None:
    """Weighted by their shares of valid pixels, as a batch computed in parts is."""
    whole, parts = in_parts(loss, seed, at_once)
    assert parts.item() == pytest.approx(whole.item(), rel=1e-5, abs=1e-7)


@losses(lambda loss: not loss.is_pixel_mean)
def test_the_parts_of_a_batch_do_not_add_up_to_another_mean(loss: Loss) -> None:
    pairs = [in_parts(loss, seed, 1) for seed in range(5)]
    assert any(parts.item() != pytest.approx(whole.item(), rel=1e-4) for whole, parts in pairs)


def in_parts(loss: Loss, seed: int, at_once: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of a batch of four, and the sum of the losses of its parts, each times its share of valid pixels."""
    random = torch.Generator().manual_seed(seed)
    prediction = torch.rand(4, 1, 12, 14, generator=random) + 0.05
    target = torch.rand(4, 1, 12, 14, generator=random)
    valid = torch.rand(4, 1, 12, 14, generator=random) > torch.tensor([0.1, 0.4, 0.6, 0.9]).view(4, 1, 1, 1)
    parts = zip(*(x.split(at_once) for x in (prediction, target, valid)), strict=True)
    shares = [loss(p, t, v) * v.sum() / valid.sum() for p, t, v in parts]
    return loss(prediction, target, valid), torch.stack(shares).sum()
