"""RMSE inside the mask and on its border: which pixels count, also in scoring."""

from __future__ import annotations

import pytest
import torch

from mdf.core.sample import Batch
from mdf.engine.scoring import Column, sample_statistics
from mdf.plugins.heads.depth import DepthHead, DepthTask
from mdf.plugins.heads.mask import MaskHead, MaskTask
from mdf.plugins.metrics.absolute import RMSE
from mdf.plugins.metrics.parts import BorderRMSE, ForegroundRMSE


def scene(with_mask: bool = True) -> Batch:
    """One frame, 8×8: a figure of 4×4, whose last column has an unknown mask; depth 1 m in it, 3 m around."""
    mask = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    mask[..., 2:6, 2:6] = 1
    known = torch.ones(1, 1, 8, 8, dtype=torch.bool)
    known[..., 5] = False
    depth = torch.where(mask > 0, 1.0, 3.0)
    images = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    targets = {"mask": mask, "depth": depth} if with_mask else {"depth": depth}
    valid = {"mask": known, "depth": torch.ones_like(known)}
    return Batch(("a",), ("s",), images, images, targets, {task: valid[task] for task in targets})


def scores(batch: Batch) -> dict[str, float]:
    metrics = {
        "rmse": RMSE(RMSE.Config()),
        "rmse-mask": ForegroundRMSE(ForegroundRMSE.Config()),
        "rmse-border": BorderRMSE(BorderRMSE.Config(width=1)),
    }
    columns = [Column("depth", name, metric) for name, metric in metrics.items()]
    tasks = {"mask": MaskTask(MaskHead.Config()), "depth": DepthTask(DepthHead.Config())}
    wrong = torch.full((1, 1, 8, 8), 3.0)  # the figure is not seen: 2 m off in it
    return sample_statistics(lambda _: {"depth": wrong}, [batch], columns, tasks, "cpu").scores(columns)


def test_only_pixels_of_their_region_count() -> None:
    found = scores(scene())
    assert found["depth/rmse"] == pytest.approx((16 * 4 / 64) ** 0.5)
    assert found["depth/rmse-mask"] == 2.0
    # of the figure 4×3 pixels are known, all next to its contour; outside lie 3 above, 3 below and 4 to the left
    assert found["depth/rmse-border"] == pytest.approx((4 * 12 / (12 + 10)) ** 0.5)


def test_without_a_mask_the_score_is_nan() -> None:
    assert set(scores(scene(with_mask=False))) == {"depth/rmse"}


def test_the_region_is_part_of_the_protocol() -> None:
    assert "true foreground" in ForegroundRMSE(ForegroundRMSE.Config()).protocol.valid
    widths = {BorderRMSE(BorderRMSE.Config(width=width)).protocol.valid for width in (1, 3)}
    assert len(widths) == 2
