"""Finds out how to build another library's network: its strides, the image sizes it accepts, its unused parameters.

Networks are tried on torch's `meta` device, which needs no memory and no arithmetic. A network that does not work
there is tried on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mdf.core.features import FeatureSpec

FACTORS = (1, 2, 4, 7, 8)
"""Factors tried on the coarsest stride until a network accepts the size. 7 and 8 are common attention windows."""

INIT_FUNCTIONS = {"normal_", "uniform_", "erfinv_", "mul_", "add_", "clamp_", "fill_", "zero_", "copy_"}
"""The in-place functions that initialisers call. None of them changes a shape."""

RGB = 3

Size = tuple[int, int]
Options = Mapping[str, bool | int | Size]
"""Keyword arguments of a library's function that builds a network."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class SkipMetaInit(TorchFunctionMode):
    """Does not initialise parameters on the `meta` device. They hold no numbers, and this would take most of the
    time."""

    def __torch_function__(
        self,
        function: Callable[..., Result],
        types: Sequence[type],
        args: tuple[Argument, ...] = (),
        kwargs: Mapping[str, Argument] | None = None,
    ) -> Result | Argument:
        """Calls `function`, except when it fills a tensor on the `meta` device."""
        del types
        filled = args[0] if args else (kwargs or {}).get("tensor")  # torch.nn.init passes it by keyword
        if getattr(function, "__name__", "") in INIT_FUNCTIONS and isinstance(filled, Tensor) and filled.is_meta:
            return filled
        return function(*args, **(kwargs or {}))


@dataclass(frozen=True)
class Backbone:
    """How to build and read one network of another library.

    Attributes:
        build: `build(**options)` makes the network.
        maps: runs the network on images N×C×H×W and gives its feature maps, N×C×H×W each.
        channels, reductions: channels and strides that a built network declares for its maps.
        in_channels: input channels of the networks that `build` makes.
    """

    build: Callable[..., nn.Module]
    maps: Callable[[nn.Module, Tensor], Sequence[Tensor]]
    channels: Callable[[nn.Module], Sequence[int]]
    reductions: Callable[[nn.Module], Sequence[int]]
    in_channels: int = RGB

    def network(self, options: Options) -> nn.Module:
        """A network for a trial run, in eval mode."""
        with SkipMetaInit():
            return self.build(**options).eval()


@dataclass(frozen=True)
class BuildRecipe:
    """One working way to build a network.

    Attributes:
        options: keyword arguments of `Backbone.build`.
        features: the feature pyramid that the network then gives.
        size: the only (height, width) it accepts; None = every multiple of `features.multiple`.
        unused: names of parameters that no map depends on.
    """

    options: Options
    features: FeatureSpec
    size: Size | None = None
    unused: frozenset[str] = field(default_factory=frozenset)


def find_recipe(
    backbone: Backbone, flexible: Sequence[Options], size_option: str, wanted: Size | None, native: Size
) -> BuildRecipe:
    """The first recipe that works. These are tried, in this order:

    1. a network for every size, with each of the options in `flexible`;
    2. a network for the size `wanted` (padded), which is passed as the option `size_option`;
    3. a network for `native` only, the size that its authors built it for.

    Raises the error of the first attempt when none works.
    """
    failures: list[Exception] = []
    for device in ("meta", "cpu"):
        with torch.random.fork_rng(devices=[]), torch.device(device):
            for attempt in _attempts(backbone, flexible, size_option, wanted, native):
                try:
                    return attempt()
                except Exception as error:  # libraries raise errors of any type at a size they do not accept
                    failures.append(error)
    raise failures[0]


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type when it has none."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def build_on_default_device(build: Callable[[], nn.Module]) -> nn.Module:
    """Calls `build` on the default device. If that is `meta` and fails, calls it on the CPU."""
    try:
        with SkipMetaInit():
            return build()
    except RuntimeError:
        if torch.get_default_device().type != "meta":
            raise
        with torch.device("cpu"):
            return build()


