"""Makes a trained network faster for use: folds batch norms into the convolutions before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from mdf.core.sample import Batch
from mdf.engine.model import Model

Pairs = Callable[[], list[tuple[nn.BatchNorm2d, nn.Conv2d]]]
"""Which batch norms read only what one convolution wrote, each with its convolution."""

TOLERANCE = 1e-4
"""How far logits may change, as a share of the largest: rounding changes them by a hundredth of that, a wrong fold by
far more."""


def fold(model: Model, size: tuple[int, int]) -> Model:
    """Make `model`, which is on the CPU, ready for use, in `eval` mode. It can no longer be trained or saved.

    In use a batch norm is one factor and one offset per channel, which the convolution before it can take over. Images
    of `size` (height, width) are run once to see which belong together, and again to check that nothing else read what
    lies between. If the logits change, the network stays as it was.
    """
    model.eval().requires_grad_(False)
    batch = _probe(size)
    with torch.no_grad():
        with _watched(model) as pairs:
            expected = model(batch)
        folds = [_Fold(model, convolution, norm) for norm, convolution in pairs()]
        folded = model(batch)
    if not all(_close(folded[task], logits) for task, logits in expected.items()):
        for each in folds:
            each.undo()
    return model


def _probe(size: tuple[int, int]) -> Batch:
    random = torch.Generator().manual_seed(0)
    bg, frame = torch.randint(0, 256, (2, 1, 3, *size), generator=random, dtype=torch.uint8)
    return Batch(("probe",), ("probe",), bg, frame)


@contextmanager
def _watched(model: nn.Module) -> Iterator[Pairs]:
    """Watches `model` while it runs inside; the function that it gives is called after that."""
    written: dict[int, tuple[nn.Module, Tensor, int]] = {}
    sources: dict[nn.Module, list[nn.Module | None]] = {}
    calls: dict[nn.Module, int] = {}

    def wrote(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        calls[module] = calls.get(module, 0) + 1
        written[id(output)] = (module, output, output._version)  # held, so that no other tensor gets its id

    def reads(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        source, tensor, version = written.get(id(inputs[0]), (None, inputs[0], 0))
        sources.setdefault(module, []).append(source if tensor._version == version else None)

    def pairs() -> list[tuple[nn.BatchNorm2d, nn.Conv2d]]:
        fed = [source for writers in sources.values() for source in set(writers)]
        return [
            (norm, writers[0])
            for norm, writers in sources.items()
            if isinstance(norm, nn.BatchNorm2d)
            and isinstance(writers[0], nn.Conv2d)
            and len(set(writers)) == 1
            and calls[writers[0]] == len(writers)
            and fed.count(writers[0]) == 1
        ]

    hooks = [m.register_forward_hook(wrote) for m in model.modules() if _takes_over(m)]
    hooks += [m.register_forward_pre_hook(reads) for m in model.modules() if _foldable(m)]
    try:
        yield pairs
    finally:
        for hook in hooks:
            hook.remove()


def _takes_over(module: nn.Module) -> bool:
    """Whether it is a convolution with a kernel and bias of its own. (Weight and spectral norm compute them.)"""
    return type(module).forward is nn.Conv2d.forward and {"weight", "bias"} <= module._parameters.keys()


def _foldable(module: nn.Module) -> bool:
    """Whether it is a batch norm with statistics: torch's, or timm's, which has a dropout and an activation."""
    known = type(module) is nn.BatchNorm2d or {"drop", "act"} <= dict(module.named_children()).keys()
    return known and isinstance(module, nn.BatchNorm2d) and module.running_mean is not None


class _Fold:
    """Lets `convolution` do what `norm` does, and replaces `norm` by what follows it inside."""

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
