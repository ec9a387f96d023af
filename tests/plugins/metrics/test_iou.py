"""IoU, pooled and per image, against torchmetrics and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score
from torchmetrics.functional.classification import binary_jaccard_index

from mdf.plugins.metrics.iou import IoU, MeanIoU


def masks(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    draws = torch.rand(3, 4, 1, 6, 7, generator=random)
    return draws[0], (draws[1] > 0.5).float(), draws[2] > 0.3


@given(st.integers(0, 2**31), st.floats(0.05, 0.95))
@settings(max_examples=15)
def test_pooled_counts_agree_with_torchmetrics(seed: int, threshold: float) -> None:
    prediction, target, valid = masks(seed)
    metric = IoU(IoU.Config(threshold=threshold))
    score = metric.score(metric.statistics(prediction, target, valid).sum(0))
    found = (prediction[valid] >= threshold).int()
    assert score.item() == pytest.approx(binary_jaccard_index(found, target[valid].int()).item(), abs=1e-6)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_the_mean_over_images_agrees_with_scikit_learn(seed: int) -> None:
    prediction, target, valid = masks(seed)
    metric = MeanIoU(MeanIoU.Config())
    score = metric.score(metric.statistics(prediction, target, valid).sum(0))
    each = [
        jaccard_score(t[v].numpy() > 0.5, p[v].numpy() >= 0.5, zero_division=1.0)
        for p, t, v in zip(prediction, target, valid, strict=True)
    ]
    assert score.item() == pytest.approx(np.mean(each), abs=1e-12)


@pytest.mark.parametrize(
    ("found", "true", "pooled", "by_image"),
    [([0, 0], [0, 0], 1.0, 1.0), ([1, 0], [0, 0], 0.0, 0.5), ([0, 0], [1, 0], 0.0, 0.5), ([1, 1], [1, 0], 0.5, 0.5)],
)
def test_empty_masks(found: list[int], true: list[int], pooled: float, by_image: float) -> None:
    """Two images of 2×2 pixels, each all foreground (1) or empty (0)."""
    prediction, target = (torch.tensor(x).float().view(2, 1, 1, 1).expand(2, 1, 2, 2) for x in (found, true))
    valid = torch.ones(2, 1, 2, 2, dtype=torch.bool)
    for metric, expected in ((IoU(IoU.Config()), pooled), (MeanIoU(MeanIoU.Config()), by_image)):
        assert metric.score(metric.statistics(prediction, target, valid).sum(0)).item() == expected


def test_an_image_without_a_valid_pixel_does_not_count_as_an_empty_one() -> None:
    metric = MeanIoU(MeanIoU.Config())
    target = torch.ones(2, 1, 1, 4)
    prediction = torch.tensor([1.0, 0, 0, 0]).expand(2, 1, 1, 4)
    valid = torch.tensor([True, False]).view(2, 1, 1, 1).expand(2, 1, 1, 4)
    assert metric.score(metric.statistics(prediction, target, valid).sum(0)).item() == 0.25


def test_the_threshold_is_part_of_the_protocol_and_belongs_to_the_foreground() -> None:
    strict = IoU(IoU.Config(threshold=0.75))
    assert "0.75" in strict.protocol.aggregation
    assert strict.protocol != IoU(IoU.Config()).protocol != MeanIoU(MeanIoU.Config()).protocol
    one = torch.full((1, 1, 1, 1), 0.75)
    assert strict.statistics(one, one, one > 0).tolist() == [[1, 0, 0, 1]]
