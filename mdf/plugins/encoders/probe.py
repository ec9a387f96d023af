"""What a network from elsewhere gives, found out before it is used: strides, the sizes it takes, what it leaves unused.

Networks are tried without memory or arithmetic, on torch's `meta` device; on the processor where that cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mdf.core.features import FeatureSpec

FACTORS = (1, 2, 4, 7, 8)
"""What the coarsest stride is multiplied by until a network takes the size: 7 and 8 are usual windows of attention."""

FILLING = {"normal_", "uniform_", "erfinv_", "mul_", "add_", "clamp_", "fill_", "zero_", "copy_"}
"""What initialisation is made of; it works in place and leaves shapes as they are."""

RGB = 3

Size = tuple[int, int]
Maps = Callable[[nn.Module, Tensor], Sequence[Tensor]]


class Unfilled(TorchFunctionMode):
    """While a network is built: parameters that have no memory are not filled, which takes most of the time."""

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """`function`, but for those that fill a tensor on the `meta` device."""
        del types
        given = args[0] if args else (kwargs or {}).get("tensor")  # as methods have it, as torch.nn.init has it
        if getattr(function, "__name__", "") in FILLING and isinstance(given, Tensor) and given.is_meta:
            return given
        return function(*args, **(kwargs or {}))


@dataclass(frozen=True)
class Body:
    """How a network is built (`build(**options)`), run for its maps (N×C×H×W), and what it says of itself.

    `reductions` and `channels` are its own words for a built network; `in_channels` those that `build` gives it.
    """

    build: Callable[..., nn.Module]
    maps: Maps
    channels: Callable[[nn.Module], Sequence[int]]
    reductions: Callable[[nn.Module], Sequence[int]]
    in_channels: int = RGB

    def network(self, **options: Any) -> nn.Module:
        """Built to be tried."""
        with Unfilled():
            return self.build(**options).eval()


@dataclass(frozen=True)
class Way:
    """One way to build a network that works.

    Attributes:
        options: what it is built with.
        features: the pyramid that it then gives.
        size: the one size that it takes; None = every multiple of `features.multiple`.
        unused: names of parameters that no map depends on.
    """

    options: Mapping[str, Any]
    features: FeatureSpec
    size: Size | None = None
    unused: frozenset[str] = field(default_factory=frozenset)


def find_way(body: Body, flexible: Sequence[Mapping[str, Any]], sized: str, asked: Size | None, own: Size) -> Way:
    """The first way in which the network works.

    Tried are: every size, with the options of `flexible` one after the other; built for `asked` (padded), by the
    option named `sized`; and only `own`, the size that it was made for. Raises the first network's own error.
    """
    failures: list[Exception] = []
    for device in ("meta", "cpu"):
        with torch.random.fork_rng(devices=[]), torch.device(device):
            for attempt in _attempts(body, flexible, sized, asked, own):
                try:
                    return attempt()
                except Exception as error:  # what a network raises at a size that it cannot take is its own choice
                    failures.append(error)
    raise failures[0]


def reason_of(error: Exception) -> str:
    """The first line of what a network says of its failure."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def built(build: Callable[[], nn.Module]) -> nn.Module:
    """What `build` gives on the default device; on the processor where that is `meta` and it cannot be."""
    try:
        with Unfilled():
            return build()
    except RuntimeError:
        if torch.get_default_device().type != "meta":
            raise
        with torch.device("cpu"):
            return build()


def _attempts(
    body: Body, flexible: Sequence[Mapping[str, Any]], sized: str, asked: Size | None, own: Size
) -> Iterator[Callable[[], Way]]:
    coarsest = 32
    for options in flexible:
        try:
            network = body.network(**options)
        except TypeError:
            continue  # it has no such option
        except Exception as error:
            yield partial(_fail, error)
            continue
        coarsest = max(body.reductions(network))
        for factor in FACTORS:
            yield partial(_every_size, body, network, options, factor * coarsest)
    if sized and asked:
        square = _up(max(asked), coarsest)
        for multiple in dict.fromkeys([*(factor * coarsest for factor in FACTORS), square]):
            size = _up(asked[0], multiple), _up(asked[1], multiple)
            yield partial(_one_size, body, {sized: size}, size, multiple)
            if size[0] == size[1]:  # some know squares alone
                yield partial(_one_size, body, {sized: size[0]}, size, multiple)
    if own[0] == own[1]:
        yield partial(_one_size, body, {}, own, own[0])


def _fail(error: Exception) -> Way:
    raise error


def _every_size(body: Body, network: nn.Module, options: Mapping[str, Any], multiple: int) -> Way:
    """Strides are those that two sizes of different proportions agree in."""
    one = _measure(body, network, (multiple, 2 * multiple), multiple)
    other = _measure(body, network, (3 * multiple, 2 * multiple), multiple)
    if one != other:
        raise ValueError(f"its strides depend on the size: {one.strides} or {other.strides}")
    return Way(options, one, None, _unused(body, network, (2 * multiple, 3 * multiple)))


def _one_size(body: Body, options: Mapping[str, Any], size: Size, multiple: int) -> Way:
    network = body.network(**options)
    return Way(options, _measure(body, network, size, multiple), size, _unused(body, network, size))


def _measure(body: Body, network: nn.Module, size: Size, multiple: int) -> FeatureSpec:
    """The declared pyramid at `size`; a map that is a little off its stride is brought to it (`to_strides`)."""
    with torch.no_grad():
        maps = body.maps(network, torch.zeros(1, body.in_channels, *size))
    channels, strides = tuple(body.channels(network)), []
    for tensor, width, told in zip(maps, channels, body.reductions(network), strict=True):
        if tensor.ndim != 4 or tensor.shape[1] != width:
            raise ValueError(f"it gives {tuple(tensor.shape)} where a map of {width} channels is declared")
        strides.append(_stride(size, (tensor.shape[2], tensor.shape[3]), told))
    return FeatureSpec(channels, tuple(strides), multiple)


def _stride(size: Size, found: Size, told: int) -> int:
    exact = {side // small for side, small in zip(size, found, strict=True) if side % small == 0}
    if len(exact) == 1 and all(side % small == 0 for side, small in zip(size, found, strict=True)):
        return exact.pop()
    if any(abs(side / told - small) > 4 for side, small in zip(size, found, strict=True)):
        raise ValueError(f"it gives {found[0]}×{found[1]} of {size[0]}×{size[1]} where stride {told} is declared")
    return told


def _unused(body: Body, network: nn.Module, size: Size) -> frozenset[str]:
    maps = body.maps(network, torch.zeros(1, body.in_channels, *size))
    network.zero_grad(set_to_none=True)
    torch.stack([tensor.float().sum() for tensor in maps]).sum().backward()  # type: ignore[no-untyped-call]
    return frozenset(name for name, p in network.named_parameters() if p.requires_grad and p.grad is None)


def _up(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
