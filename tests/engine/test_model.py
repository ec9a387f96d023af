"""The composed model takes any size, computes what it is asked for, and sees a camera's scene, not its exposure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import random_batch, small_model
from torch.nn import functional as F

from mdf.engine.model import Model, enlarge, pad_to_multiple

MODELS = {name: small_model(encoder=name).eval() for name in ("unet", "resnet18")}
SIDES = st.integers(8, 140)


@pytest.mark.parametrize("encoder", MODELS)
@given(height=SIDES, width=SIDES, count=st.integers(1, 2))
@settings(max_examples=15)
def test_any_size_gives_finite_float32_logits_of_that_size(encoder: str, height: int, width: int, count: int) -> None:
    with torch.inference_mode():
        logits = MODELS[encoder](random_batch(count, (height, width)))
    assert set(logits) == {"mask", "depth"}
    for found in logits.values():
        assert found.shape == (count, 1, height, width)
        assert found.dtype == torch.float32
        assert found.isfinite().all()


def calls_of(model: Model, tasks: set[str] | None) -> Counter[str]:
    """How often each task's own layers run in one forward pass."""
    found: Counter[str] = Counter()

    def counting(task: str) -> Callable[..., None]:
        return lambda *_: found.update([task])

    leaves = [(t, m) for t in model.tasks for own in model.own_layers(t) for m in own.modules() if not [*m.children()]]
    hooks = [leaf.register_forward_hook(counting(task)) for task, leaf in leaves]
    model(random_batch(), tasks)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize("split", [0, 1, 2, 99])
def test_only_the_asked_tasks_branches_are_computed(split: int) -> None:
    model = small_model(split=split).eval()
    assert set(calls_of(model, None)) == {"mask", "depth"}
    assert set(calls_of(model, {"depth"})) == {"depth"}
    assert set(calls_of(model, {"mask"})) == {"mask"}
    alone, both = model(random_batch(), {"depth"}), model(random_batch())
    assert set(alone) == {"depth"}
    assert torch.equal(alone["depth"], both["depth"])


@pytest.mark.parametrize("split", [0, 1, 2, 99])
def test_split_decides_how_much_of_the_decoder_the_tasks_share(split: int) -> None:
    model = small_model(split=split)
    stages = 3  # of a UNet of depth 3
    own = min(split, stages)
    assert len(model.decoder.branches["mask"]) == own
    assert len(model.decoder.shared) == stages - own
    shared = {id(p) for p in model.decoder.shared.parameters()}
    for task in model.tasks:
        assert shared.isdisjoint(id(p) for layer in model.own_layers(task) for p in layer.parameters())


@pytest.mark.parametrize("encoder", MODELS)
def test_the_same_weights_serve_at_every_size(encoder: str) -> None:
    model = MODELS[encoder]
    with torch.inference_mode():
        assert model(random_batch(1, (64, 64)))["mask"].shape[-2:] == (64, 64)
        assert model(random_batch(1, (224, 224)))["mask"].shape[-2:] == (224, 224)


def test_a_size_that_needs_no_padding_is_not_padded() -> None:
    images = torch.rand(1, 3, 16, 24)
    assert pad_to_multiple(images, 8) is images


@given(height=SIDES, width=SIDES, multiple=st.sampled_from([2, 8, 14, 32]))
def test_padding_repeats_the_edge_and_adds_less_than_one_multiple(height: int, width: int, multiple: int) -> None:
    images = torch.rand(1, 3, height, width)
    padded = pad_to_multiple(images, multiple)
    rows, columns = padded.shape[-2:]
    assert rows % multiple == columns % multiple == 0
    assert rows - height < multiple
    assert columns - width < multiple
    assert torch.equal(padded[..., :height, :width], images)
    assert torch.equal(padded[..., :height, -1], images[..., :, -1])
    assert torch.equal(padded[..., -1, :width], images[..., -1, :])


@pytest.mark.parametrize("encoder", MODELS)
def test_padding_inside_is_the_same_as_padding_by_hand(encoder: str) -> None:
    # `dataset` statistics: those of `pair` would change with the padding
    model = small_model(encoder=encoder, normalise="dataset").eval()
    batch = random_batch(1, (30, 45))
    multiple = model.encoder.features.multiple
    by_hand = replace(
        batch, **{name: pad_to_multiple(getattr(batch, name).float() / 255, multiple) for name in ("bg", "fg_bg")}
    )
    with torch.inference_mode():
        inside, outside = model(batch)["mask"], model(by_hand)["mask"]
    torch.testing.assert_close(inside, outside[..., :30, :45], rtol=1e-5, atol=1e-5)


def enlarging(model: Model, to: int) -> Model:
    model.enlarge_to = to
    return model


