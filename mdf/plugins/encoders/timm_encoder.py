"""Every model of timm (github.com/huggingface/pytorch-image-models) that gives feature maps, of whatever kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import timm
import torch
from pydantic import Field
from timm.layers.format import Format
from torch import Tensor, nn

from mdf.core.encoder import Encoder
from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.names import close_names
from mdf.plugins.encoders.points import with_safe_points
from mdf.plugins.encoders.probe import RGB, Body, Size, Way, built, find_way, reason_of
from mdf.plugins.encoders.resize import to_strides
from mdf.plugins.encoders.weights import WeightsConfig, weights_file, with_digest

FLEXIBLE: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {})
"""What lets a transformer take any size, as timm calls it; others are built as they are."""


class TimmEncoder(Encoder):
    """The feature maps of one timm model, at its own levels, from any number of input channels.

    A pretrained first convolution is repeated over the channels and rescaled, as timm does it. A model that takes one
    size only is built for the study's, or, where timm cannot, images are padded up to the one that it was made for.
    Parameters that no map depends on do not learn.
    """

    class Config(WeightsConfig):
        """Weights, and what the experiment asks of the network before it is built."""

        size: Size | None = Field(None, description="(height, width) to build for; filled in by the study's")
        output_stride: Literal[8, 16, 32] | None = Field(
            None, description="stride of the coarsest map, kept up by dilation; None = the model's own"
        )

    def __init__(self, config: Config, in_channels: int, variant: str) -> None:
        super().__init__()
        self.label = f"timm:{variant}"
        way = _way(variant, in_channels, config.size, config.output_stride)
        self.size, self.features = way.size, way.features
        path = weights_file(config, _repository(variant), self.label)
        if path is not None and torch.get_default_device().type != "meta":
            body = _pretrained(variant, in_channels, way, path)
        else:
            body = built(lambda: _build(variant, in_channels, **way.options))
        self.body = with_safe_points(body)
        for name, parameter in self.body.named_parameters():
            parameter.requires_grad_(name not in way.unused)
        known = _pretrained_cfg(variant)
        self.pretrained_mean, self.pretrained_std = known["mean"], known["std"]

    @classmethod
    def fitted(cls, config: Config, variant: str, size: Size | None, output_stride: int | None) -> Config:
        """With the study's size, the decoder's output stride and the digest of the weights' file."""
        asked = {"size": config.size or size, "output_stride": config.output_stride or output_stride}
        return with_digest(config.model_copy(update=asked), _repository(variant), f"timm:{variant}")

    def forward(self, images: Tensor) -> list[Tensor]:
        """The model's own levels, finest first."""
        if self.size is not None and tuple(images.shape[-2:]) != self.size:
            height, width = self.size
            raise ConfigError(
                f"encoder `{self.label}` takes images of {height}x{width}, not {images.shape[-2]}x{images.shape[-1]}",
                f"use `--size {height}x{width}` or less, and no schedule that changes it",
            )
        return to_strides(_maps(self.body, images), images, self.features)


@cache
def _way(variant: str, in_channels: int, size: Size | None, output_stride: int | None) -> Way:
    if not timm.is_model(variant):
        raise _unknown(variant)
    if output_stride is not None:
        own = _way(variant, in_channels, size, None)
        enough = own.features.strides[-1] <= output_stride
        return own if enough else _dilated(variant, in_channels, output_stride)
    height, width = _own_size(variant)
    try:
        return find_way(_body(variant, in_channels), FLEXIBLE, "img_size", size, (height, width))
    except Exception as error:
        if in_channels != RGB and _takes(variant, RGB, size):
            raise ConfigError(
                f"encoder `timm:{variant}` reads one image of {RGB} channels, not {in_channels}",
                "use a fusion that gives it one: `--fusion siamese-diff`, `siamese-concat` or `frame-only`",
            ) from error
        at = f" of {size[0]}x{size[1]}" if size else ""
        raise ConfigError(
            f"encoder `timm:{variant}`, made for {height}x{width}, gives no feature maps of images{at}: "
            f"{reason_of(error)}",
            "choose another model",
        ) from error


