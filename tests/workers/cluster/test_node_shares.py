"""What a trial takes of a node, and what nodes are called."""

from __future__ import annotations

from typing import Any

import pytest

from mdf.workers.cluster.nodes import Node, Share, nodes_of
from mdf.workers.executor import Needs

GIB = 2**30
CPU_NODE = Node("a", "a", Share(cpus=8, memory=16 * GIB))
GPU_NODE = Node("b", "b", Share(cpus=16, gpus=8, memory=64 * GIB))


def listed(node: str, address: str, alive: bool = True, **resources: float) -> dict[str, Any]:
    return {
        "NodeID": node,
        "Alive": alive,
        "NodeManagerAddress": address,
        "NodeManagerHostname": f"host-{address[-1]}",
        "Resources": resources,
    }


@pytest.mark.parametrize(
    ("node", "needs", "share"),
    [
        (CPU_NODE, Needs(("cpu",), threads=2, memory=3 * GIB), Share(2, 0, 3 * GIB)),
        (CPU_NODE, Needs(("cpu",), threads=2, memory=99 * GIB), Share(2, 0, 16 * GIB)),  # `--force`: it would never fit
        (CPU_NODE, Needs(("cpu",), processes=3, threads=2, memory=GIB), Share(6, 0, 3 * GIB)),
        (GPU_NODE, Needs(("cuda:0", "cuda:1"), threads=2), Share(2, 1, 0)),
        (GPU_NODE, Needs(("cuda:0",), threads=16), Share(2, 1, 0)),  # eight such trials share the cores of the node
        (GPU_NODE, Needs(("cuda:0",), processes=4, threads=2), Share(8, 4, 0)),
    ],
)
def test_a_trial_takes_its_part_and_never_more_than_there_is(node: Node, needs: Needs, share: Share) -> None:
    assert node.share_of(needs) == share
    assert share.fits(node.whole)


def test_more_gpus_than_a_node_has_do_not_fit() -> None:
    assert not GPU_NODE.share_of(Needs(("cuda:0",), processes=9)).fits(GPU_NODE.whole)


def test_nodes_that_live_and_can_work_are_told_apart() -> None:
    nodes = nodes_of(
        [
            listed("ccc111222", "10.0.0.2", CPU=4.0),
            listed("bbb111222", "10.0.0.1", CPU=4.0, GPU=2.0, memory=5.0),
            listed("aaa111222", "10.0.0.2", CPU=4.0),
            listed("ddd", "10.0.0.3", alive=False, CPU=4.0),
            listed("eee", "10.0.0.4"),
        ]
    )
    assert [node.name for node in nodes] == [
        "host-2 (10.0.0.2) [aaa111]",
        "host-1 (10.0.0.1)",
        "host-2 (10.0.0.2) [ccc111]",
    ]
    assert nodes[1].whole == Share(4, 2, 5)