def _attempts(
    backbone: Backbone, flexible: Sequence[Options], size_option: str, wanted: Size | None, native: Size
) -> Iterator[Callable[[], BuildRecipe]]:
    coarsest = 32
    for options in flexible:
        try:
            network = backbone.network(options)
        except TypeError:
            continue  # the network has no such option
        except Exception as error:
            yield partial(_fail, error)
            continue
        coarsest = max(backbone.reductions(network))
        for factor in FACTORS:
            yield partial(_for_every_size, backbone, network, options, factor * coarsest)
    if size_option and wanted:
        square = _round_up(max(wanted), coarsest)
        for multiple in dict.fromkeys([*(factor * coarsest for factor in FACTORS), square]):
            size = _round_up(wanted[0], multiple), _round_up(wanted[1], multiple)
            yield partial(_for_one_size, backbone, {size_option: size}, size, multiple)
            if size[0] == size[1]:  # some models accept only one number, for a square
                yield partial(_for_one_size, backbone, {size_option: size[0]}, size, multiple)
    if native[0] == native[1]:
        yield partial(_for_one_size, backbone, {}, native, native[0])


def _fail(error: Exception) -> BuildRecipe:
    raise error


def _for_every_size(backbone: Backbone, network: nn.Module, options: Options, multiple: int) -> BuildRecipe:
    """Tries two sizes with different aspect ratios. Both must give the same strides."""
    wide = _measure(backbone, network, (multiple, 2 * multiple), multiple)
    tall = _measure(backbone, network, (3 * multiple, 2 * multiple), multiple)
    if wide != tall:
        raise ValueError(f"its strides depend on the image size: {wide.strides} or {tall.strides}")
    return BuildRecipe(options, wide, None, _unused(backbone, network, (2 * multiple, 3 * multiple)))


def _for_one_size(backbone: Backbone, options: Options, size: Size, multiple: int) -> BuildRecipe:
    network = backbone.network(options)
    return BuildRecipe(options, _measure(backbone, network, size, multiple), size, _unused(backbone, network, size))


def _measure(backbone: Backbone, network: nn.Module, size: Size, multiple: int) -> FeatureSpec:
    """The pyramid that the network gives at `size`. Maps may miss their exact size a little; `to_strides` mends it."""
    with torch.no_grad():
        maps = backbone.maps(network, torch.zeros(1, backbone.in_channels, *size))
    channels, strides = tuple(backbone.channels(network)), []
    for tensor, width, declared in zip(maps, channels, backbone.reductions(network), strict=True):
        if tensor.ndim != 4 or tensor.shape[1] != width:
            raise ValueError(f"it gives {tuple(tensor.shape)} where a map of {width} channels is declared")
        strides.append(_stride(size, (tensor.shape[2], tensor.shape[3]), declared))
    return FeatureSpec(channels, tuple(strides), multiple)


def _stride(image: Size, actual: Size, declared: int) -> int:
    """The stride of a map of size `actual`: the exact quotient, or the declared one if the map is close to it."""
    exact = {side // small for side, small in zip(image, actual, strict=True) if side % small == 0}
    if len(exact) == 1 and all(side % small == 0 for side, small in zip(image, actual, strict=True)):
        return exact.pop()
    if any(abs(side / declared - small) > 4 for side, small in zip(image, actual, strict=True)):
        raise ValueError(f"it gives {actual[0]}×{actual[1]} for {image[0]}×{image[1]}, but declares stride {declared}")
    return declared


def _unused(backbone: Backbone, network: nn.Module, size: Size) -> frozenset[str]:
    """Names of the parameters that get no gradient from the maps."""
    maps = backbone.maps(network, torch.zeros(1, backbone.in_channels, *size))
    network.zero_grad(set_to_none=True)
    torch.stack([tensor.float().sum() for tensor in maps]).sum().backward()  # type: ignore[no-untyped-call]
    return frozenset(name for name, p in network.named_parameters() if p.requires_grad and p.grad is None)


def _round_up(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
