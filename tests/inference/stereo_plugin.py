"""A plugin as a third party writes it: the task `disparity`, data that hold it, and a kind of recording."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mdf.core.colour import colourise
from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.errors import DataError
from mdf.core.head import Head
from mdf.core.hooks import hookimpl
from mdf.core.recording import Recording
from mdf.core.sample import Sample
from mdf.core.spec import Spec
from mdf.core.task import Task

LARGEST = 64.0
SIZE = 32


@hookimpl
def mdf_heads() -> list[Spec]:
    return [
        Spec(
            "disparity",
            f"{__name__}:DisparityHead",
            "Disparity of each pixel.",
            tasks=("disparity",),
            default_loss="l1",
            default_metrics=("rmse",),
        )
    ]


@hookimpl
def mdf_datasets() -> list[Spec]:
    return [
        Spec("stereo", f"{__name__}:Stereo", "Squares in front of a wall."),
        Spec("stack", f"{__name__}:Stack", "Frames in a NumPy file.", variant="PATH", recordings=(".npy",)),
    ]


class DisparityTask(Task):
    """Disparity in pixels, 0 to `LARGEST`."""

    name = "disparity"
    unit = "px"

    def values(self, logits: Tensor) -> Tensor:
        return logits.float().sigmoid()

    def scaled(self, target: Tensor) -> Tensor:
        return target.float() / LARGEST

    fraction = scaled

    def public(self, values: Tensor) -> Tensor:
        return values * LARGEST

    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        return colourise(values[:1], limits, "magma").where(valid, 0)


class DisparityHead(Head):
    """One convolution."""

    Task: ClassVar[type[Task]] = DisparityTask

    def __init__(self, config: ComponentConfig, channels: int) -> None:  # noqa: ARG002
        super().__init__()
        self.convolution = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.convolution(features)
        return logits


class Stereo(SampleDataset):
    """Twelve scenes of one frame: a bright square, nearer than the wall."""

    tasks = ("mask", "disparity")
    units: ClassVar[dict[str, str]] = {"disparity": "px"}

    def __init__(self, config: ComponentConfig, variant: str) -> None:  # noqa: ARG002
        self.config = config

    def __len__(self) -> int:
        return 12

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return SIZE, SIZE

    def sample(self, index: int) -> Sample:
        random = torch.Generator().manual_seed(index)
        bg = torch.randint(0, 100, (3, SIZE, SIZE), generator=random, dtype=torch.uint8)
        mask = torch.zeros(1, SIZE, SIZE, dtype=torch.uint8)
        mask[:, 8:20, 4 + index : 16 + index] = 1
        return Sample(
            id=str(index),
            scene=str(index),
            bg=bg,
            fg_bg=torch.where(mask.bool(), torch.tensor(220, dtype=torch.uint8), bg),
            targets={"mask": mask, "disparity": 10.0 + 30.0 * mask},
            valid=dict.fromkeys(self.tasks, torch.ones(1, SIZE, SIZE, dtype=torch.bool)),
        )

    def splits(self) -> Splits:
        return Splits(range(8), range(8, 10), range(10, 12))

    def fingerprint(self) -> str:
        return "stereo-1"


class Stack(Recording):
    """An `.npy` file of frames N×H×W×3 uint8, ten of them a second."""

    tasks = ()
    units: ClassVar[dict[str, str]] = {}

    def __init__(self, config: Any, variant: str) -> None:
        self.config = config
        self.frames = np.load(Path(variant), mmap_mode="r", allow_pickle=False)

    def __len__(self) -> int:
        return len(self.frames)

    def native_size(self, index: int) -> tuple[int, int]:  # noqa: ARG002
        return self.frames.shape[1], self.frames.shape[2]

    def sample(self, index: int) -> Sample:
        number = self.config.background if isinstance(self.config.background, int) else 0
        bg, frame = (torch.from_numpy(self.frames[i].transpose(2, 0, 1).copy()) for i in (number, index))
        return Sample(id=str(index), scene="stack", bg=bg, fg_bg=frame)

    @property
    def rate(self) -> Fraction:
        return Fraction(10)

    def warnings(self) -> tuple[str, ...]:
        return ("nobody has looked whether the first frame is empty",) if self.config.background == "auto" else ()

    def splits(self) -> Splits:
        raise DataError("a stack has no truth.", "Predict on it.")

    def fingerprint(self) -> str:
        return "stack-1"
