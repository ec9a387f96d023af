"""A data set in memory, of bright squares on a dark ground, and the parts of a trial on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from small_models import small_model, tasks_of

from mdf.core.config import ExperimentConfig, validate
from mdf.core.dataset import Dataset, Splits
from mdf.core.loss import Loss
from mdf.core.sample import Batch
from mdf.core.schedule import Schedule
from mdf.engine.objective import Objective, WeightedLoss
from mdf.engine.parts import Parts
from mdf.engine.runtime import Runtime
from mdf.engine.scoring import Column
from mdf.plugins.losses.bce import BCELoss
from mdf.plugins.losses.l1 import L1Loss
from mdf.plugins.metrics.absolute import RMSE
from mdf.plugins.metrics.iou import IoU
from mdf.plugins.schedules.joint import Joint

RUNTIME = Runtime("cpu", "fp32", channels_last=True, threads=1)
BOTH = ("mask", "depth")


class Blobs(Dataset):
    """`counts` samples a split; a square at a place that its index decides."""

    units: ClassVar = {"depth": "m"}

    def __init__(self, counts: tuple[int, int, int] = (12, 4, 4), size: int = 16, tasks: Sequence[str] = BOTH) -> None:
        self.counts, self.size, self.tasks = counts, size, tuple(tasks)
        self.times_read = [0] * sum(counts)

    def __len__(self) -> int:
        return sum(self.counts)

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self.size, self.size

    def splits(self) -> Splits:
        train, val, _ = self.counts
        return Splits(range(train), range(train, train + val), range(train + val, len(self)))

    def fingerprint(self) -> str:
        return f"{self.counts} {self.size} {self.tasks}"

    def read(self, indices: Sequence[int]) -> Batch:
        for index in indices:
            self.times_read[index] += 1
        bg, fg_bg, mask, depth = zip(*(self._drawn(index) for index in indices), strict=True)
        targets = {"mask": torch.stack(mask), "depth": torch.stack(depth)}
        return Batch(
            ids=tuple(f"blob-{i}" for i in indices),
            scenes=tuple(f"scene-{i}" for i in indices),
            bg=torch.stack(bg),
            fg_bg=torch.stack(fg_bg),
            targets={task: targets[task] for task in self.tasks},
            valid={task: torch.ones(len(indices), 1, self.size, self.size, dtype=torch.bool) for task in self.tasks},
            tags=tuple(frozenset() for _ in indices),
        )

    def _drawn(self, index: int) -> tuple[torch.Tensor, ...]:
        random = torch.Generator().manual_seed(index)
        bg = torch.randint(40, 80, (3, self.size, self.size), generator=random, dtype=torch.uint8)
        y, x = torch.randint(0, self.size // 2, (2,), generator=random).tolist()
        mask = torch.zeros(1, self.size, self.size, dtype=torch.uint8)
        mask[:, y : y + self.size // 2, x : x + self.size // 2] = 1
        depth = torch.full((1, self.size, self.size), 8.0).where(mask == 0, 3.0)
        return bg, bg.where(mask == 0, 220).to(torch.uint8), mask, depth


def blob_parts(
    dataset: Dataset | None = None,
    tasks: Sequence[str] = BOTH,
    schedule: Schedule | None = None,
    losses: dict[str, Loss] | None = None,
    split: int = 1,
) -> Parts:
    """A small UNet on `dataset`, its weights those of the global random state, as in a trial."""
    chosen = {"mask": BCELoss(BCELoss.Config()), "depth": L1Loss(L1Loss.Config()), **(losses or {})}
    metrics = {"mask": ("iou", IoU(IoU.Config())), "depth": ("rmse", RMSE(RMSE.Config()))}
    objects = tasks_of(*tasks)
    return Parts(
        dataset=dataset or Blobs(),
        tasks=objects,
        columns=[Column(task, *metrics[task]) for task in tasks],
        build_model=lambda mean, std: small_model(tasks, split=split, seed=torch.initial_seed()),  # noqa: ARG005
        objective=Objective(objects, {task: (WeightedLoss(chosen[task], 1.0),) for task in tasks}),
        schedule=schedule or Joint(Joint.Config()),
    )


def blob_config(steps: int = 6, seed: int = 0, **train: object) -> ExperimentConfig:
    """A resolved config of few steps at the blobs' size."""
    settings = {"steps": steps, "batch_size": 4, "validations": 2, **train}
    return validate({"size": 16, "seed": seed, "train": settings, "device": "cpu", "precision": "fp32"})
