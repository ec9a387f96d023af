"""The known depth of the empty scene as networks read it: holes filled, its scale taken out; disturbed for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.sample import BACKGROUND_DEPTH, Batch

STEPS = (4, 16, 64)
"""Sides of the blocks in pixels, over which holes are filled, the smallest first that knows anything."""
SPREAD = 3.0
"""Largest logarithm, up or down, of a depth divided by the image's mean depth that a network sees."""
WRONG_SCALE = 0.2
NOISE = 0.03
"""Largest relative deviation of the noise that training adds."""
HOLES = 0.4
"""Largest share of the image that training turns into holes."""
GRID = 8
"""Holes have about the size of the image divided by this."""


@dataclass(frozen=True, slots=True)
class Guide:
    """The known depth of N empty scenes.

    Attributes:
        depth: N×1×H×W float32 in the unit in which it was given, its holes filled; NaN where nothing is known of a
            whole image.
        channels: N×2×H×W float32 for a network: the logarithm of the depth divided by its geometric mean, within
            ±`SPREAD`, and where it was measured (1) or filled (0). Both are 0 where nothing is known.
    """

    depth: Tensor
    channels: Tensor

    def part(self, rows: slice, columns: slice) -> Guide:
        """The guide of a part of the scenes."""
        return Guide(self.depth[..., rows, columns], self.channels[..., rows, columns])

    @classmethod
    def joined(cls, guides: Sequence[Guide | None], size: tuple[int, int]) -> Guide | None:
        """The guides of scenes of `size` (height, width) as one; None where nothing is known of any."""
        if not any(guides):
            return None
        nothing = cls(torch.full((1, 1, *size), torch.nan), torch.zeros(1, 2, *size))
        known = [guide or nothing for guide in guides]
        device = next(guide for guide in guides if guide).depth.device
        depths, channels = ([getattr(one, key).to(device) for one in known] for key in ("depth", "channels"))
        return cls(torch.cat(depths), torch.cat(channels))


def read_guide(depth: Tensor) -> Guide:
    """The guide of depths N×1×H×W float; NaN, infinite and at or below 0 = not known."""
    depth = depth.float()
    known = depth.isfinite() & (depth > 0)
    logarithm = depth.where(known, 1.0).log()
    any_known = known.flatten(1).any(1).view(-1, 1, 1, 1)
    mean = (logarithm.sum((1, 2, 3), keepdim=True) / known.sum((1, 2, 3), keepdim=True).clamp_min(1)).float()
    filled = _filled(logarithm, known, mean)
    seen = (filled - mean).clamp(-SPREAD, SPREAD)
    channels = torch.cat([seen, known.float()], dim=1) * any_known
    return Guide(filled.exp().where(any_known, torch.nan), channels)


@dataclass(frozen=True, slots=True)
class Guidance:
    """The known depth of N empty scenes at two sizes.

    Attributes:
        native: N×1×H×W float32 as it was given, its holes filled; NaN where nothing is known of a whole image.
        small: N×1×h×w float32 for a network: NaN where it is not known, in a scale in the middle of the network's.
        base: the same, its holes filled, within the limits of what the network can predict.
    """

    native: Tensor
    small: Tensor
    base: Tensor

    def part(self, rows: slice, columns: slice) -> Guidance:
        """The guidance of a part of the scenes, where both sizes are one."""
        return Guidance(*(depth[..., rows, columns] for depth in (self.native, self.small, self.base)))

    def sharpened(self, values: Tensor) -> Tensor:
        """Depths N×1×h×w that a network predicted in the scale of `small`, at the size and in the scale of `native`.

        They are enlarged as a factor of the known depth. Its edges stay, and where nothing is in front, so does it.
        Where nothing is known of an image, they are enlarged themselves.
        """
        size = self.native.shape[-2:]
        factor = values / self.base
        known = ~self.native.isnan()
        enlarged = F.interpolate(torch.where(factor.isnan(), values, factor), size=size, mode="bilinear")
        return torch.where(known, self.native * enlarged, enlarged)


