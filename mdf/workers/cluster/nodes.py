"""The nodes of a cluster, and how much of each this study uses. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdf.workers.executor import Needs


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a node's resources. `memory` is in bytes."""

    cpus: float = 0.0
    gpus: float = 0.0
    memory: float = 0.0

    def __add__(self, other: Share) -> Share:
        return Share(self.cpus + other.cpus, self.gpus + other.gpus, self.memory + other.memory)

    def fits(self, whole: Share) -> bool:
        """Whether `whole` is at least as much."""
        return self.cpus <= whole.cpus and self.gpus <= whole.gpus and self.memory <= whole.memory


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster.

    Attributes:
        id: Ray's.
        name: for users.
        whole: its resources.
    """

    id: str
    name: str
    whole: Share

    def share_of(self, needs: Needs) -> Share:
        """What a trial takes of this node: cores, memory, a GPU for each process; never more cores or memory than there
        are."""
        gpus = float(needs.processes) if needs.kind == "cuda" else 0.0
        cores = self.whole.cpus * gpus / self.whole.gpus if gpus and self.whole.gpus else self.whole.cpus
        memory = (needs.memory or 0.0) * needs.processes
        return Share(min(float(needs.threads * needs.processes), cores), gpus, min(memory, self.whole.memory))


def nodes_of(listed: Iterable[Mapping[str, Any]]) -> list[Node]:
    """The nodes of `ray.nodes()` that are alive and can do work, in the same order every time."""
    alive = sorted(
        (one for one in listed if one["Alive"] and one["Resources"].get("CPU")), key=lambda one: str(one["NodeID"])
    )
    addresses = [one["NodeManagerAddress"] for one in alive]
    return [
        Node(
            id=one["NodeID"],
            name=_name(one, addresses),
            whole=Share(
                float(one["Resources"]["CPU"]),
                float(one["Resources"].get("GPU", 0.0)),
                float(one["Resources"].get("memory", 0.0)),
            ),
        )
        for one in alive
    ]


def _name(node: Mapping[str, Any], addresses: Sequence[str]) -> str:
    """Host and address; with a part of Ray's id if several nodes share an address."""
    address = node["NodeManagerAddress"]
    host = node.get("NodeManagerHostname") or address
    several = f" [{node['NodeID'][:6]}]" if addresses.count(address) > 1 else ""
    return f"{host}{several}" if host == address else f"{host} ({address}){several}"
