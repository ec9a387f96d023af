"""Calibration is fitted to what is used: a temperature to the network's logits, a threshold to values at the frame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Splits
from mdf.core.sample import Batch
from mdf.core.task import public_outputs
from mdf.engine import evaluation
from mdf.engine.evaluation import calibrate
from mdf.engine.parts import Parts
from mdf.engine.prepare.steady import steadied
from mdf.engine.runtime import resolve
from mdf.plugins.heads.calibration import best_threshold, fitted_temperature, logit_counts
from mdf.plugins.heads.mask import MaskHead, MaskTask

SIZE, SMALL = (120, 160), (24, 32)


def batch(shift: int = 0) -> Batch:
    """A disc before a ground with structure, whose background was taken `shift` pixels to the side."""
    random = torch.Generator().manual_seed(0)
    ground = F.interpolate(90 + 60 * torch.rand(1, 3, 15, 20, generator=random), size=SIZE, mode="bilinear")
    y, x = torch.arange(SIZE[0])[:, None], torch.arange(SIZE[1])[None, :]
    disc = ((y - 60) ** 2 + (x - 80) ** 2 < 28**2)[None, None]
    seen = torch.where(disc, ground + torch.tensor([50.0, 10.0, -30.0])[None, :, None, None], ground)
    bg, frame = (
        (image + 3 * torch.randn(image.shape, generator=random)).round().clamp(0, 255).to(torch.uint8)
        for image in (ground.roll(shift, -1), seen)
    )
    return Batch(("a",), ("room",), bg, frame, {"mask": disc.to(torch.uint8)}, {"mask": torch.ones_like(disc)})


class OneFrame:
    """A data set whose validation split is one batch."""

    def __init__(self, only: Batch) -> None:
        self._only = only

    def splits(self) -> Splits:
        return Splits(train=(), val=(0,), test=())

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self._only.size

    def read(self, indices: Sequence[int]) -> Batch:  # noqa: ARG002
        return self._only


def logits_of(truth: Tensor, size: tuple[int, int]) -> Tensor:
    """What an overconfident network says at its size: it knows where the disc is, and not everywhere."""
    random = torch.Generator().manual_seed(1)
    share = F.interpolate(truth.float(), size=size, mode="area")
    return 20 * (share - 0.4) + 7 * torch.randn(share.shape, generator=random)


def fitted(only: Batch, size: tuple[int, int]) -> tuple[MaskTask, list[Batch]]:
    """The mask task after calibration, and the batches that the network was asked for."""
    task, asked = MaskTask(MaskHead.Config()), []

    def predict(images: Batch) -> dict[str, Tensor]:
        asked.append(images)
        return public_outputs({"mask": task}, {"mask": logits_of(only.targets["mask"], size)})

    config = ExperimentConfig(size=size, device="cpu", precision="fp32", threads=1)
    calibrate(Parts(OneFrame(only), {"mask": task}, []), config, resolve(config), predict)
    return task, asked


def counted(values: Tensor, only: Batch) -> Sequence[Tensor]:
    return logit_counts(values, only.targets["mask"].float(), only.valid["mask"]).sum(0).chunk(2)


def test_the_temperature_is_the_networks_and_the_threshold_that_of_values_in_use() -> None:
    only = batch()
    task, _ = fitted(only, SMALL)
    logits = logits_of(only.targets["mask"], SMALL)
    plain = task.resize_values(logits.sigmoid(), SIZE)
    assert task.calibration["temperature"] == pytest.approx(fitted_temperature(*counted(plain, only)), rel=1e-6)
    used = task.at_frame((logits / task.calibration["temperature"]).sigmoid(), only.bg, only.fg_bg)
    assert task.threshold == pytest.approx(best_threshold(*counted(used, only), 1.0), abs=1e-6)
    mixed = counted(task.at_frame(logits.sigmoid(), only.bg, only.fg_bg), only)  # as if edges were divided too
    assert abs(task.calibration["temperature"] - fitted_temperature(*mixed)) > 0.1


@pytest.mark.parametrize(("size", "times"), [(SMALL, 2), (SIZE, 1)])
def test_the_network_is_asked_again_only_where_the_frame_changes_its_values(size: tuple[int, int], times: int) -> None:
    assert len(fitted(batch(), size)[1]) == times


def test_a_shaking_camera_is_steadied_while_batches_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[str] = set()

    def noted(given: Batch, steady: Callable[[Batch], Batch] = steadied) -> Batch:
        threads.add(threading.current_thread().name)
        return steady(given)

    monkeypatch.setattr(evaluation, "steadied", noted)
    only = batch(shift=5)
    _, asked = fitted(only, SIZE)
    assert torch.equal(asked[0].bg, steadied(only).bg)
    assert not torch.equal(asked[0].bg, only.bg)
    assert threads == {"mdf-read-ahead"}
