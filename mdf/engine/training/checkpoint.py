"""What training is made of between two epochs, as tensors and plain data: enough to go on bit for bit."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a training: `tensors` by dotted name, on any device, and `facts`, which JSON can hold."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    def group(self, name: str) -> dict[str, Tensor]:
        """The tensors whose name begins with `name` and a dot, without it."""
        return {key.removeprefix(f"{name}."): x for key, x in self.tensors.items() if key.startswith(f"{name}.")}


class Checkpointer(Protocol):
    """Keeps one checkpoint, the last, for as long as the training has not ended."""

    def load(self) -> Checkpoint | None:
        """The checkpoint that an earlier process left of this very training; None where there is none to be used."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep `checkpoint` in place of the one before."""


def grouped(**groups: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of several groups as one mapping, each name behind its group's and a dot."""
    return {f"{name}.{key}": value for name, group in groups.items() for key, value in group.items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimiser remembers of each parameter, as `NUMBER.NAME`."""
    states = optimiser.state_dict()["state"]
    return {f"{number}.{name}": value for number, state in states.items() for name, value in state.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimiser of the same parameters what `optimiser_tensors` said, in each parameter's own memory layout.

    Fused kernels pass over memory as it lies, so that another layout would mix the elements up.
    """
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        parameter = parameters[int(number)]
        alike = value.shape == parameter.shape
        state = torch.empty_like(parameter).copy_(value) if alike else value.to(parameter.device)
        optimiser.state[parameter][name] = state


def random_states(device: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The states of torch's, Python's and NumPy's global generators: tensors, and plain data."""
    tensors = {"cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        tensors["cuda"] = torch.cuda.get_rng_state(device)
    kind, keys, *rest = np.random.get_state()
    return tensors, {"python": random.getstate(), "numpy": [kind, np.asarray(keys).tolist(), *rest]}


def restore_random_states(device: str, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
    """Set the global generators to what `random_states` said."""
    torch.set_rng_state(tensors["cpu"])
    if device.startswith("cuda") and "cuda" in tensors:
        torch.cuda.set_rng_state(tensors["cuda"], device)
    version, keys, gauss = plain["python"]
    random.setstate((version, tuple(keys), gauss))
    kind, state, *rest = plain["numpy"]
    np.random.set_state((kind, np.array(state, dtype=np.uint32), *rest))
