"""Less is kept for the backward pass, and the gradients are the same, bit for bit."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection
from contextlib import nullcontext

import pytest
import torch
from small_models import random_batch
from torch import Tensor

from mdf.core.blocks import DoubleConv
from mdf.core.encoder import Encoder
from mdf.core.recompute import remade, sparing
from mdf.engine.model import Model
from mdf.engine.prepare.normalise import Normalise
from mdf.engine.training.freeze import train_mode
from mdf.plugins.decoders.unet import UNetDecoder
from mdf.plugins.encoders.s2d import S2DDetailEncoder, S2DEncoder
from mdf.plugins.encoders.unet import UNetEncoder
from mdf.plugins.fusions.early import EarlyFusion
from mdf.plugins.heads.depth import DepthHead
from mdf.plugins.heads.mask import MaskHead
from mdf.study.plan.trace import LiveBytes

ENCODERS: dict[str, Callable[[], Encoder]] = {
    "s2d": lambda: S2DEncoder(S2DEncoder.Config(widths=(8, 12, 16)), 6),
    "s2d-detail": lambda: S2DDetailEncoder(S2DDetailEncoder.Config(widths=(8, 12), detail=4), 6),
    "unet": lambda: UNetEncoder(UNetEncoder.Config(width=4, depth=3), 6),
}
State = dict[str, Tensor]


def network(name: str) -> Model:
    torch.manual_seed(0)
    encoder = ENCODERS[name]()
    decoder = UNetDecoder(UNetDecoder.Config(), encoder.features, ("mask", "depth"))
    heads = {
        "mask": MaskHead(MaskHead.Config(), decoder.channels),
        "depth": DepthHead(DepthHead.Config(), decoder.channels),
    }
    fusion = EarlyFusion(EarlyFusion.Config(), encoder.features)
    model = Model(encoder, fusion, decoder, heads, Normalise("pair", (0.5,) * 3, (0.25,) * 3))
    return model.to(memory_format=torch.channels_last)


def learned(
    name: str, frozen: Collection[str] = (), bf16: bool = False, training: bool = True, spare: bool = True
) -> tuple[State, State]:
    """Gradients and buffers after two forward and backward passes, at a size that is padded."""
    model = network(name)
    train_mode(model, frozen)
    if not training:
        model.eval()
    for seed in (0, 1):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16), sparing() if spare else nullcontext():
            logits = model(random_batch(3, (37, 51), seed))
        loss = sum(x.square().mean() for task, x in logits.items() if task not in frozen)
        assert isinstance(loss, Tensor)
        loss.backward()  # type: ignore[no-untyped-call]
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}, dict(model.named_buffers())


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("setting", [{}, {"frozen": ("mask",)}, {"bf16": True}, {"training": False}], ids=str)
def test_gradients_and_statistics_are_those_of_plain_computation(name: str, setting: dict[str, object]) -> None:
    found = learned(name, **setting)  # type: ignore[arg-type]
    plain = learned(name, **setting, spare=False)  # type: ignore[arg-type]
    for ours, theirs in zip(found, plain, strict=True):
        assert ours.keys() == theirs.keys()
        assert ours
        assert all(torch.equal(x, theirs[key]) for key, x in ours.items())


@pytest.mark.parametrize(("spare", "count"), [(False, 5), (True, 4)])
def test_a_pair_of_convolutions_lets_go_of_what_lies_between(spare: bool, count: int) -> None:
    """Two convolutions' results, the sum, and what was made last: it is asked for first."""
    pair, images = DoubleConv(4, 8), torch.rand(2, 4, 32, 32)
    with LiveBytes() as live, sparing() if spare else nullcontext():
        result = pair(images)
    assert live.now // (result.numel() * result.element_size()) == count


def counted(calls: list[str], name: str, x: Tensor) -> Tensor:
    calls.append(name)
    return x.exp()


def test_what_is_kept_of_two_uses_is_made_once_and_then_let_go() -> None:
    calls: list[str] = []
    x = torch.rand(5, requires_grad=True)
    with sparing():
        first = remade(counted(calls, "first", x), lambda t: counted(calls, "again", t), x)
        second = remade(first * 2, lambda t: t * 2, first)
        result = (first.square() + second.square()).sum()
        alive = weakref.ref(first.untyped_storage())
        del first, second
    assert alive() is None
    result.backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert torch.allclose(x.grad, 10 * x.exp().square())
    assert calls == ["first", "again"]


def test_a_graph_that_is_never_run_backwards_is_freed() -> None:
    x = torch.rand(5, requires_grad=True)
    with sparing():
        made = remade(x.exp(), torch.exp, x)
        alive = weakref.ref(made.untyped_storage())
        result = made.square().sum()
    del made, result
    assert alive() is None


def test_the_backward_pass_can_be_run_twice() -> None:
    x = torch.rand(5, requires_grad=True)
    with sparing():
        result = remade(x.exp(), torch.exp, x).square().sum()
        remade(x + 1, lambda t: t + 1, x)
    gradients = [torch.autograd.grad(result, x, retain_graph=True)[0] for _ in range(2)]
    assert torch.equal(*gradients)


def test_outside_nothing_is_held() -> None:
    x = torch.rand(5, requires_grad=True)
    source = x * 1
    alive = weakref.ref(source.untyped_storage())
    made = remade(source + 1, lambda t: t + 1, source)
    del source
    assert alive() is None
    assert made.requires_grad


def test_maps_are_let_go_as_the_backward_pass_is_done_with_them() -> None:
    """Autograd holds its hooks to the end; they must not hold the maps."""
    alive: list[weakref.ref[torch.UntypedStorage]] = []
    gone: list[int] = []
    maps = torch.rand(5, requires_grad=True)
    with sparing():
        x = maps
        for _ in range(5):
            x = x.square()
            alive.append(weakref.ref(x.untyped_storage()))
            if len(alive) == 1:
                x.register_hook(lambda _: gone.append(sum(ref() is None for ref in alive)))
        result = x.sum()
    del x
    result.backward()  # type: ignore[no-untyped-call]
    assert gone == [5]


def test_what_was_changed_in_place_after_it_was_made_is_kept_as_it_is() -> None:
    x = torch.rand(5, requires_grad=True)
    gradients = []
    for spare in (False, True):
        with sparing() if spare else nullcontext():
            made = remade(x.exp() * 1, lambda t: t.exp() * 1, x)
            result = made.mul_(3).square().sum()
            remade(x + 1, lambda t: t + 1, x)
        gradients.append(torch.autograd.grad(result, x)[0])
    assert torch.equal(*gradients)


def test_a_part_of_what_is_made_again_is_that_part() -> None:
    x = torch.rand(6, requires_grad=True)
    gradients = []
    for spare in (False, True):
        with sparing() if spare else nullcontext():
            part = remade(x.exp(), torch.exp, x)[2:]
            result = remade(part.sin(), torch.sin, part).square().sum()
            remade(x + 1, lambda t: t + 1, x)
        gradients.append(torch.autograd.grad(result, x)[0])
    assert torch.equal(*gradients)


def test_a_change_in_place_that_autograd_forbids_is_still_an_error() -> None:
    x = torch.rand(5, requires_grad=True)
    weight = torch.ones(5)
    with sparing():
        plain = x * 1
        result = plain.square().sum()
        plain.mul_(3)
        made = remade(x * weight, torch.mul, x, weight).exp().sum()
        remade(x + 1, lambda t: t + 1, x)
    with pytest.raises(RuntimeError, match="changed in place"):
        result.backward()  # type: ignore[no-untyped-call]
    weight.add_(1)
    del made
