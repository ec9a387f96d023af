"""Fits the small shift and turn of a camera between its background and a frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.plugins.fusions.alignment.robust import median, robust_weights

ROUNDS = (3, 4)
"""Steps of Gauss and Newton at half the size of the images given, then at their size."""
RIDGE = 0.003
"""Weight of the assumption that the camera stands still. It decides where there is no texture."""
LARGEST_SHIFT = 0.06
"""Largest shift, as a share of the image's side."""
LARGEST_TURN = 0.03
"""Largest turn, in radians: less than two degrees."""
LARGEST_RATIO = 0.92
"""A motion is used if it lowers the robust residual to this share or less. A camera that stands still is not moved."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a frame's camera looks in its background: shifts as shares of width and height, turn in radians, N each.

    Attributes:
        right, down, turn: N float32.
    """

    right: Tensor
    down: Tensor
    turn: Tensor

    def warp(self, images: Tensor) -> Tensor:
        """Images N×C×H×W of the background as the frame's camera sees them. Edges are repeated."""
        return F.grid_sample(images, self._grid(images), mode="bilinear", padding_mode="border", align_corners=False)

    def inside(self, images: Tensor) -> Tensor:
        """1 where the frame shows what the background shows too, 0 outside: N×1×H×W float32."""
        grid = self._grid(images).abs().amax(-1)
        return (grid <= 1).float()[:, None]

    def _grid(self, images: Tensor) -> Tensor:
        """Coordinates −1…1 of each pixel in the background: N×H×W×2."""
        height, width = images.shape[-2:]
        x, y = centres(width, images)[None, None, :], centres(height, images)[None, :, None]
        right, down, turn = (value[:, None, None] for value in (self.right, self.down, self.turn))
        across = x + 2 * right - turn * y * (height / width)
        along = y + 2 * down + turn * x * (width / height)
        return torch.stack([across, along], dim=-1)


def centres(count: int, like: Tensor) -> Tensor:
    """Centres of `count` pixels in coordinates −1…1, float32."""
    return (torch.arange(count, device=like.device, dtype=torch.float32) + 0.5) * (2 / count) - 1


def fit_motion(frame: Tensor, bg: Tensor) -> Motion:
    """The motion that lays `bg` over `frame` (N×3×H×W float32 each, in the same light).

    Gauss-Newton steps with robust weights, first at half the size. Where no motion makes the images clearly more alike,
    it is 0.
    """
    still = Motion(*(frame.new_zeros(len(frame)) for _ in range(3)))
    motion = still
    for pool, rounds in zip((2, 1), ROUNDS, strict=True):
        target, source = (F.avg_pool2d(x.mean(1, keepdim=True), pool, ceil_mode=True) for x in (frame, bg))
        for _ in range(rounds):
            motion = _step(motion, target, source)
    better = _residual(motion, frame, bg) < LARGEST_RATIO * _residual(still, frame, bg)
    return Motion(*(torch.where(better, x, torch.zeros_like(x)) for x in (motion.right, motion.down, motion.turn)))


def _residual(motion: Motion, frame: Tensor, bg: Tensor) -> Tensor:
    """The median absolute difference of each sample, N: objects hardly count."""
    difference = (motion.warp(bg) - frame).abs().mean(1)
    return median(difference.flatten(1))[:, 0]


def _step(motion: Motion, frame: Tensor, bg: Tensor) -> Motion:
    """One step: shift, then turn. Images are N×1×H×W."""
    height, width = frame.shape[-2:]
    moved = motion.warp(bg)
    inside = motion.inside(bg).flatten(2)
    dx, dy = _slopes(moved)
    error = (frame - moved).flatten(2)
    weight = robust_weights(error.abs()) * inside
    x = centres(width, frame)[None, None, None, :] * (width / 2)
    y = centres(height, frame)[None, None, :, None] * (height / 2)
    round_ = ((dy * x - dx * y) / (0.5 * max(height, width))).flatten(2)
    dx, dy = dx.flatten(2), dy.flatten(2)

    def total(a: Tensor, b: Tensor) -> Tensor:
        return (weight * a * b).sum((1, 2))

    xx, yy, xy = total(dx, dx) + RIDGE, total(dy, dy) + RIDGE, total(dx, dy)
    ex, ey = total(dx, error), total(dy, error)
    determinant = xx * yy - xy * xy
    right, down = (yy * ex - xy * ey) / determinant, (xx * ey - xy * ex) / determinant
    left = error - right[:, None, None] * dx - down[:, None, None] * dy
    turn = total(round_, left) / (total(round_, round_) + RIDGE) / (0.5 * max(height, width))
    return Motion(
        (motion.right + right / width).clamp(-LARGEST_SHIFT, LARGEST_SHIFT),
        (motion.down + down / height).clamp(-LARGEST_SHIFT, LARGEST_SHIFT),
        (motion.turn + turn).clamp(-LARGEST_TURN, LARGEST_TURN),
    )


def _slopes(images: Tensor) -> tuple[Tensor, Tensor]:
    """Differences to the right and downwards, per pixel: N×1×H×W each."""
    wide = F.pad(images, (1, 1, 1, 1), mode="replicate")
    return (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2
