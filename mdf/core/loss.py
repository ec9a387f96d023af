"""The contract of losses. A loss compares one task's output with its target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor

from mdf.core.component import ComponentConfig


class Loss(ABC):
    """Compares one task's output with its target.

    Constructed as `Loss(config)`. Computes in float32, whatever the model's precision is. Keeps no Python number that
    changes between steps: a step that is recorded as a CUDA graph would not see the change.

    Reads
        prediction: depends on `reads`. `logits`: N×C×H×W float32 logits. `values`: N×C×H×W float32 scaled values.
            `distribution`: N×2C×H×W float32, scaled values and then ln of their expected absolute error.
        target: N×C×H×W float32, finite everywhere. For `logits` the fraction 0–1 that sigmoid(logits) should be,
            otherwise the scaled target (depth: divided by its scale).
        valid: N×1×H×W bool; only these pixels count.
    Returns
        a scalar float32, averaged over valid pixels. Without a valid pixel it is exactly 0 with zero gradient.
    """

    class Config(ComponentConfig):
        """No options."""

    reads: ClassVar[Literal["logits", "values", "distribution"]] = "values"

    is_pixel_mean: ClassVar[bool] = True
    """Whether the loss is a mean of independent per-pixel values. Then a batch computed in parts has the same loss. Set
    it to False if the loss pools pixels or averages over images."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""


def valid_difference(prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """prediction − target, N×C×H×W float32. Invalid pixels are 0 with zero gradient, even if they hold NaN.

    Apply only functions that are finite at 0. (Masking only the result of a function would let NaN into the gradient.)
    """
    return (prediction.float() - target.float()).where(valid, 0.0)


def valid_mean(per_pixel: Tensor, valid: Tensor) -> Tensor:
    """Mean of `per_pixel` (N×C×H×W float) over the pixels in `valid` (N×1×H×W bool); 0 with zero gradient if none."""
    valid = valid.expand_as(per_pixel)
    return per_pixel.where(valid, 0.0).sum() / valid.sum().clamp(min=1)
