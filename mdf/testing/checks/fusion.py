"""Checks what a fusion promises: the declared pyramid of both images, and a background that can be computed once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mdf.core.config import ExperimentConfig
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion
from mdf.testing.compare import Tensors, equal, numbered, require, shaped
from mdf.testing.inputs import probes
from mdf.testing.inputs.sizes import SIZES, padded
from mdf.testing.shared_checks import whole_model
from mdf.testing.shared_checks.network import Network, for_network
from mdf.testing.subject import Subject

FEATURES = FeatureSpec((8, 16), (1, 2), 2)


class Pair(nn.Module):
    """The default encoder and the fusion around it."""

    def __init__(self, subject: Subject[Fusion], seed: int) -> None:
        super().__init__()
        encoder_name = ExperimentConfig().encoder.name
        torch.manual_seed(seed)
        channels = subject.component_class.encoder_channels
        self.encoder = subject.catalog.create("encoder", encoder_name, {}, channels)
        self.fusion = subject.create(self.encoder.features, seed=seed)

    def forward(self, bg: Tensor, frame: Tensor) -> list[Tensor]:
        """The fused pyramid."""
        maps: list[Tensor] = self.fusion(self.encoder, self.fusion.background(self.encoder, bg), frame)
        return maps


def can_be_built(subject: Subject[Fusion]) -> None:
    """It is built from its options and an encoder's features, and declares the fused features."""
    channels = getattr(subject.component_class, "encoder_channels", None)
    require(
        isinstance(channels, int) and channels >= 1,
        f"its `encoder_channels` are {channels!r}, not a number of channels",
    )
    features = getattr(subject.create(FEATURES), "features", None)
    require(isinstance(features, FeatureSpec), f"its `features` are {features!r}, not a FeatureSpec")


def can_be_built_in_a_worker(subject: Subject[Fusion]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject, FEATURES)


def gives_the_maps_it_declares(subject: Subject[Fusion]) -> None:
    """The fused pyramid has the declared channels and strides at several sizes."""
    pair = Pair(subject, 0).eval()
    for wanted in SIZES:
        size = padded(wanted, pair.encoder.features.multiple)
        with torch.no_grad():
            maps = pair(*_images(1, size, 0))
        shapes = pair.fusion.features.shapes(1, *size)
        require(len(maps) == len(shapes), f"it gives {len(maps)} maps and declares {len(shapes)}")
        for i, (tensor, shape) in enumerate(zip(maps, shapes, strict=True)):
            shaped(tensor, shape, f"from {size[0]}×{size[1]} map {i}")


def the_background_can_be_computed_once(subject: Subject[Fusion]) -> None:
    """`background` gives tensors with N first; any number of frames can use them, and none changes them."""
    pair = Pair(subject, 0).eval()
    bg, frame = _images(2, SIZES[0], 0)
    with torch.no_grad():
        kept = pair.fusion.background(pair.encoder, bg)
        require(isinstance(kept, list), f"`background` returns a {type(kept).__name__}, not a list of tensors")
        before = [tensor.clone() for tensor in kept]
        for i, tensor in enumerate(kept):
            require(tensor.ndim > 0 and tensor.shape[0] == 2, f"background {i} has no batch of 2 in front")
        first = [tensor.clone() for tensor in pair.fusion(pair.encoder, kept, frame)]
        pair.fusion(pair.encoder, kept, -frame)
        again = pair.fusion(pair.encoder, kept, frame)
    equal(numbered(kept, "background"), numbered(before, "background"), "after two frames")
    equal(numbered(again, "map"), numbered(first, "map"), "for the same frame again")


def the_frame_matters(subject: Subject[Fusion]) -> None:
    """Another frame before the same background gives another pyramid."""
    pair = Pair(subject, 0).eval()
    bg, frame = _images(1, SIZES[0], 0)
    with torch.no_grad():
        one, other = pair(bg, frame), pair(bg, -frame)
    require(any(not torch.equal(a, b) for a, b in zip(one, other, strict=True)), "every frame gives the same maps")


def _images(count: int, size: tuple[int, int], seed: int) -> list[Tensor]:
    return [probes.maps((count, 3, *size), 2 * seed), probes.maps((count, 3, *size), 2 * seed + 1)]


def _network(subject: Subject[Fusion]) -> Network:
    def inputs(count: int, seed: int) -> list[Tensor]:
        return _images(count, SIZES[0], seed)

    def run(module: nn.Module, given: Sequence[Tensor]) -> Tensors:
        return numbered(module(*given), "map")

    return Network(lambda seed: Pair(subject, seed), inputs, run)


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    gives_the_maps_it_declares,
    the_background_can_be_computed_once,
    the_frame_matters,
    *for_network(_network),
    *whole_model.CHECKS,
)
