"""The contract of tasks: all that is particular to one kind of target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.levels import Levels, levels_between
from mdf.core.summary import TargetSummary, value_summary

RELATIVE = "relative"
"""The unit of depths that have no scale."""
SATURATED = 100.0
"""A logit whose sigmoid is 1 in float32, and 0 with the other sign."""
SPREAD = "/spread"
"""What follows a task's name where its predictions' spread stands."""
DECISION = "/decision"
"""What follows it where stands what is decided by its predictions."""


class Task(ABC):
    """How one target is measured, resized, flipped, drawn and stored, and how logits become values.

    Three spaces, all float32, N×C×H×W:
    *public* values (mask: probability 0–1; depth: metres or the data set's relative unit), which metrics see;
    *scaled* values, which losses see (mask: the same; depth: divided by its scale);
    *logits*, whose sigmoid is a *fraction* in 0–1 of the task's range (mask: the probability itself).
    """

    name: ClassVar[str]
    channels: ClassVar[int] = 1
    spread_channels: ClassVar[int] = 0
    """Channels of the logits that come after `channels` and tell how unsure the values are; 0 = it does not tell."""
    unit: str = ""
    """Unit of public values, printed with scores; empty where there is none."""
    target_dtype: ClassVar[torch.dtype] = torch.float32
    """The dtype in which data sets give its targets."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config
        self.constants: dict[str, float] = {}
        self.calibration: dict[str, float] = {}

    def measure(self, target: Tensor, valid: Tensor) -> dict[str, float]:  # noqa: ARG002
        """Constants from the pixels of training targets (public, `channels`×K) and their validity (1×K bool);
        stored with the model. None by default."""
        return {}

    def configure(self, constants: Mapping[str, float]) -> None:
        """Take the constants that `measure` gave for this data, or that were stored with a model."""
        self.constants = dict(constants)

    calibrates: ClassVar[bool] = False
    """Whether it has a calibration: constants fitted to a trained network's predictions on the validation split. They
    belong to the model, and change what it predicts, not what it learns."""

    def calibration_counts(self, values: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Additive numbers of each sample from which the calibration is fitted: N×K float64.

        Reads
            values, target: N×C×H×W float32, public values and the truth. No calibration is in use yet, or the first
                one: see `fitted_calibration`.
            valid: N×1×H×W bool.
        """
        raise NotImplementedError(f"task `{self.name}` has no calibration")

    def fitted_calibration(self, counts: Tensor) -> dict[str, float]:
        """The calibration from the sum K float64 of all counts; empty where they do not suffice.

        The first time no calibration is in use, and the values are those of `resize_values`. If `at_frame` gives
        others, there is a second time, with the first calibration in use, and the values are those of `at_frame`. What
        changes the logits is then to stay, since `at_frame` comes after it; what values are cut at is fitted anew.
        """
        raise NotImplementedError(f"task `{self.name}` has no calibration")

    def calibrate(self, calibration: Mapping[str, float]) -> None:
        """Take a calibration that was fitted, or that was stored with a model; {} = none."""
        self.calibration = dict(calibration)

    def calibrated(self, logits: Tensor) -> Tensor:
        """The logits as its calibration changes them; by default as they are."""
        return logits

    def decided(self, values: Tensor) -> Tensor:
        """What is decided by public values: N×C×H×W float32, by default the values themselves."""
        return values

    def check_values(self, values: Tensor, unit: str) -> None:  # noqa: B027 - any finite value is a valid choice
        """Refuse a target that this task cannot mean. By default every finite value can be meant.

        `values` are the valid pixels of one target, `channels`×K finite numbers of `target_dtype`, K ≥ 1; `unit` is the
        data set's for this task.

        Raises
            DataError: its message goes on after the task's name, e.g. `2 valid pixels are below 0`.
        """

    def summarise(self, values: Tensor) -> TargetSummary:
        """The valid pixels of one target (`channels`×K, K ≥ 1) in a few numbers. By default the range of the values."""
        return value_summary(values)

    @abstractmethod
    def values(self, logits: Tensor) -> Tensor:
        """Logits → scaled values; of logits that tell a spread too, the first `channels` are read."""

    @abstractmethod
    def scaled(self, target: Tensor) -> Tensor:
        """Public target → scaled target, for losses that read values."""

    @abstractmethod
    def fraction(self, target: Tensor) -> Tensor:
        """Public target → the fraction 0–1 that `sigmoid(logits)` should be, for losses that read logits."""

    @abstractmethod
    def public(self, values: Tensor) -> Tensor:
        """Scaled values → public values."""

    def log_spread(self, logits: Tensor) -> Tensor:
        """ln of the values' expected absolute error, in scaled units, from logits that tell it: float32."""
        raise NotImplementedError(f"task `{self.name}` does not predict a spread")

    def resize(self, target: Tensor, valid: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Target and validity (N×C×H×W) at another size. By default nearest pixels, which invents no value."""
        if target.shape[-2:] == torch.Size(size):
            return target, valid
        small = F.interpolate(target.float(), size=size, mode="nearest-exact")
        return small.to(target.dtype), F.interpolate(valid.float(), size=size, mode="nearest-exact") > 0.5

    def resize_values(self, values: Tensor, size: tuple[int, int]) -> Tensor:
        """Predicted public values at another size (the data set's native one). Bilinear by default."""
        height, width = values.shape[-2:]
        if (height, width) == tuple(size):
            return values
        smaller = size[0] < height or size[1] < width  # only then it differs with antialiasing, which takes longer
        return F.interpolate(values, size=size, mode="bilinear", align_corners=False, antialias=smaller)

    def at_frame(self, values: Tensor, bg: Tensor, frame: Tensor) -> Tensor:  # noqa: ARG002
        """Predicted public values N×C×h×w at the size of their frames: N×C×H×W float32.

        `bg` (N or 1) and `frame` (N) are the images ×3×H×W, uint8 or float 0–1, from which a task may learn where its
        edges are. By default `resize_values`.
        """
        return self.resize_values(values, (frame.shape[-2], frame.shape[-1]))

    def flip(self, target: Tensor) -> Tensor:
        """The target mirrored left to right (a vector-valued task also flips its x component)."""
        return target.flip(-1)

    def limits(self, target: Tensor, valid: Tensor) -> tuple[float, float]:
        """The values at the ends of the scale that a target C×H×W and its predictions are drawn with."""
        known = target.float()[valid.expand_as(target)]
        return (float(known.min()), float(known.max())) if known.numel() else (0.0, 1.0)

    @abstractmethod
    def draw(self, values: Tensor, valid: Tensor, limits: tuple[float, float]) -> Tensor:
        """A picture of public values C×H×W: 3×H×W uint8 RGB; `limits` are the values at the scale's ends."""

    def foreground(self, values: Tensor) -> Tensor | None:  # noqa: ARG002
        """Where public values C×H×W say that something is in front of the background: 1×H×W bool.

        None, the default, where the task does not tell this. An overlay tints these pixels, in the colours with which
        the first task that gives None is drawn.
        """
        return None

    def value_range(self, spread: bool = False) -> tuple[float, float]:
        """The least and the greatest public value (with `spread`: expected error) that can be predicted, all channels
        together. By default those of logits of ±`SATURATED`: right where values only rise, or only fall, with logits.
        """
        shape = (1, self.channels + self.spread_channels, 1, 1)
        key = self.name + (SPREAD if spread else "")
        ends = [{self.name: torch.full(shape, logit)} for logit in (-SATURATED, SATURATED)]
        values = torch.cat([public_outputs({self.name: self}, logits)[key] for logits in ends])
        return float(values.min()), float(values.max())

    def levels(self, spread: bool = False) -> Levels | None:
        """How public values (with `spread`: their expected errors) are stored as grey levels of a PNG.

        None where there are several channels: they are stored as an array of float32. By default 16-bit levels over
        `value_range`.
        """
        if (self.spread_channels if spread else self.channels) != 1:
            return None
        meaning = f"expected absolute error of {self.name}" if spread else self.name
        return levels_between(self.name + (SPREAD if spread else ""), meaning, self.unit, *self.value_range(spread))


def output_keys(tasks: Mapping[str, Task]) -> list[str]:
    """The keys of `public_outputs`: every task's name, each followed by `TASK/spread` where it tells one."""
    return [key for name, task in tasks.items() for key in (name, *([name + SPREAD] if task.spread_channels else []))]


def public_outputs(tasks: Mapping[str, Task], logits: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Public values by task, calibrated. If a task predicts its own absolute error, that is `TASK/spread`, in its
    unit."""
    values = {name: tasks[name].public(tasks[name].values(tasks[name].calibrated(x))) for name, x in logits.items()}
    unsure = [name for name in logits if tasks[name].spread_channels]
    return values | {name + SPREAD: tasks[name].public(tasks[name].log_spread(logits[name]).exp()) for name in unsure}
