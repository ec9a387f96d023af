"""Checks what an encoder promises: the pyramid that it declares, at every size, from three channels and from six."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.testing.compare import Tensors, numbered, require, shaped
from mdf.testing.finding import SkippedError
from mdf.testing.inputs import probes
from mdf.testing.inputs.sizes import at_fitting_size, padded
from mdf.testing.shared_checks import whole_model
from mdf.testing.shared_checks.network import Network, for_network
from mdf.testing.subject import Subject

CHANNELS = (3, 6)


def can_be_built(subject: Subject[Encoder]) -> None:
    """It is built from its options and three or six input channels, and declares its features."""
    for channels in CHANNELS:
        features = getattr(subject.create(channels), "features", None)
        require(isinstance(features, FeatureSpec), f"its `features` are {features!r}, not a FeatureSpec")


def can_be_built_in_a_worker(subject: Subject[Encoder]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject, CHANNELS[0])


def gives_the_maps_it_declares(subject: Subject[Encoder]) -> None:
    """Maps have the declared channels and strides at several sizes, padded as the model pads them; batches of one."""
    for channels in CHANNELS:
        encoder = subject.create(channels).eval()
        for size in subject.sizes:
            taken, maps = at_fitting_size(size, partial(_maps, encoder, channels))
            height, width = padded(taken, encoder.features.multiple)
            shapes = encoder.features.shapes(1, height, width)
            require(isinstance(maps, list), f"it returns a {type(maps).__name__}, not a list of maps")
            require(len(maps) == len(shapes), f"it gives {len(maps)} maps and declares {len(shapes)}")
            for i, (tensor, shape) in enumerate(zip(maps, shapes, strict=True)):
                shaped(tensor, shape, f"from {channels}×{height}×{width} map {i}")
                require(tensor.is_floating_point(), f"map {i} is {tensor.dtype}, not a float")


def pretrained_statistics_are_whole(subject: Subject[Encoder]) -> None:
    """Mean and standard deviation (range 0–1, RGB) come together or not at all."""
    encoder = subject.create(CHANNELS[0])
    mean, std = encoder.pretrained_mean, encoder.pretrained_std
    if mean is None and std is None:
        raise SkippedError("it declares none")
    require(mean is not None and len(mean) == 3 and all(0 <= x <= 1 for x in mean), f"pretrained_mean is {mean}")
    require(std is not None and len(std) == 3 and all(0 < x <= 1 for x in std), f"pretrained_std is {std}")


def _network(subject: Subject[Encoder]) -> Network:
    """Six channels, at the smallest size that it takes."""
    channels = CHANNELS[-1]
    encoder = subject.create(channels).eval()
    taken, _ = at_fitting_size(subject.sizes[0], partial(_maps, encoder, channels))
    size = padded(taken, encoder.features.multiple)

    def build(seed: int) -> nn.Module:
        return subject.create(channels, seed=seed)

    def inputs(count: int, seed: int) -> list[Tensor]:
        return [probes.maps((count, channels, *size), seed)]

    def run(module: nn.Module, given: Sequence[Tensor]) -> Tensors:
        return numbered(module(*given), "map")

    return Network(build, inputs, run)


def _maps(encoder: Encoder, channels: int, size: tuple[int, int]) -> list[Tensor]:
    with torch.no_grad():
        maps: list[Tensor] = encoder(probes.maps((1, channels, *padded(size, encoder.features.multiple)), seed=0))
    return maps


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    gives_the_maps_it_declares,
    pretrained_statistics_are_whole,
    *for_network(_network),
    *whole_model.CHECKS,
)
