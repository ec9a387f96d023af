"""The sample's task is what it says: exact normals, mirrored right, kept by the cache, measured in degrees."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.data.cache import CachedDataset, cached


@pytest.fixture(autouse=True)
def sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "mdf-sample"))


def planes(**options: int) -> Any:
    from mdf_sample.dataset import Planes

    return Planes(Planes.Config(**options), "")


def task() -> Any:
    from mdf_sample.head import NormalsTask

    return NormalsTask(ComponentConfig())


def normals_of(depth: Tensor) -> Tensor:
    """Normals of a depth map 1×H×W seen through a field of view of 90°, by differences: 3×(H−2)×(W−2)."""
    size = depth.shape[-1]
    side = (torch.arange(size, dtype=torch.float64) + 0.5) / size * 2 - 1
    points = depth.double() * torch.stack(
        [side.expand(size, -1), side[:, None].expand(-1, size), torch.ones(size, size, dtype=torch.float64)]
    )
    across = points[:, 1:-1, 2:] - points[:, 1:-1, :-2]
    down = points[:, 2:, 1:-1] - points[:, :-2, 1:-1]
    normals = torch.linalg.cross(down, across, dim=0)
    return normals / normals.norm(dim=0)


def inside(mask: Tensor) -> Tensor:
    """Pixels whose neighbours all show the same surface."""
    near = mask.float()[None]
    least, most = -torch.nn.functional.max_pool2d(-near, 3, 1), torch.nn.functional.max_pool2d(near, 3, 1)
    return (least == most)[0]


@pytest.mark.parametrize("index", [0, 7, 20])
def test_normals_are_those_of_the_depth(index: int) -> None:
    found = planes(size=64).sample(index)
    known = inside(found.targets["mask"]).expand(3, -1, -1)
    told = found.targets["normals"][:, 1:-1, 1:-1]
    assert (told.norm(dim=0) - 1).abs().max() < 1e-6
    assert (told - normals_of(found.targets["depth"])).where(known, 0).abs().max() < 1e-3
    assert 0 < found.targets["mask"].float().mean() < 0.5


def test_mirrored_normals_are_those_of_the_mirrored_depth() -> None:
    found = planes(size=64).sample(3)
    known = inside(found.targets["mask"].flip(-1)).expand(3, -1, -1)
    told = task().flip(found.targets["normals"][None])[0, :, 1:-1, 1:-1]
    assert (told - normals_of(found.targets["depth"].flip(-1))).where(known, 0).abs().max() < 1e-3


def test_the_loss_and_the_metric_know_the_angle() -> None:
    from mdf_sample.loss import CosineLoss
    from mdf_sample.metric import MeanAngle

    valid = torch.ones(1, 1, 1, 2, dtype=torch.bool)
    truth = torch.tensor([[0.0, 0.0], [0.0, 0.0], [-1.0, -1.0]]).view(1, 3, 1, 2)
    turned = torch.tensor([[math.sin(0.3), 0.0], [0.0, 0.0], [-math.cos(0.3), -1.0]]).view(1, 3, 1, 2)
    metric = MeanAngle(ComponentConfig())
    assert metric.score(metric.statistics(turned, truth, valid).sum(0)) == pytest.approx(math.degrees(0.15))
    assert metric.score(metric.statistics(truth, truth, valid).sum(0)) == 0
    loss = CosineLoss(ComponentConfig())
    assert float(loss(turned, truth, valid)) == pytest.approx((1 - math.cos(0.3)) / 2)
    assert float(loss(truth * torch.nan, truth, torch.zeros_like(valid))) == 0


def test_logits_of_the_fraction_give_the_target_back() -> None:
    truth = torch.nn.functional.normalize(torch.randn(2, 3, 4, 4), dim=1)
    fraction = task().fraction(truth).clamp(1e-6, 1 - 1e-6)
    assert torch.allclose(task().values(fraction.logit()), truth, atol=1e-4)


def test_the_cache_keeps_three_channels_of_floats_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_CACHE", str(tmp_path))
    fresh = planes(scenes=3, frames=2, size=16)
    stored = cached(fresh, "planes")
    assert isinstance(stored, CachedDataset)
    indices = [5, 0, 3]
    assert torch.equal(stored.read(indices).targets["normals"], fresh.read(indices).targets["normals"])
    assert stored.read(indices).valid["normals"].shape == (3, 1, 16, 16)
