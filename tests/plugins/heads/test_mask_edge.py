"""Option `edge` of the mask head: what the threshold is fitted to is wider than what was drawn."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from mdf.plugins.heads.mask import MaskHead


def threshold(edge: int) -> float:
    """Of predictions that fall off over two pixels around a square."""
    truth = torch.zeros(1, 1, 40, 40, dtype=torch.uint8)
    truth[..., 10:30, 10:30] = 1
    soft = F.avg_pool2d(truth.float(), 5, 1, 2).clamp(0.01, 0.99)
    task = MaskHead.Task(MaskHead.Config(edge=edge))
    counts = task.calibration_counts(soft, truth, torch.ones_like(truth, dtype=torch.bool)).sum(0)
    return task.fitted_calibration(counts)["threshold"]


def test_a_wider_truth_is_met_with_a_lower_threshold() -> None:
    assert threshold(1) < threshold(0)


def test_pixels_outside_the_valid_part_widen_nothing() -> None:
    truth = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    truth[..., 4, 4] = 1
    valid = torch.ones_like(truth, dtype=torch.bool)
    valid[..., 4, 4] = False
    task = MaskHead.Task(MaskHead.Config(edge=2))
    _, foreground = task.calibration_counts(torch.full((1, 1, 8, 8), 0.5), truth, valid).sum(0).chunk(2)
    assert not foreground.any()
