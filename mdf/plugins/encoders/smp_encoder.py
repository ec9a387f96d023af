"""All encoders of segmentation_models.pytorch (github.com/qubvel-org/segmentation_models.pytorch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from pydantic import Field
from safetensors.torch import load_file
from segmentation_models_pytorch.encoders import encoders as KNOWN
from segmentation_models_pytorch.encoders import get_encoder
from segmentation_models_pytorch.encoders._base import EncoderMixin
from torch import Tensor, nn

from mdf.core.encoder import Encoder
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.names import did_you_mean
from mdf.plugins.encoders.pointwise import with_safe_pointwise_convs
from mdf.plugins.encoders.probe import (
    RGB,
    Backbone,
    BuildRecipe,
    build_on_default_device,
    find_recipe,
    first_line,
)
from mdf.plugins.encoders.resize import to_strides
from mdf.plugins.encoders.weights import WeightsConfig, weights_file, with_digest

WEIGHTS_NAME = "imagenet"
DEPTH = 5


class SmpEncoder(Encoder):
    """The feature maps of one SMP encoder, at strides 2 or 4 to 32, for any number of input channels.

    SMP counts the image and levels without channels among the maps; they are left out here. The first convolution of
    pretrained weights is repeated over the input channels and rescaled, as SMP does it. Parameters that no map depends
    on are not trained.
    """

    class Config(WeightsConfig):
        """Weights, and the decoder's wish that must be known before the network is built."""

        output_stride: Literal[8, 16, 32] | None = Field(
            None, description="stride of the coarsest map, reached by dilation; None = the encoder's own stride"
        )

    def __init__(self, config: Config, in_channels: int, variant: str) -> None:
        super().__init__()
        recipe = _recipe(variant, config.output_stride)
        self.features = recipe.features
        pretraining = _pretraining(variant)
        path = weights_file(config, pretraining.repository, f"smp:{variant}")
        pretrained = path is not None and torch.get_default_device().type != "meta"
        channels = RGB if pretrained else in_channels
        body = build_on_default_device(lambda: _build(variant, channels, config.output_stride))
        if pretrained:
            _load(body, str(path), variant)
            _add_input_channels(body, in_channels)
        self.body = with_safe_pointwise_convs(body)
        for name, parameter in self.body.named_parameters():
            parameter.requires_grad_(name not in recipe.unused)
        self.pretrained_mean, self.pretrained_std = pretraining.mean, pretraining.std

    @classmethod
    def adapt_config(
        cls,
        config: Config,
        variant: str,
        size: tuple[int, int] | None,  # noqa: ARG003
        output_stride: int | None,
    ) -> Config:
        """Fills in the decoder's output stride and the SHA-256 of the weights file."""
        adapted = config.model_copy(update={"output_stride": config.output_stride or output_stride})
        return with_digest(adapted, _pretraining(variant).repository, f"smp:{variant}")

    def forward(self, images: Tensor) -> list[Tensor]:
        """The encoder's levels that have channels, finest first."""
        return to_strides(_maps(self.body, images), images, self.features)


@cache
def _recipe(variant: str, output_stride: int | None) -> BuildRecipe:
    _check_name(variant)

    def build() -> nn.Module:
        return _build(variant, RGB, output_stride)

    backbone = Backbone(build, _maps, _channels, _reductions)
    condition = f" with an output stride of {output_stride}" if output_stride else ""
    message = f"encoder `smp:{variant}` gives no feature maps{condition}"
    hint = "choose another decoder, or an encoder such as `smp:resnet18`"
    try:
        recipe = find_recipe(backbone, ({},), "", None, (0, 1))
    except Exception as error:
        raise ConfigError(f"{message}: {first_line(error)}", hint) from error
    if output_stride and recipe.features.strides[-1] > output_stride:
        raise ConfigError(message, hint)
    return recipe


def _build(variant: str, in_channels: int, output_stride: int | None) -> nn.Module:
    network: nn.Module = get_encoder(variant, in_channels, DEPTH, None, output_stride or 32)
    return network


def _maps(network: nn.Module, images: Tensor) -> Sequence[Tensor]:
    return [tensor for tensor in network(images)[1:] if tensor.shape[1]]


def _add_input_channels(network: EncoderMixin, in_channels: int) -> None:
    network.set_in_channels(in_channels, pretrained=True)


def _levels(network: EncoderMixin) -> list[tuple[int, int]]:
    """(channels, stride) of each level with channels, without the image itself."""
    coarsest = network.output_stride
    return [(c, min(2 ** (i + 1), coarsest)) for i, c in enumerate(network.out_channels[1:]) if c]


def _channels(network: nn.Module) -> Sequence[int]:
    return [channels for channels, _ in _levels(network)]


def _reductions(network: nn.Module) -> Sequence[int]:
    return [stride for _, stride in _levels(network)]


@dataclass(frozen=True, slots=True)
class Pretraining:
    """SMP's record of an encoder's ImageNet weights; all None when it has none.

    Attributes:
        repository: name on the Hugging Face Hub.
        mean, std: statistics of the images, range 0–1, RGB.
    """

    repository: str | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None


def _pretraining(variant: str) -> Pretraining:
    _check_name(variant)
    settings = KNOWN[variant].get("pretrained_settings", {}).get(WEIGHTS_NAME, {})
    return Pretraining(settings.get("repo_id"), settings.get("mean"), settings.get("std"))


def _check_name(variant: str) -> None:
    if variant not in KNOWN:
        guess = did_you_mean(f"smp:{variant}", [f"smp:{name}" for name in KNOWN])
        if variant.startswith("tu-"):
            guess = f"models of timm are `timm:{variant[3:]}`;"
        raise UnknownNameError(
            f"SMP has no encoder `{variant}`",
            f"{guess} `segmentation_models_pytorch.encoders.get_encoder_names()` lists all".strip(),
        )


def _load(network: nn.Module, path: str, variant: str) -> None:
    try:
        network.load_state_dict(load_file(path))
    except (RuntimeError, KeyError) as error:
        raise ConfigError(
            f"{path} does not fit `smp:{variant}`: {str(error).splitlines()[-1].strip()}",
            "give the `model.safetensors` of this encoder, or set `encoder.weights` to `none`",
        ) from error
