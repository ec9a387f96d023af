"""A real Ray cluster of several nodes on this machine, which asks for a token."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pausing import PATIENCE, Gate, wait_until
from tiny_study import ROOT

STORE = 80 * 2**20
SIZES = {"num_cpus": 1, "num_gpus": 0, "memory": 2**31, "object_store_memory": STORE}
PATIENT = {
    "RAY_gcs_server_port_wait_time_s": str(PATIENCE),
    "RAY_agent_register_timeout_ms": str(1000 * PATIENCE),
    "RAY_worker_register_timeout_seconds": str(PATIENCE),
}
"""What Ray waits for, on a busy machine."""
TOKEN = "a token of this test, and of no other"


class Nodes:
    """The nodes of a cluster.

    Attributes:
        alike: those that suit a study.
        client: how a machine that is no node names the cluster.
        gate: what pauses trainings.
    """

    def __init__(self, cluster: Any, folder: Path, client: str) -> None:
        self.cluster, self.folder, self.client = cluster, folder, client
        self.gate = Gate(folder)
        self.alike: list[Any] = []

    def add(self, *environments: dict[str, str]) -> list[Any]:
        """A new node with each of these environments, and a folder for what its agents leave when they are killed."""
        own = {"TMPDIR": str(self.folder)}
        added = [self.cluster.add_node(wait=False, **SIZES, env_vars={**own, **environ}) for environ in environments]
        self.cluster.wait_for_nodes(PATIENCE)
        return added

    def lose(self, nodes: list[Any]) -> None:
        """These nodes are gone, without a word, and the cluster knows."""
        self.alike = [node for node in self.alike if node not in nodes]
        for node in nodes:
            self.cluster.remove_node(node, allow_graceful=False)
        self.cluster.wait_for_nodes(PATIENCE)


@contextmanager
def ray_nodes() -> Iterator[Nodes]:
    """A cluster whose head does no work, with two nodes that are alike. Of its processes and files nothing is left."""
    from ray.cluster_utils import Cluster

    folder = Path(tempfile.mkdtemp(prefix="mdf-ray-", dir="/tmp"))  # the paths of sockets must be short
    with pytest.MonkeyPatch.context() as patch, _token(patch):
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_worker_niceness", "0")  # Ray's own default lets a busy machine starve them
        patch.setenv("RAY_health_check_period_ms", "300")  # so that lost nodes are noticed soon
        for name, value in PATIENT.items():
            patch.setenv(name, value)
        patch.setattr("ray._private.services.get_node", _patient(_get_node()))
        cluster = Cluster()
        try:
            nodes = Nodes(cluster, folder, _start_head(cluster, folder))
            patch.setenv("RAY_ADDRESS", cluster.address)
            nodes.alike = nodes.add({}, {})
            yield nodes
        finally:
            cluster.shutdown()
            _see_that_all_have_ended(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _start_head(cluster: Any, folder: Path) -> str:
    """Start the head, whose files go into `folder`. Returns the address of its client server."""
    (folder / "ray").mkdir()
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    own = {"num_cpus": 0, "include_dashboard": False, "temp_dir": str(folder), "ray_client_server_port": port}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")  # else the client server's forks fail now and then
        cluster.add_node(**own, object_store_memory=STORE)
    return f"ray://127.0.0.1:{port}"


@contextmanager
def _token(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever speaks to a cluster that is started in this block needs the token, which this process has."""
    from ray._private.authentication_test_utils import reset_auth_token_state

    patch.setenv("RAY_AUTH_MODE", "token")
    patch.setenv("RAY_AUTH_TOKEN", TOKEN)
    reset_auth_token_state()  # Ray may have been imported before
    try:
        yield
    finally:
        patch.delenv("RAY_AUTH_MODE")
        patch.delenv("RAY_AUTH_TOKEN")
        reset_auth_token_state()


def _get_node() -> Callable[..., Any]:
    from ray._private.services import get_node

    return get_node


def _patient(get_node: Callable[..., Any]) -> Callable[..., Any]:
    """The same, which waits until the node is there. Ray gives a node that starts half a minute, on any machine."""

    def found(*asked: Any) -> Any:
        answers: list[Any] = []

        def is_there() -> bool:
            with suppress(RuntimeError):
                answers.append(get_node(*asked))
            return bool(answers)

        wait_until(is_there)
        return answers[0]

    return found


def _see_that_all_have_ended(folder: Path) -> None:
    """Wait for the processes whose output goes into `folder`. Fail if some stay, after they were killed."""
    try:
        wait_until(lambda: not _processes_of(folder))
    finally:
        for process in _processes_of(folder):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _processes_of(folder: Path) -> list[int]:
    """Processes whose standard output goes to a file in `folder`. Empty where there is no /proc."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(place / "fd" / "1").startswith(f"{folder}/"):
                found.append(int(place.name))
    return found