def _takes(variant: str, in_channels: int, size: Size | None) -> bool:
    try:
        return bool(_way(variant, in_channels, size, None))
    except ConfigError:
        return False


def _dilated(variant: str, in_channels: int, output_stride: int) -> Way:
    hint = "choose another decoder, or an encoder such as `timm:resnet18`"
    refused = f"encoder `timm:{variant}` cannot keep an output stride of {output_stride}"
    try:
        way = find_way(_body(variant, in_channels), ({"output_stride": output_stride},), "", None, (0, 1))
    except Exception as error:
        raise ConfigError(refused, hint) from error  # what timm says of it is an index or an assertion
    if way.features.strides[-1] > output_stride:
        raise ConfigError(refused, hint)
    return way


def _body(variant: str, in_channels: int) -> Body:
    return Body(partial(_build, variant, in_channels), _maps, _channels, _reductions, in_channels)


def _build(variant: str, in_channels: int, **options: Any) -> nn.Module:
    network: nn.Module = timm.create_model(variant, features_only=True, in_chans=in_channels, **options)
    return network


def _pretrained(variant: str, in_channels: int, way: Way, path: Path) -> nn.Module:
    """With the weights of `path`. timm passes over names that it does not find, so it is checked that all came."""
    loading = {"pretrained": True, "pretrained_cfg_overlay": {"file": str(path)}}
    with torch.random.fork_rng(devices=[]):
        fresh = _build(variant, in_channels, **way.options)
    try:
        network = _build(variant, in_channels, **way.options, **loading)
    except (RuntimeError, KeyError) as error:
        reason = str(error).strip() or type(error).__name__
        raise _misfit(variant, path, reason.splitlines()[-1].strip(), way.size) from error
    for (name, before), after in zip(fresh.named_parameters(), network.parameters(), strict=True):
        # a constant may be the trained value, too
        drawn = before.ndim > 1 and before.numel() > 0 and bool(before.min() < before.max())
        if drawn and torch.equal(before, after):
            raise _misfit(variant, path, f"it holds no `{name}`", None)
    return network


def _misfit(variant: str, path: Path, reason: str, size: Size | None) -> ConfigError:
    hint = "give the `model.safetensors` of the model of that name, or `weights = none`"
    own = _own_size(variant)
    if size not in (None, own):
        hint = f"it is built for your size, and the weights are for {own[0]}x{own[1]}: use that `--size`, or {hint}"
    return ConfigError(f"{path} does not fit `timm:{variant}`: {reason}", hint)


def _own_size(variant: str) -> Size:
    height, width = _pretrained_cfg(variant).get("input_size", (RGB, 224, 224))[-2:]
    return height, width


def _maps(network: nn.Module, images: Tensor) -> Sequence[Tensor]:
    maps: list[Tensor] = list(network(images))
    return [m.permute(0, 3, 1, 2) for m in maps] if getattr(network, "output_fmt", None) == Format.NHWC else maps


def _channels(network: Any) -> Sequence[int]:
    return list(network.feature_info.channels())


def _reductions(network: Any) -> Sequence[int]:
    return list(network.feature_info.reduction())


def _pretrained_cfg(variant: str) -> dict[str, Any]:
    known: Any = timm.get_pretrained_cfg(variant) if timm.is_model(variant) else None
    return dict(known.to_dict()) if known else {"mean": None, "std": None}


def _repository(variant: str) -> str | None:
    if not timm.is_model(variant):
        raise _unknown(variant)
    found = _pretrained_cfg(variant).get("hf_hub_id")
    return str(found) if found else None


def _unknown(variant: str) -> UnknownNameError:
    close = close_names(variant, timm.list_models())
    hint = f"closest: {', '.join(f'timm:{name}' for name in close)}; " if close else ""
    return UnknownNameError(f"timm has no model `{variant}`", f"{hint}`timm.list_models()` lists all")
