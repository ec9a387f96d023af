"""The executor that a user names. Torch-free; Ray is imported only for a cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager

from mdf.core.shared.place import SharedPlace
from mdf.workers.executor import Executor
from mdf.workers.local import LocalExecutor

LOCAL = "local"
TRIES = 4
"""How often a trial whose node is lost is begun, at most, if nobody says otherwise."""


def open_executor(name: str, shared: str = "", tries: int = TRIES) -> AbstractContextManager[Executor]:
    """`local`: this machine. `ray`, or `ray://HEAD:10001`: a Ray cluster, whose nodes all reach the place `shared`.

    There a trial whose node is lost is begun `tries` times at most.

    Raises MdfError if Ray is not installed, or the cluster cannot be reached.
    """
    if name == LOCAL:
        return LocalExecutor()
    from mdf.workers.cluster.connect import connect
    from mdf.workers.cluster.executor import ClusterExecutor

    return ClusterExecutor(connect(name), SharedPlace(shared) if shared else None, tries)
