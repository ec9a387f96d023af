"""The contract of losses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor

from mdf.core.component import ComponentConfig


class Loss(ABC):
    """Compares one task's output with its target.

    Constructed as `Loss(config)`. Works in float32 whatever the model's precision.

    Reads
        prediction: N×C×H×W float32: logits, or scaled values, as `reads` declares; for `distribution` N×2C×H×W:
            scaled values, then ln of their expected absolute error.
        target: N×C×H×W float32: for `logits` the fraction 0–1 that their sigmoid should be;
            else the scaled target (depth: divided by its scale). Finite everywhere.
        valid: N×1×H×W bool: only these pixels count.
    Returns
        a scalar float32, averaged over valid pixels; with none valid exactly 0 with zero gradient, never NaN.
    """

    class Config(ComponentConfig):
        """No options."""

    reads: ClassVar[Literal["logits", "values", "distribution"]] = "values"

    is_pixel_mean: ClassVar[bool] = True
    """Whether it is a mean over valid pixels, each by itself, so that a batch computed in parts has the same loss; not
    where it pools the batch, or averages its images or anything else."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""


def valid_difference(prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """prediction − target, N×C×H×W float32, and 0 with zero gradient at invalid pixels whatever stands there.

    What follows must be finite at 0: of a function of the bare difference, masking the result alone would let NaN
    into the gradient.
    """
    return (prediction.float() - target.float()).where(valid, 0.0)


def valid_mean(per_pixel: Tensor, valid: Tensor) -> Tensor:
    """Mean of `per_pixel` (N×C×H×W) over valid pixels (N×1×H×W); 0 with zero gradient where none is."""
    valid = valid.expand_as(per_pixel)
    return per_pixel.where(valid, 0.0).sum() / valid.sum().clamp(min=1)
