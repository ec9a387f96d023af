"""Which pyramid each of SMP's decoders takes, and how it is built for one.

SMP's decoders read a list of maps whose place *i* has stride 2^i; the first, the image itself, is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import nn

from mdf.core.errors import ConfigError
from mdf.core.features import FeatureSpec
from mdf.core.names import suggest

Places = tuple[int | None, ...]
"""By place, which map of the pyramid stands there; None = a map of no channels."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a decoder is built and fed, and what it gives.

    Attributes:
        build: makes SMP's decoder anew.
        places: which map stands where.
        channels, stride: of the map that it returns.
        multiple: what height and width of the image must be multiples of.
        arguments: what its `forward` takes beside the maps.
    """

    build: Callable[[], nn.Module]
    places: Places
    channels: int
    stride: int
    multiple: int = 1
    arguments: tuple[object, ...] = ()


def plan(variant: str, features: FeatureSpec, width: int) -> Plan:
    """The plan of SMP's decoder `variant` for a pyramid.

    Raises ConfigError where there is no such decoder or the pyramid does not fit, saying which do.
    """
    if variant not in PLANS:
        raise ConfigError(f"decoder `smp:{variant}` is none of SMP's", suggest(variant, PLANS))
    make, needs = PLANS[variant]
    found = make(features, width)
    if found is None:
        raise ConfigError(
            f"decoder `smp:{variant}` needs {needs}; this encoder gives strides {_told(features.strides)}",
            f"pairs that work: it with such an encoder (`timm:resnet18`), or yours with {_fitting(features, width)}",
        )
    return found


def _unet(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder

    return _stairs(UnetDecoder, features, width)


def _unetplusplus(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder

    whole = None not in (_by_stride(features) or ())[2:]  # it enlarges the maps beyond: not those of no channels
    return _stairs(UnetPlusPlusDecoder, features, width) if whole else None


def _stairs(kind: type[nn.Module], features: FeatureSpec, width: int) -> Plan | None:
    places = _by_stride(features)
    if places is None or len(places) < 2:
        return None
    stages = [max(width >> i, 16) for i in range(len(places) - 1)]
    build = partial(kind, _channels(features, places), stages, n_blocks=len(stages))
    return Plan(build, places, stages[-1], 1)


def _fpn(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder

    places = _by_stride(features)
    if places is None or len(places) < 5 or None in places[-4:]:
        return None
    channels = max(width // 2, 64)  # its norms have 32 groups, each of which needs more than one channel
    build = partial(
        FPNDecoder,
        _channels(features, places),
        encoder_depth=len(places) - 1,
        pyramid_channels=width,
        segmentation_channels=channels,
    )
    return Plan(build, places, channels, 2 ** (len(places) - 4))


def _deeplabv3plus(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder

    last = features.strides[-1]
    if 4 not in features.strides or last not in (8, 16):
        return None
    places: Places = (None, None, max(i for i, s in enumerate(features.strides) if s == 4), len(features.strides) - 1)
    build = partial(
        DeepLabV3PlusDecoder,
        _channels(features, places),
        encoder_depth=5,
        out_channels=width,
        atrous_rates=(12, 24, 36),
        output_stride=last,
        aspp_separable=True,
        aspp_dropout=0.5,
    )
    return Plan(build, places, width, 4)


def _dpt(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.dpt.decoder import DPTDecoder

    strides = features.strides
    places = [i for i, stride in enumerate(strides) if stride >= 4]
    doubling = [strides[i] for i in places] == [2 ** (i + 2) for i in range(len(places))]
    equal = len(set(strides)) == 1 and strides[0] in (4, 8, 16, 32)
    if not places or not (doubling or equal):
        return None
    build = partial(
        DPTDecoder,
        encoder_out_channels=_channels(features, places),
        encoder_output_strides=[strides[i] for i in places],
        encoder_has_prefix_tokens=False,
        readout="ignore",
        intermediate_channels=[width * min(2**i, 4) for i in range(len(places))],
        fusion_channels=width,
    )
    return Plan(build, tuple(places), width, 2, 2 ** (len(places) + 1), ([None] * len(places),))


def _segformer(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder

    places = _by_stride(features)
    if places is None or len(places) < 4 or None in places[2:]:
        return None
    build = partial(
        SegformerDecoder,
        _channels(features, places),
        encoder_depth=len(places) - 1,
        segmentation_channels=width,
    )
    return Plan(build, places, width, 4)


def _upernet(features: FeatureSpec, width: int) -> Plan | None:
    from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

    places = _by_stride(features)
    if places is None or len(places) < 4 or None in places[2:]:
        return None
    build = partial(
        UPerNetDecoder,
        _channels(features, places),
        encoder_depth=len(places) - 1,
        decoder_channels=width,
    )
    return Plan(build, places, width, 4)


PLANS: Mapping[str, tuple[Callable[[FeatureSpec, int], Plan | None], str]] = {
    "unet": (_unet, "strides that at least double, powers of two"),
    "unetplusplus": (_unetplusplus, "strides that double from 2 or 4"),
    "fpn": (_fpn, "four maps at the end whose strides double"),
    "deeplabv3plus": (_deeplabv3plus, "a map of stride 4 and a last one of stride 16 or 8"),
    "dpt": (_dpt, "maps of one stride (4, 8, 16 or 32), or of strides that double from 4"),
    "segformer": (_segformer, "strides that double from 4 to 8 or more"),
    "upernet": (_upernet, "strides that double from 4 to 8 or more"),
}
"""By variant: how it is planned (None where the pyramid does not fit), and what it needs, in words."""


def _by_stride(features: FeatureSpec) -> Places | None:
    """The map of stride 2^i at place i, the full size left out; None unless all strides are such, each once."""
    found = {stride.bit_length() - 1: i for i, stride in enumerate(features.strides)}
    if len(found) < len(features.strides) or any(1 << power not in features.strides for power in found):
        return None
    return (None, *(found.get(power) for power in range(1, max(found) + 1)))


def _channels(features: FeatureSpec, places: Places | list[int]) -> list[int]:
    return [0 if place is None else features.channels[place] for place in places]


def _fitting(features: FeatureSpec, width: int) -> str:
    """The decoders that take this pyramid; ours takes any."""
    names = [f"`smp:{name}`" for name, (make, _) in PLANS.items() if make(features, width) is not None]
    return ", ".join(["`unet`", *names])


def _told(strides: tuple[int, ...]) -> str:
    return ", ".join(map(str, strides))
