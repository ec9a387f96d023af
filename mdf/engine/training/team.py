"""The processes that train one network together: each computes a part of every batch, and all make the same step.

The gradient of a whole batch is the sum of the parts' gradients, because each part's loss counts by its share of the
batch's valid pixels. So N processes with B/N samples each make the step of one process with B.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor, nn

from mdf.core.plain import Plain


class Team(Protocol):
    """The processes of one training. All call the same methods in the same order.

    Attributes:
        rank: this process, from 0. The first one scores, keeps checkpoints and reports.
        count: how many there are.
    """

    rank: int
    count: int

    def add(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by the sum over all processes. Each process has the same shapes."""

    def all_agree(self, here: bool) -> bool:
        """Whether it is true in every process."""

    def tell(self, value: Plain) -> Plain:
        """What the first process gives; JSON can hold it."""

    def copy(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by that of the first process."""

    def rows(self, samples: int) -> range:
        """The places of a batch of so many samples that this process computes: consecutive, none twice."""


class Alone:
    """One process that trains by itself."""

    rank, count = 0, 1

    def add(self, tensors: Iterable[Tensor]) -> None:
        """A sum of one."""

    def all_agree(self, here: bool) -> bool:
        """Its own answer."""
        return here

    def tell(self, value: Plain) -> Plain:
        """Its own value."""
        return value

    def copy(self, tensors: Iterable[Tensor]) -> None:
        """It has them already."""

    def rows(self, samples: int) -> range:
        """All of them."""
        return range(samples)


class Processes:
    """Several processes, connected by `torch.distributed`, whose default group has been started."""

    def __init__(self, device: str) -> None:
        """`device` is where this process computes, and where NCCL wants its tensors."""
        self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self.device = device if dist.get_backend() == "nccl" else "cpu"

    def add(self, tensors: Iterable[Tensor]) -> None:
        """One sum for all tensors of a type."""
        for of_type in _by_type(tensors):
            flat = torch.cat([tensor.detach().reshape(-1) for tensor in of_type]).to(self.device)
            dist.all_reduce(flat)
            parts = torch.split(flat, [tensor.numel() for tensor in of_type])
            for tensor, part in zip(of_type, parts, strict=True):
                tensor.detach().copy_(part.view(tensor.shape))

    def all_agree(self, here: bool) -> bool:
        """The least of the answers."""
        answer = torch.tensor([int(here)], device=self.device)
        dist.all_reduce(answer, dist.ReduceOp.MIN)
        return bool(answer.item())

    def tell(self, value: Plain) -> Plain:
        """It travels as JSON."""
        data = json.dumps(value).encode() if self.rank == 0 else b""
        size = torch.tensor([len(data)], device=self.device)
        dist.broadcast(size, 0)
        text = torch.zeros(int(size.item()), dtype=torch.uint8, device=self.device)
        if self.rank == 0:
            text.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        dist.broadcast(text, 0)
        told: Plain = json.loads(bytes(text.cpu().numpy()))
        return told

    def copy(self, tensors: Iterable[Tensor]) -> None:
        """One message for each tensor."""
        for tensor in tensors:
            there = tensor.detach().to(self.device).contiguous()
            dist.broadcast(there, 0)
            tensor.detach().copy_(there)

    def rows(self, samples: int) -> range:
        """The first processes have one more where it does not divide evenly."""
        each, more = divmod(samples, self.count)
        start = self.rank * each + min(self.rank, more)
        return range(start, start + each + (self.rank < more))


ALONE = Alone()


def buffers_of(model: nn.Module) -> list[Tensor]:
    """The tensors of `model` that are not learned by gradient: statistics of batch norms."""
    return [buffer for buffer in model.buffers() if buffer.numel()]


def told_tensors(team: Team, tensors: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """The named tensors of the first process, in every process, on the CPU."""
    if team.count == 1:
        return dict(tensors or {})
    own = tensors or {}
    names: list[Plain] = [[name, str(x.dtype).removeprefix("torch."), list(x.shape)] for name, x in own.items()]
    listed = team.tell(names)
    assert isinstance(listed, list)
    found: dict[str, Tensor] = {}
    for name, kind, shape in listed:
        here = own.get(name)
        found[name] = torch.empty(shape, dtype=getattr(torch, kind)) if here is None else here.cpu()
    team.copy(found.values())
    return found


def _by_type(tensors: Iterable[Tensor]) -> Sequence[Sequence[Tensor]]:
    types: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        types.setdefault(tensor.dtype, []).append(tensor)
    return list(types.values())
