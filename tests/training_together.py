"""Trains small networks in two processes at once. A script: `training_together.py RANK PORT FILE`.

The first process also trains each alone, and writes what both gave to FILE, a torch file of tensors and plain data.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from blobs import RUNTIME, Blobs, blob_config, blob_parts
from torch import Tensor

from mdf.core.errors import DivergedError
from mdf.core.loss import Loss
from mdf.core.progress import Progress, Warned
from mdf.core.sample import Batch
from mdf.engine import flow
from mdf.engine.norms import use_group_norms
from mdf.engine.parts import Parts
from mdf.engine.training import train
from mdf.engine.training.checkpoint import Checkpoint
from mdf.engine.training.team import ALONE, Processes, Team

Change = Callable[[torch.nn.Module, Team], None]


class Holes(Blobs):
    """Blobs of which some have few valid pixels, and others many: a mean of means would not be the mean."""

    def read(self, indices: Sequence[int]) -> Batch:
        batch = super().read(indices)
        for place, index in enumerate(indices):
            share = (index % 5 + 1) / 5
            for valid in batch.valid.values():
                valid[place] = torch.rand(valid[place].shape, generator=torch.Generator().manual_seed(index)) < share
        return batch


class Poisoned(Loss):
    """NaN in the second process, from its third call on."""

    calls = 0

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        self.calls += 1
        wrong = self.calls >= 3 and dist.get_rank() == 1
        return (prediction - target).abs().mean() * (float("nan") if wrong else 1.0)


class Shelf:
    """Keeps every checkpoint."""

    def __init__(self, kept: Checkpoint | None = None) -> None:
        self.first, self.saved = kept, list[Checkpoint]()

    def load(self) -> Checkpoint | None:
        return self.first

    def save(self, checkpoint: Checkpoint) -> None:
        tensors = {key: value.detach().clone() for key, value in checkpoint.tensors.items()}
        self.saved.append(Checkpoint(tensors, json.loads(json.dumps(checkpoint.facts))))


def parts_of(norms: str, team: Team, change: Change | None, **keys: Any) -> Parts:
    """Blobs and a small network, in which `change` may build something."""
    parts = blob_parts(dataset=Holes(), **keys)
    build = parts.build_model
    assert build is not None

    def built(mean: Sequence[float], std: Sequence[float]) -> Any:
        model = build(mean, std)
        if norms == "group":
            use_group_norms(model)
        if change is not None:
            change(model, team)
        return model

    return replace(parts, build_model=built)


def trained(
    team: Team, norms: str, shelf: Shelf | None = None, change: Change | None = None, **settings: Any
) -> dict[str, Any]:
    """What training gives in this process: the weights, the gradient of the first step, losses, warnings."""
    gradients: list[Tensor] = []
    clip = torch.nn.utils.clip_grad_norm_

    def watched(parameters: Any, most: float) -> Tensor:
        listed = list(parameters)
        gradients.append(torch.cat([p.grad.reshape(-1).clone() for p in listed if p.grad is not None]))
        return clip(listed, most)

    told: list[Progress] = []
    config = blob_config(norms=norms, **{"steps": 4, **settings})
    parts = parts_of(norms, team, change)
    train.torch.nn.utils.clip_grad_norm_ = watched  # type: ignore[attr-defined]
    try:
        if team.rank:
            flow.take_part(parts, config, RUNTIME, told.append, team)
            return {}
        found = flow.run(parts, config, RUNTIME, told.append, shelf, team)
    finally:
        train.torch.nn.utils.clip_grad_norm_ = clip  # type: ignore[attr-defined]
    assert found.model is not None
    return {
        "gradient": gradients[0],
        "weights": torch.cat([x.float().reshape(-1) for x in found.model.state_dict().values()]),
        "losses": torch.tensor([list(epoch.losses.values()) for epoch in found.history[1:]]),
        "micro_batch": found.costs["micro_batch"],
        "warnings": [event.message for event in told if isinstance(event, Warned)],
    }


def out_of_memory_once(model: torch.nn.Module, team: Team) -> None:
    """In the second process, at its second forward pass."""
    if team.rank == 0:
        return
    calls = [0]

    def hook(module: torch.nn.Module, _: object) -> None:
        calls[0] += module.training
        if module.training and calls[0] == 2:
            raise MemoryError

    model.register_forward_pre_hook(hook)


def noisy(model: torch.nn.Module, _: Team) -> None:
    """It draws from torch's global generator while it learns, as dropout does."""

    def hook(module: torch.nn.Module, _: object, logits: dict[str, Tensor]) -> dict[str, Tensor]:
        return {t: x + 0.3 * torch.randn_like(x) if module.training else x for t, x in logits.items()}

    model.register_forward_hook(hook)


def divergence(team: Team) -> str:
    """What each process says of a loss that is not finite in one of them."""
    parts = parts_of("group", team, None, losses={"depth": Poisoned(Loss.Config())})
    try:
        if team.rank:
            flow.take_part(parts, blob_config(norms="group"), RUNTIME, lambda _: None, team)
        else:
            flow.run(parts, blob_config(norms="group"), RUNTIME, lambda _: None, None, team)
    except DivergedError as error:
        return f"{error.step} {error.message}"
    return "nothing"


def resumed(team: Team, first: Team, change: Change | None = None) -> dict[str, Any]:
    """A training that goes on in the middle with `team`, after `first` had begun it."""
    shelf = Shelf()
    trained(first, "group", shelf, change)
    middle = Shelf(shelf.saved[0] if shelf.saved else None)
    return trained(team, "group", middle, change)


def main(rank: int, port: int, file: str) -> None:
    """All cases."""
    torch.set_num_threads(1)
    store = dist.TCPStore("127.0.0.1", port, 2, is_master=rank == 0, timeout=timedelta(minutes=10))
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2, timeout=timedelta(minutes=10))
    team = Processes("cpu")
    found: dict[str, Any] = {}
    for norms in ("group", "frozen"):
        found[norms] = trained(team, norms)
    found["uneven"] = trained(team, "group", batch_size=5, accumulate=2)
    found["memory"] = trained(team, "group", change=out_of_memory_once)
    found["average"] = trained(team, "group", ema=0.9)
    found["noisy"] = trained(team, "group", change=noisy)
    found["noisy, resumed"] = resumed(team, team, noisy)
    found["from two to two"] = resumed(team, team)
    found["diverged"] = divergence(team)
    other: list[Any] = [None, None]
    dist.all_gather_object(other, found["diverged"])
    found["diverged"] = other
    if rank == 0:
        for norms in ("group", "frozen"):
            found[f"{norms}, alone"] = trained(ALONE, norms)
        found["uneven, alone"] = trained(ALONE, "group", batch_size=5)
        found["average, alone"] = trained(ALONE, "group", ema=0.9)
    shelves = [Shelf(), Shelf()]
    if rank == 0:
        trained(ALONE, "group", shelves[0])
    found["from one to two"] = trained(team, "group", Shelf(shelves[0].saved[0]) if rank == 0 else None)
    trained(team, "group", shelves[1] if rank == 0 else None)
    if rank == 0:
        found["from two to one"] = trained(ALONE, "group", Shelf(shelves[1].saved[0]))
        torch.save(found, file)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
