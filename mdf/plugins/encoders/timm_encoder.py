"""All models of timm (github.com/huggingface/pytorch-image-models) that give feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import timm
import torch
from pydantic import Field
from timm.layers.format import Format
from timm.models import FeatureInfo, PretrainedCfg
from torch import Tensor, nn

from mdf.core.encoder import Encoder
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.names import did_you_mean
from mdf.plugins.encoders.pointwise import with_safe_pointwise_convs
from mdf.plugins.encoders.probe import (
    RGB,
    Backbone,
    BuildRecipe,
    Options,
    Size,
    build_on_default_device,
    find_recipe,
    first_line,
)
from mdf.plugins.encoders.resize import to_strides
from mdf.plugins.encoders.weights import WeightsConfig, weights_file, with_digest

FLEXIBLE: tuple[Options, ...] = ({"dynamic_img_size": True}, {})
"""Options that are tried for a network of any image size. Some of timm's transformers need the first."""


class TimmEncoder(Encoder):
    """The feature maps of one timm model, at the model's own levels, for any number of input channels.

    The first convolution of pretrained weights is repeated over the input channels and rescaled, as timm does it. A
    model that accepts only one image size is built for the study's size. If timm cannot do this, the images are padded
    to the model's original size. Parameters that no map depends on are not trained.
    """

    class Config(WeightsConfig):
        """Weights, and the experiment's wishes that must be known before the network is built."""

        size: Size | None = Field(
            None, description="(height, width) that the network is built for; filled in with the study's size"
        )
        output_stride: Literal[8, 16, 32] | None = Field(
            None, description="stride of the coarsest map, reached by dilation; None = the model's own stride"
        )

    def __init__(self, config: Config, in_channels: int, variant: str) -> None:
        super().__init__()
        self.label = f"timm:{variant}"
        recipe = _recipe(variant, in_channels, config.size, config.output_stride)
        self.size, self.features = recipe.size, recipe.features
        path = weights_file(config, _repository(variant), self.label)
        if path is not None and torch.get_default_device().type != "meta":
            body = _pretrained(variant, in_channels, recipe, path)
        else:
            body = build_on_default_device(partial(_build, variant, in_channels, **recipe.options))
        self.body = with_safe_pointwise_convs(body)
        for name, parameter in self.body.named_parameters():
            parameter.requires_grad_(name not in recipe.unused)
        settings = _pretrained_cfg(variant)
        if settings:
            self.pretrained_mean, self.pretrained_std = _rgb(settings.mean), _rgb(settings.std)

    @classmethod
    def adapt_config(cls, config: Config, variant: str, size: Size | None, output_stride: int | None) -> Config:
        """Fills in the study's size, the decoder's output stride and the SHA-256 of the weights file."""
        changes = {"size": config.size or size, "output_stride": config.output_stride or output_stride}
        return with_digest(config.model_copy(update=changes), _repository(variant), f"timm:{variant}")

    def forward(self, images: Tensor) -> list[Tensor]:
        """The model's own levels, finest first. Raises ConfigError for images of a size it was not built for."""
        if self.size is not None and tuple(images.shape[-2:]) != self.size:
            height, width = self.size
            raise ConfigError(
                f"encoder `{self.label}` was built for images of {height}x{width}, "
                f"not {images.shape[-2]}x{images.shape[-1]}",
                f"use `--size {height}x{width}` or less, and a schedule that does not change the size",
            )
        return to_strides(_maps(self.body, images), images, self.features)


@cache
def _recipe(variant: str, in_channels: int, size: Size | None, output_stride: int | None) -> BuildRecipe:
    if not timm.is_model(variant):
        raise _unknown(variant)
    if output_stride is not None:
        plain = _recipe(variant, in_channels, size, None)
        fine_enough = plain.features.strides[-1] <= output_stride
        return plain if fine_enough else _dilated(variant, in_channels, output_stride)
    height, width = _native_size(variant)
    try:
        return find_recipe(_backbone(variant, in_channels), FLEXIBLE, "img_size", size, (height, width))
    except Exception as error:
        if in_channels != RGB and _works(variant, RGB, size):
            raise ConfigError(
                f"encoder `timm:{variant}` reads one image with {RGB} channels, not {in_channels}",
                "use a fusion that passes single images: `--fusion siamese-diff`, `siamese-concat` or `frame-only`",
            ) from error
        at_size = f" of {size[0]}x{size[1]}" if size else ""
        raise ConfigError(
            f"encoder `timm:{variant}`, made for {height}x{width}, gives no feature maps for images{at_size}: "
            f"{first_line(error)}",
            "choose another model",
        ) from error