def guidance(depth: Tensor, size: tuple[int, int], limits: tuple[float, float]) -> Guidance:
    """The guidance by depths N×1×H×W for a network of `size` that can predict depths within `limits`.

    Holes are filled as the network's own guide fills them, so that both are of one depth there. The scale follows from
    the pixels that the network sees: the guidance by `small` is that of `depth`.
    """
    known = depth.isfinite() & (depth > 0)
    given = depth.where(known, torch.nan)
    small = given if tuple(depth.shape[-2:]) == tuple(size) else sampled(given, size)
    there = ~small.isnan()
    logarithm = small.where(there, 1.0).log().sum((1, 2, 3), keepdim=True) / there.sum((1, 2, 3), keepdim=True)
    scale = (limits[0] * limits[1]) ** 0.5 / logarithm.exp()
    small = small * scale
    base = read_guide(small).depth
    fill = base / scale
    if fill.shape[-2:] != depth.shape[-2:]:
        fill = F.interpolate(fill, size=depth.shape[-2:], mode="bilinear")
    return Guidance(depth.where(known, fill), small, base.clamp(*limits))


def sampled(given: Tensor, size: tuple[int, int]) -> Tensor:
    """Depths N×1×H×W, NaN = unknown, at another size: by nearest pixels, NaN where these are not known; filled ones of
    images of which no nearest pixel is known."""
    small = F.interpolate(given, size=size, mode="nearest-exact")
    sparse = small.isnan().flatten(1).all(1).view(-1, 1, 1, 1)
    return torch.where(sparse, F.interpolate(read_guide(given).depth, size=size, mode="nearest-exact"), small)


def _filled(values: Tensor, known: Tensor, mean: Tensor) -> Tensor:
    """`values`, those that are not known replaced by means over the smallest blocks that know any, or by `mean`."""
    weights = known.float()
    filled, missing = values.where(known, mean), ~known
    for step in reversed(STEPS):
        count = _block_means(weights, step)
        block = _block_means(values * weights, step) / count.clamp_min(1e-6)
        filled = torch.where(missing & (count > 0), block, filled)
    return filled


def _block_means(values: Tensor, step: int) -> Tensor:
    """In each pixel, the mean over its block of `step`×`step`, which reaches beyond the image into zeros.

    Blocks are padded and spread by numbers that do not depend on the size, so that torch can record this for any size.
    """
    means = F.avg_pool2d(F.pad(values, (0, step - 1, 0, step - 1)), step)
    down, across = (torch.arange(side, device=values.device) // step for side in values.shape[-2:])
    return means.index_select(2, down).index_select(3, across)


def disturbed(batch: Batch, absent: float, samples: int, rows: slice, generator: torch.Generator) -> Batch:
    """The batch, its known depth as bad as people's: without it in a share `absent` of the samples; else, in half of
    the samples each, of a wrong scale, noisy, with holes.

    `generator` draws for all `samples`, of which the batch holds those at `rows`, as `augment` does.
    """
    depth = batch.known.get(BACKGROUND_DEPTH)
    if depth is None:
        return batch
    chance = torch.rand(samples, 4, generator=generator)[rows]
    amount = torch.rand(samples, 3, generator=generator)[rows]
    holes = torch.rand(samples, 1, GRID, GRID, generator=generator)[rows]
    noise = torch.randn(samples, 1, GRID * 4, GRID * 4, generator=generator)[rows]
    wrong = (1 + WRONG_SCALE * (2 * amount[:, 0] - 1)).where(chance[:, 1] < 0.5, 1.0)
    strength = (NOISE * amount[:, 1]).where(chance[:, 2] < 0.5, 0.0)
    share = (HOLES * amount[:, 2]).where(chance[:, 3] < 0.5, 0.0)
    share = share.where(chance[:, 0] >= absent, 1.1)
    size = depth.shape[-2:]
    rough = strength.view(-1, 1, 1, 1) * F.interpolate(noise, size=size, mode="bilinear")
    factor = wrong.view(-1, 1, 1, 1) * (1 + rough)
    gone = F.interpolate(holes, size=size, mode="bilinear") < share.view(-1, 1, 1, 1)
    worse = (depth * factor.to(depth.device)).masked_fill(gone.to(depth.device), torch.nan)
    return replace(batch, known={**batch.known, BACKGROUND_DEPTH: worse})
