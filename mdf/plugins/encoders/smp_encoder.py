"""Every encoder of segmentation_models.pytorch (github.com/qubvel-org/segmentation_models.pytorch)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import torch
from pydantic import Field
from safetensors.torch import load_file
from segmentation_models_pytorch.encoders import encoders as KNOWN
from segmentation_models_pytorch.encoders import get_encoder
from torch import Tensor, nn

from mdf.core.encoder import Encoder
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.names import close_names
from mdf.plugins.encoders.points import with_safe_points
from mdf.plugins.encoders.probe import RGB, Body, Way, built, find_way, reason_of
from mdf.plugins.encoders.resize import to_strides
from mdf.plugins.encoders.weights import WeightsConfig, weights_file, with_digest

OWN = "imagenet"
DEPTH = 5


class SmpEncoder(Encoder):
    """The feature maps of one SMP encoder, stride 2 or 4 to 32, from any number of input channels.

    The image itself and levels of no channels, which SMP counts among the maps, are left out. A pretrained first
    convolution is repeated over the channels and rescaled, as SMP does it. Parameters that no map depends on do not
    learn.
    """

    class Config(WeightsConfig):
        """Weights, and what the decoder asks of the network before it is built."""

        output_stride: Literal[8, 16, 32] | None = Field(
            None, description="stride of the coarsest map, kept up by dilation; None = the encoder's own"
        )

    def __init__(self, config: Config, in_channels: int, variant: str) -> None:
        super().__init__()
        way = _way(variant, config.output_stride)
        self.features = way.features
        path = weights_file(config, _settings(variant).get("repo_id"), f"smp:{variant}")
        pretrained = path is not None and torch.get_default_device().type != "meta"
        channels = RGB if pretrained else in_channels
        self.body: Any = built(lambda: _build(variant, channels, config.output_stride))
        if pretrained:
            _load(self.body, str(path), variant)
            self.body.set_in_channels(in_channels, pretrained=True)  # type: ignore[operator]
        with_safe_points(self.body)
        for name, parameter in self.body.named_parameters():
            parameter.requires_grad_(name not in way.unused)
        known = _settings(variant)
        self.pretrained_mean, self.pretrained_std = known.get("mean"), known.get("std")

    @classmethod
    def fitted(
        cls,
        config: Config,
        variant: str,
        size: tuple[int, int] | None,  # noqa: ARG003
        output_stride: int | None,
    ) -> Config:
        """With the decoder's output stride and the digest of the weights' file."""
        asked = config.model_copy(update={"output_stride": config.output_stride or output_stride})
        return with_digest(asked, _settings(variant).get("repo_id"), f"smp:{variant}")

    def forward(self, images: Tensor) -> list[Tensor]:
        """The encoder's levels that have channels, finest first."""
        return to_strides(_maps(self.body, images), images, self.features)


@cache
def _way(variant: str, output_stride: int | None) -> Way:
    _settings(variant)

    def build() -> nn.Module:
        return _build(variant, RGB, output_stride)

    body = Body(build, _maps, _channels, _reductions)
    kept = f" with an output stride of {output_stride}" if output_stride else ""
    refused = f"encoder `smp:{variant}` gives no feature maps{kept}"
    hint = "choose another decoder, or an encoder such as `smp:resnet18`"
    try:
        way = find_way(body, ({},), "", None, (0, 1))
    except Exception as error:
        raise ConfigError(f"{refused}: {reason_of(error)}", hint) from error
    if output_stride and way.features.strides[-1] > output_stride:
        raise ConfigError(refused, hint)
    return way


def _build(variant: str, in_channels: int, output_stride: int | None) -> nn.Module:
    network: nn.Module = get_encoder(variant, in_channels, DEPTH, None, output_stride or 32)
    return network


def _maps(network: nn.Module, images: Tensor) -> Sequence[Tensor]:
    return [tensor for tensor in network(images)[1:] if tensor.shape[1]]


def _levels(network: Any) -> list[tuple[int, int]]:
    """(channels, stride) of each level with channels, the image itself apart."""
    most = network.output_stride
    return [(c, min(2 ** (i + 1), most)) for i, c in enumerate(network.out_channels[1:]) if c]


def _channels(network: nn.Module) -> Sequence[int]:
    return [channels for channels, _ in _levels(network)]


def _reductions(network: nn.Module) -> Sequence[int]:
    return [stride for _, stride in _levels(network)]


def _settings(variant: str) -> dict[str, Any]:
    """What SMP knows of its pretrained weights; nothing where there are none."""
    if variant not in KNOWN:
        close = close_names(variant, KNOWN)
        hint = f"closest: {', '.join(f'smp:{name}' for name in close)}; " if close else ""
        if variant.startswith("tu-"):
            hint = f"models of timm are `timm:{variant[3:]}`; "
        raise UnknownNameError(
            f"SMP has no encoder `{variant}`",
            f"{hint}`segmentation_models_pytorch.encoders.get_encoder_names()` lists all",
        )
    return dict(KNOWN[variant].get("pretrained_settings", {}).get(OWN, {}))


def _load(network: nn.Module, path: str, variant: str) -> None:
    try:
        network.load_state_dict(load_file(path))
    except (RuntimeError, KeyError) as error:
        raise ConfigError(
            f"{path} does not fit `smp:{variant}`: {str(error).splitlines()[-1].strip()}",
            "give the `model.safetensors` of the encoder of that name, or `weights = none`",
        ) from error