def _works(variant: str, in_channels: int, size: Size | None) -> bool:
    try:
        return bool(_recipe(variant, in_channels, size, None))
    except ConfigError:
        return False


def _dilated(variant: str, in_channels: int, output_stride: int) -> BuildRecipe:
    hint = "choose another decoder, or an encoder such as `timm:resnet18`"
    message = f"encoder `timm:{variant}` does not support an output stride of {output_stride}"
    try:
        recipe = find_recipe(_backbone(variant, in_channels), ({"output_stride": output_stride},), "", None, (0, 1))
    except Exception as error:
        raise ConfigError(message, hint) from error  # timm's own message helps nobody: an index or an assertion
    if recipe.features.strides[-1] > output_stride:
        raise ConfigError(message, hint)
    return recipe


def _backbone(variant: str, in_channels: int) -> Backbone:
    return Backbone(partial(_build, variant, in_channels), _maps, _channels, _reductions, in_channels)


def _build(variant: str, in_channels: int, **options: Any) -> nn.Module:
    network: nn.Module = timm.create_model(variant, features_only=True, in_chans=in_channels, **options)
    return network


def _pretrained(variant: str, in_channels: int, recipe: BuildRecipe, path: Path) -> nn.Module:
    """The network with the weights of `path`. timm ignores names that it does not find, so this checks that every
    parameter was loaded."""
    overlay = {"file": str(path)}
    with torch.random.fork_rng(devices=[]):
        random = _build(variant, in_channels, **recipe.options)
    try:
        network = _build(variant, in_channels, **recipe.options, pretrained=True, pretrained_cfg_overlay=overlay)
    except (RuntimeError, KeyError) as error:
        reason = str(error).strip() or type(error).__name__
        raise _misfit(variant, path, reason.splitlines()[-1].strip(), recipe.size) from error
    for (name, initial), loaded in zip(random.named_parameters(), network.parameters(), strict=True):
        # a constant initial value may also be the trained value, so only random ones prove something
        is_random = initial.ndim > 1 and initial.numel() > 0 and bool(initial.min() < initial.max())
        if is_random and torch.equal(initial, loaded):
            raise _misfit(variant, path, f"it has no `{name}`", None)
    return network


def _misfit(variant: str, path: Path, reason: str, size: Size | None) -> ConfigError:
    hint = "give the `model.safetensors` of this model, or set `encoder.weights` to `none`"
    native = _native_size(variant)
    if size not in (None, native):
        hint = f"the weights are for {native[0]}x{native[1]}: use `--size {native[0]}x{native[1]}`, or {hint}"
    return ConfigError(f"{path} does not fit `timm:{variant}`: {reason}", hint)


def _rgb(statistics: Sequence[float]) -> tuple[float, float, float] | None:
    return (statistics[0], statistics[1], statistics[2]) if len(statistics) == RGB else None


def _native_size(variant: str) -> Size:
    settings = _pretrained_cfg(variant)
    _, height, width = settings.input_size if settings else (RGB, 224, 224)
    return height, width


def _maps(network: nn.Module, images: Tensor) -> Sequence[Tensor]:
    maps: list[Tensor] = list(network(images))
    return [m.permute(0, 3, 1, 2) for m in maps] if getattr(network, "output_fmt", None) == Format.NHWC else maps


def _channels(network: nn.Module) -> Sequence[int]:
    return list(_feature_info(network).channels())


def _reductions(network: nn.Module) -> Sequence[int]:
    return list(_feature_info(network).reduction())


def _feature_info(network: nn.Module) -> FeatureInfo:
    info = network.feature_info
    assert isinstance(info, FeatureInfo)
    return info


def _pretrained_cfg(variant: str) -> PretrainedCfg | None:
    return timm.get_pretrained_cfg(variant) if timm.is_model(variant) else None


def _repository(variant: str) -> str | None:
    if not timm.is_model(variant):
        raise _unknown(variant)
    settings = _pretrained_cfg(variant)
    return settings.hf_hub_id or None if settings else None


def _unknown(variant: str) -> UnknownNameError:
    guess = did_you_mean(f"timm:{variant}", [f"timm:{name}" for name in timm.list_models()])
    return UnknownNameError(f"timm has no model `{variant}`", f"{guess} `timm.list_models()` lists all".strip())
