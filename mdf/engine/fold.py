"""A trained network made ready for use: batch norms are folded into the convolutions before them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from mdf.core.sample import Batch
from mdf.engine.model import Model

TOLERANCE = 1e-4
"""How far logits may move, as a share of the largest: rounding is a hundredth of it, a wrong fold far more."""


def fold(model: Model, size: tuple[int, int]) -> Model:
    """Make `model`, which is on the CPU, one for use alone, in `eval` mode: not for training, nor for a weights file.

    In use a batch norm is one factor and one offset a channel, which the convolution before it can take over. Which
    belong together is seen by running images of `size` (height, width) once; that nothing else depended on what lies
    between is seen by running them again. A network that gives other logits then stays as it was.
    """
    model.eval().requires_grad_(False)
    batch = _probe(size)
    with torch.no_grad():
        with _watched(model) as pairs:
            expected = model(batch)
        folds = [_Fold(model, convolution, norm) for norm, convolution in pairs()]
        found = model(batch)
    if not all(_close(found[task], logits) for task, logits in expected.items()):
        for done in folds:
            done.undo()
    return model


def _probe(size: tuple[int, int]) -> Batch:
    random = torch.Generator().manual_seed(0)
    bg, frame = torch.randint(0, 256, (2, 1, 3, *size), generator=random, dtype=torch.uint8)
    return Batch(("probe",), ("probe",), bg, frame)


@contextmanager
def _watched(model: nn.Module) -> Iterator[Any]:
    """Inside, `model` is run; what is given says afterwards which batch norms read what one convolution alone wrote."""
    written: dict[int, tuple[nn.Module, Tensor, int]] = {}
    sources: dict[nn.Module, list[nn.Module | None]] = {}
    calls: dict[nn.Module, int] = {}

    def wrote(module: nn.Module, _: Any, output: Tensor) -> None:
        calls[module] = calls.get(module, 0) + 1
        written[id(output)] = (module, output, output._version)  # held, so that no other tensor gets its id

    def reads(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        source, tensor, version = written.get(id(inputs[0]), (None, inputs[0], 0))
        sources.setdefault(module, []).append(source if tensor._version == version else None)

    def pairs() -> list[tuple[nn.BatchNorm2d, nn.Conv2d]]:
        fed = [source for found in sources.values() for source in set(found)]
        return [
            (norm, found[0])
            for norm, found in sources.items()
            if isinstance(norm, nn.BatchNorm2d)
            and isinstance(found[0], nn.Conv2d)
            and len(set(found)) == 1
            and calls[found[0]] == len(found)
            and fed.count(found[0]) == 1
        ]

    hooks = [m.register_forward_hook(wrote) for m in model.modules() if _takes_over(m)]
    hooks += [m.register_forward_pre_hook(reads) for m in model.modules() if _foldable(m)]
    try:
        yield pairs
    finally:
        for hook in hooks:
            hook.remove()


def _takes_over(module: nn.Module) -> bool:
    """A convolution whose kernel and bias are its own, not computed from others as a weight or spectral norm does."""
    return type(module).forward is nn.Conv2d.forward and {"weight", "bias"} <= module._parameters.keys()


def _foldable(module: nn.Module) -> bool:
    """A batch norm, or timm's kind that has a dropout and an activation of its own, with statistics."""
    known = type(module) is nn.BatchNorm2d or {"drop", "act"} <= dict(module.named_children()).keys()
    return known and isinstance(module, nn.BatchNorm2d) and module.running_mean is not None


class _Fold:
    """Gives `convolution` what `norm` does, and puts what follows that in its place."""

    def __init__(self, model: nn.Module, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        own = dict(norm.named_children())
        rest = nn.Sequential(own["drop"], own["act"]) if own else nn.Identity()
        self.norm, self.convolution = norm, convolution
        self.weight, self.bias = convolution.weight, convolution.bias
        self.places = [(p, name) for p in model.modules() for name, child in p.named_children() if child is norm]
        statistics = norm.running_mean, norm.running_var, norm.eps
        weight, bias = fuse_conv_bn_weights(self.weight, self.bias, *statistics, norm.weight, norm.bias)
        self._put(rest, weight.requires_grad_(False), bias.requires_grad_(False))

    def undo(self) -> None:
        """Put everything back."""
        self._put(self.norm, self.weight, self.bias)

    def _put(self, norm: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        self.convolution.weight, self.convolution.bias = weight, bias
        for parent, name in self.places:
            setattr(parent, name, norm)


def _close(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max().clamp(min=1.0))