def test_small_images_are_enlarged_inside_and_large_ones_are_not() -> None:
    plain = small_model(normalise="dataset").eval()
    model = enlarging(small_model(normalise="dataset").eval(), 110)
    batch = random_batch(2, (36, 50))  # 3 times 36 are within 110; then padding makes both sides multiples of 8
    by_hand = replace(
        batch,
        **{n: F.interpolate(getattr(batch, n) / 255, scale_factor=3.0, mode="bicubic") for n in ("bg", "fg_bg")},
    )
    with torch.inference_mode():
        for task, logits in plain(by_hand).items():
            assert model(batch)[task].shape[-2:] == (36, 50)
            torch.testing.assert_close(model(batch)[task], F.avg_pool2d(logits, 3), rtol=1e-4, atol=1e-5)
        assert model.enlargement((20, 40)) == 3  # 5 times would fit
        large = random_batch(1, (56, 60))
        assert torch.equal(model(large)["mask"], plain(large)["mask"])


def test_in_training_nothing_is_enlarged() -> None:
    plain, model = small_model().train(), enlarging(small_model().train(), 110)
    assert torch.equal(model(random_batch())["mask"], plain(random_batch())["mask"])


def test_a_region_is_enlarged_as_often_as_the_whole() -> None:
    model = enlarging(small_model().eval(), 96)
    batch = random_batch(1, (32, 48))
    rows, columns = slice(8, 24), slice(16, 40)
    with torch.inference_mode():
        whole = model.background(batch.bg)
        part = model.background_region(whole, batch.bg[..., rows, columns], rows, columns)
        logits = model.forward_frame(part, batch.fg_bg[..., rows, columns])["mask"]
        everything = model.background_region(whole, batch.bg, slice(0, 32), slice(0, 48))
        expected = model.forward_frame(whole, batch.fg_bg)["mask"]
        torch.testing.assert_close(model.forward_frame(everything, batch.fg_bg)["mask"], expected)
    assert (whole.times, part.times) == (3, 3)
    assert logits.shape[-2:] == (16, 24)
    inside = (..., slice(6, 10), slice(10, 14))  # away from the region's edge
    torch.testing.assert_close(logits[inside], expected[..., rows, columns][inside], rtol=0.05, atol=0.05)


def test_uint8_and_its_float_form_give_the_same_logits() -> None:
    batch = random_batch()
    floats = replace(batch, bg=batch.bg.float() / 255, fg_bg=batch.fg_bg.float() / 255)
    with torch.inference_mode():
        torch.testing.assert_close(MODELS["unet"](batch)["mask"], MODELS["unet"](floats)["mask"])


def test_the_batch_is_not_changed() -> None:
    batch = random_batch()
    before = batch.bg.clone(), batch.fg_bg.clone()
    MODELS["unet"](batch)
    assert torch.equal(batch.bg, before[0])
    assert torch.equal(batch.fg_bg, before[1])


@pytest.mark.parametrize("encoder", MODELS)
@pytest.mark.parametrize("split", [0, 1, 99])
def test_every_parameter_gets_a_finite_gradient(encoder: str, split: int) -> None:
    model = small_model(encoder=encoder, split=split).train()
    logits = model(random_batch(2, (64, 64)))
    torch.stack([x.square().mean() for x in logits.values()]).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def exposed(batch, gain: torch.Tensor, offset: torch.Tensor):
    """The pair as a camera of another gain and black level (by channel) gives it."""
    return replace(batch, bg=batch.bg * gain + offset, fg_bg=batch.fg_bg * gain + offset)


@given(
    gain=st.lists(st.floats(0.5, 1.5), min_size=3, max_size=3),
    offset=st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=3),
)
@settings(max_examples=10)
def test_pair_normalisation_takes_exposure_and_white_balance_out(gain: list[float], offset: list[float]) -> None:
    batch = random_batch()
    floats = replace(batch, bg=batch.bg.float() / 255, fg_bg=batch.fg_bg.float() / 255)
    other = exposed(floats, torch.tensor(gain).view(1, 3, 1, 1), torch.tensor(offset).view(1, 3, 1, 1))
    with torch.inference_mode():
        for task, logits in MODELS["unet"](floats).items():
            torch.testing.assert_close(MODELS["unet"](other)[task], logits, rtol=1e-3, atol=1e-3)


def test_dataset_normalisation_leaves_exposure_in() -> None:
    model = small_model(normalise="dataset").eval()
    batch = random_batch()
    floats = replace(batch, bg=batch.bg.float() / 255, fg_bg=batch.fg_bg.float() / 255)
    with torch.inference_mode():
        before, after = model(floats)["mask"], model(exposed(floats, torch.tensor(0.5), torch.tensor(0.1)))["mask"]
    assert not torch.allclose(before, after, atol=1e-3)


def test_a_coarse_decoders_logits_are_enlarged_to_full_size() -> None:
    logits = torch.rand(1, 1, 4, 6)
    assert enlarge(logits, 1) is logits
    assert enlarge(logits, 4).shape == (1, 1, 16, 24)


def test_statistics_of_the_data_are_stored_with_the_weights() -> None:
    state = small_model(normalise="dataset").state_dict()
    torch.testing.assert_close(state["normalise.mean"].flatten(), torch.tensor([0.4, 0.5, 0.6]))
    torch.testing.assert_close(state["normalise.std"].flatten(), torch.tensor([0.2, 0.25, 0.3]))
