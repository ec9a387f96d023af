"""The state of a training between two epochs, as tensors and plain data: enough to continue bit for bit."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

import numpy as np
import torch
from torch import Tensor

from mdf.core.progress import Epoch


class Generators(TypedDict):
    """The states of Python's and NumPy's global generators, as `getstate` and `get_state` give them."""

    python: tuple[int, Sequence[int], float | None]
    numpy: tuple[str, Sequence[int], int, int, float]


class EpochFacts(TypedDict):
    """An `Epoch`."""

    number: int
    step: int
    losses: Mapping[str, float]
    scores: Mapping[str, float]
    selection: float
    eligible: bool


class Facts(TypedDict):
    """What JSON can hold of a training's state; `seconds` and `waited` are the times so far."""

    step: int
    seconds: float
    waited: float
    micro_batch: int
    history: list[EpochFacts]
    generators: Generators


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a training: `tensors` by dotted name, on any device, and `facts`, which JSON can hold."""

    tensors: Mapping[str, Tensor]
    facts: Facts

    def group(self, name: str) -> dict[str, Tensor]:
        """The tensors whose name begins with `name` and a dot, without it."""
        return {key.removeprefix(f"{name}."): x for key, x in self.tensors.items() if key.startswith(f"{name}.")}


class Checkpointer(Protocol):
    """Keeps one checkpoint, the last, for as long as the training has not ended."""

    def load(self) -> Checkpoint | None:
        """The checkpoint that an earlier process left of this training; None if there is none that can be used."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep `checkpoint` instead of the one before."""


def epoch_facts(epoch: Epoch) -> EpochFacts:
    """`epoch` as plain data."""
    return {
        "number": epoch.number,
        "step": epoch.step,
        "losses": epoch.losses,
        "scores": epoch.scores,
        "selection": epoch.selection,
        "eligible": epoch.eligible,
    }


def grouped(**groups: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of several groups in one mapping, as `GROUP.NAME`."""
    return {f"{name}.{key}": value for name, group in groups.items() for key, value in group.items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state of each parameter, as `NUMBER.NAME`."""
    states = optimiser.state_dict()["state"]
    return {f"{number}.{name}": value for number, state in states.items() for name, value in state.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimiser of the same parameters the state in `tensors`, in each parameter's own memory layout.

    Fused kernels go through memory in order, so that another layout would mix up the elements.
    """
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        parameter = parameters[int(number)]
        alike = value.shape == parameter.shape
        state = torch.empty_like(parameter).copy_(value) if alike else value.to(parameter.device)
        optimiser.state[parameter][name] = state


def random_states(device: str) -> tuple[dict[str, Tensor], Generators]:
    """The states of the global generators: torch's as tensors, Python's and NumPy's as plain data."""
    tensors = {"cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        tensors["cuda"] = torch.cuda.get_rng_state(device)
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    legacy = (kind, np.asarray(keys).tolist(), int(position), int(has_gauss), float(gauss))
    return tensors, {"python": random.getstate(), "numpy": legacy}


def restore_random_states(device: str, tensors: Mapping[str, Tensor], plain: Generators) -> None:
    """Set the global generators to what `random_states` gave."""
    torch.set_rng_state(tensors["cpu"])
    if device.startswith("cuda") and "cuda" in tensors:
        torch.cuda.set_rng_state(tensors["cuda"], device)
    version, keys, gauss = plain["python"]
    random.setstate((version, tuple(keys), gauss))
    kind, state, position, has_gauss, value = plain["numpy"]
    np.random.set_state((kind, np.array(state, dtype=np.uint32), position, has_gauss, value))
