"""The average of a model's weights over the last steps, which is smoother than the last weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn


class Average:
    """Exponential moving average of everything in a model's state, batch-norm statistics included.

    The decay rises with the number n of updates as (1 + n) / (10 + n), up to `decay`, so that the untrained weights
    are soon forgotten (as in TensorFlow's `ExponentialMovingAverage` with `num_updates`).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {key: value.detach().clone() for key, value in model.state_dict().items()}

    def update(self, model: nn.Module, step: int) -> None:
        """Add the weights after optimiser step `step` (from 1) to the average; integers are copied."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                self.weights[key].lerp_(value, 1 - decay)
            else:
                self.weights[key].copy_(value)

    @contextmanager
    def in_place_of(self, model: nn.Module) -> Iterator[None]:
        """The model has the averaged weights inside the block, and its own again after it, bit for bit."""
        own = {key: value.detach().clone() for key, value in model.state_dict().items()}
        model.load_state_dict(self.weights)
        try:
            yield
        finally:
            model.load_state_dict(own)

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Continue from the averaged weights of an earlier process."""
        for key, value in self.weights.items():
            value.copy_(weights[key])
