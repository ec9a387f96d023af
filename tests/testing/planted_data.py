"""Data sets with one defect each."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter_ns

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset, Splits
from mdf.core.sample import Sample
from mdf.testing.inputs import probes
from mdf.testing.inputs.probes import batch

FRAMES, SCENES = 4, 6


class GoodData(SampleDataset):
    """Frames of plain scenes."""

    tasks = ("mask", "depth")
    units = {"depth": "m"}  # noqa: RUF012 - as the contract has it

    def __init__(self, config: ComponentConfig, variant: str) -> None:
        self.config = config

    def __len__(self) -> int:
        return FRAMES * SCENES

    def native_size(self, index: int) -> tuple[int, int]:
        return 24, 32

    def sample(self, index: int) -> Sample:
        made = batch(1, (24, 32), seed=index).split()[0]
        return replace(made, id=str(index), scene=self.scene(index))

    def scene(self, index: int) -> str:
        return f"scene{index // FRAMES}"

    knows = ("background_depth",)

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        return {"background_depth": torch.cat([probes.known(1, (24, 32), seed=index) for index in indices])}

    def splits(self) -> Splits:
        return Splits(range(8), range(8, 16), range(16, len(self)))

    def fingerprint(self) -> str:
        return "planted"


class ForgetfulData(GoodData):
    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        return {}


class EndlessData(GoodData):
    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        return {"background_depth": super().known(indices)["background_depth"].nan_to_num(torch.inf)}


class SharedKnowledgeData(GoodData):
    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        return super().known([indices[0]] * len(indices))


class EmptyData(GoodData):
    def __len__(self) -> int:
        return 0


class OverlappingData(GoodData):
    def splits(self) -> Splits:
        return Splits(range(12), range(8, 16), range(16, len(self)))

    def scene(self, index: int) -> str:
        return str(index)


class SharedSceneData(GoodData):
    def splits(self) -> Splits:
        return Splits(range(10), range(10, 16), range(16, len(self)))


class ShyData(GoodData):
    """No probe index shows its second scene."""

    def probe_indices(self) -> Sequence[int]:
        return range(0, len(self), 8)


class FloatImageData(GoodData):
    def sample(self, index: int) -> Sample:
        made = super().sample(index)
        return replace(made, bg=made.bg / 255)


class NanDepthData(GoodData):
    def sample(self, index: int) -> Sample:
        made = super().sample(index)
        return replace(made, valid={**made.valid, "depth": torch.ones_like(made.valid["depth"])})


class DoubleDepthData(GoodData):
    def sample(self, index: int) -> Sample:
        made = super().sample(index)
        return replace(made, targets={**made.targets, "depth": made.targets["depth"].double()})


class NegativeDepthData(GoodData):
    def sample(self, index: int) -> Sample:
        made = super().sample(index)
        return replace(made, targets={**made.targets, "depth": -made.targets["depth"]})


class NoisyData(GoodData):
    def sample(self, index: int) -> Sample:
        made = super().sample(index)
        return replace(made, fg_bg=made.fg_bg + torch.randint(0, 3, made.fg_bg.shape, dtype=torch.uint8))


class HashedData(GoodData):
    """Python's hash of a text is another one in each process."""

    def sample(self, index: int) -> Sample:
        made = super().sample(index)
        return replace(made, bg=made.bg + hash(made.scene) % 50)


class TimedData(GoodData):
    def fingerprint(self) -> str:
        return f"planted {perf_counter_ns()}"
