"""Which feature pyramids each SMP decoder accepts, and how to build it for one.

SMP's decoders read a list of maps. Entry *i* has stride 2^i. Entry 0 is the image itself, which they ignore.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import nn

from mdf.core.errors import ConfigError
from mdf.core.features import FeatureSpec
from mdf.core.names import suggest

MapIndices = tuple[int | None, ...]
"""For every entry of SMP's list, the index of the pyramid's map; None = an empty map with 0 channels."""


@dataclass(frozen=True, slots=True)
class DecoderPlan:
    """How to build and feed a decoder, and what it returns.

    Attributes:
        build: makes a new SMP decoder.
        map_indices: which map of the pyramid is which entry of SMP's list.
        channels, stride: those of the returned map.
        multiple: height and width of the image must be multiples of this.
        has_token_argument: whether `forward` needs a second list, with None for the class tokens of every map.
    """

    build: Callable[[], nn.Module]
    map_indices: MapIndices
    channels: int
    stride: int
    multiple: int = 1
    has_token_argument: bool = False


def plan_decoder(variant: str, features: FeatureSpec, width: int) -> DecoderPlan:
    """The plan of SMP's decoder `variant` for a pyramid.

    Raises
        ConfigError: there is no such decoder, or it does not accept this pyramid. The hint names pairs that work.
    """
    if variant not in PLANNERS:
        raise ConfigError(f"there is no decoder `smp:{variant}`", suggest(variant, PLANNERS))
    planner, requirement = PLANNERS[variant]
    plan = planner(features, width)
    if plan is None:
        strides = ", ".join(map(str, features.strides))
        raise ConfigError(
            f"decoder `smp:{variant}` needs {requirement}; this encoder gives strides {strides}",
            f"use another encoder (`timm:resnet18` works), or another decoder: {_accepting(features, width)}",
        )
    return plan


def _unet(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder

    return _unet_like(UnetDecoder, features, width)


def _unetplusplus(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder

    complete = None not in (_by_stride(features) or ())[2:]  # it upsamples these maps, and cannot upsample 0 channels
    return _unet_like(UnetPlusPlusDecoder, features, width) if complete else None


def _unet_like(decoder: type[nn.Module], features: FeatureSpec, width: int) -> DecoderPlan | None:
    indices = _by_stride(features)
    if indices is None or len(indices) < 2:
        return None
    stages = [max(width >> i, 16) for i in range(len(indices) - 1)]
    build = partial(decoder, _channels(features, indices), stages, n_blocks=len(stages))
    return DecoderPlan(build, indices, stages[-1], 1)


def _fpn(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder

    indices = _by_stride(features)
    if indices is None or len(indices) < 5 or None in indices[-4:]:
        return None
    channels = max(width // 2, 64)  # its group norms have 32 groups, and a group needs more than one channel
    build = partial(
        FPNDecoder,
        _channels(features, indices),
        encoder_depth=len(indices) - 1,
        pyramid_channels=width,
        segmentation_channels=channels,
    )
    return DecoderPlan(build, indices, channels, 2 ** (len(indices) - 4))


def _deeplabv3plus(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder

    last = features.strides[-1]
    if 4 not in features.strides or last not in (8, 16):
        return None
    last_at_4 = max(i for i, s in enumerate(features.strides) if s == 4)
    indices: MapIndices = (None, None, last_at_4, len(features.strides) - 1)
    build = partial(
        DeepLabV3PlusDecoder,
        _channels(features, indices),
        encoder_depth=5,
        out_channels=width,
        atrous_rates=(12, 24, 36),
        output_stride=last,
        aspp_separable=True,
        aspp_dropout=0.5,
    )
    return DecoderPlan(build, indices, width, 4)


def _dpt(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.dpt.decoder import DPTDecoder

    strides = features.strides
    indices = [i for i, stride in enumerate(strides) if stride >= 4]
    doubling = [strides[i] for i in indices] == [2 ** (i + 2) for i in range(len(indices))]
    equal = len(set(strides)) == 1 and strides[0] in (4, 8, 16, 32)
    if not indices or not (doubling or equal):
        return None
    build = partial(
        DPTDecoder,
        encoder_out_channels=_channels(features, indices),
        encoder_output_strides=[strides[i] for i in indices],
        encoder_has_prefix_tokens=False,
        readout="ignore",
        intermediate_channels=[width * min(2**i, 4) for i in range(len(indices))],
        fusion_channels=width,
    )
    return DecoderPlan(build, tuple(indices), width, 2, 2 ** (len(indices) + 1), has_token_argument=True)


def _segformer(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder

    indices = _by_stride(features)
    if indices is None or len(indices) < 4 or None in indices[2:]:
        return None
    build = partial(
        SegformerDecoder,
        _channels(features, indices),
        encoder_depth=len(indices) - 1,
        segmentation_channels=width,
    )
    return DecoderPlan(build, indices, width, 4)


def _upernet(features: FeatureSpec, width: int) -> DecoderPlan | None:
    from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

    indices = _by_stride(features)
    if indices is None or len(indices) < 4 or None in indices[2:]:
        return None
    build = partial(
        UPerNetDecoder,
        _channels(features, indices),
        encoder_depth=len(indices) - 1,
        decoder_channels=width,
    )
    return DecoderPlan(build, indices, width, 4)


PLANNERS: Mapping[str, tuple[Callable[[FeatureSpec, int], DecoderPlan | None], str]] = {
    "unet": (_unet, "different strides that are powers of two"),
    "unetplusplus": (_unetplusplus, "strides that double from 2 or 4"),
    "fpn": (_fpn, "four last maps whose strides double"),
    "deeplabv3plus": (_deeplabv3plus, "a map of stride 4 and a last map of stride 8 or 16"),
    "dpt": (_dpt, "maps that all have the same stride (4, 8, 16 or 32), or strides that double from 4"),
    "segformer": (_segformer, "strides that double from 4 to 8 or more"),
    "upernet": (_upernet, "strides that double from 4 to 8 or more"),
}
"""By variant: a function that returns None when it does not accept the pyramid, and its requirement in words."""


def _by_stride(features: FeatureSpec) -> MapIndices | None:
    """The index of the map of stride 2^i, for every i. Full size is left out.

    None if a stride is not a power of two, or occurs twice.
    """
    index_of = {stride.bit_length() - 1: i for i, stride in enumerate(features.strides)}
    if len(index_of) < len(features.strides) or any(1 << power not in features.strides for power in index_of):
        return None
    return (None, *(index_of.get(power) for power in range(1, max(index_of) + 1)))


def _channels(features: FeatureSpec, indices: MapIndices | list[int]) -> list[int]:
    return [0 if index is None else features.channels[index] for index in indices]


def _accepting(features: FeatureSpec, width: int) -> str:
    """The decoders that accept this pyramid. mdf's own `unet` accepts every pyramid."""
    names = [f"`smp:{name}`" for name, (planner, _) in PLANNERS.items() if planner(features, width) is not None]
    return ", ".join(["`unet`", *names])
