"""What `torchrun` says about this process: its variables, read without torch."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Torchrun:
    """A process that `torchrun` has started.

    Attributes:
        rank, count: its place among all processes.
        local_rank, local_count: its place among those of this machine.
        host, port: where torchrun's key-value store is.
    """

    rank: int
    count: int
    local_rank: int
    local_count: int
    host: str
    port: int


def by_torchrun() -> Torchrun | None:
    """How `torchrun` has started this process, with others; None if it did not.

    Raises ValueError if its variables are no numbers.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1 or "MASTER_ADDR" not in os.environ:
        return None
    return Torchrun(
        rank=int(os.environ["RANK"]),
        count=count,
        local_rank=int(os.environ.get("LOCAL_RANK", "0")),
        local_count=int(os.environ.get("LOCAL_WORLD_SIZE", str(count))),
        host=os.environ["MASTER_ADDR"],
        port=int(os.environ["MASTER_PORT"]),
    )
