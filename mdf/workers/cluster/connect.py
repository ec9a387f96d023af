"""The connection to a Ray cluster. Ray is imported here and where a connection is known to exist. Torch-free."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from typing import Any

from mdf.core.errors import ConfigError, MdfError
from mdf.workers.cluster.ping import SCHEME, NoAnswerError, TokenRefusedError, ping

TOKEN = (
    "set RAY_AUTH_MODE=token here too, and give the token of the cluster's other machines: in RAY_AUTH_TOKEN, or in "
    "the file ~/.ray/auth_token or the one that RAY_AUTH_TOKEN_PATH names"
)
AUTO = "auto"
"""What Ray calls the cluster of this machine."""
STARTS = 3
"""How often a client server is asked for a process of its own, at most."""
INSTALL = 'pip install "mask-depth-framework[ray]"'


def import_ray() -> Any:
    """Ray. Raises MdfError if it is not installed."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise MdfError(f"`--executor ray` needs Ray, which cannot be imported: {error}", INSTALL) from error
    return ray


def connect(address: str) -> Any:
    """Ray, connected to the cluster that `address` names: `ray` for the one that this machine is a part of, or
    `ray://HEAD:10001`.

    Raises MdfError if it cannot be reached.
    """
    ray = import_ray()
    if ray.is_initialized():
        raise MdfError(
            "this process is connected to a Ray cluster already", "call `ray.shutdown()` first: mdf connects by itself"
        )
    place = address if address.startswith(SCHEME) else os.environ.get("RAY_ADDRESS") or AUTO
    try:
        with suppress(ImportError):  # a Ray whose inner parts lie elsewhere says itself what is wrong, only later
            place = _found(place)
            ping(place)
            _check_node(place)
        _init(ray, place)
    except TokenRefusedError as error:
        raise MdfError(f"the Ray cluster at `{place}` lets nobody in without its token: {error}", TOKEN) from error
    except Exception as error:
        raise MdfError(f"no Ray cluster could be reached at `{place}`: {said(error)}", _cure(address)) from error
    return ray


def _init(ray: Any, place: str) -> None:
    """`ray.init`, again where the client server of the head could not start the process that serves this client.

    It forks amid gRPC's threads, and some of the processes die of that (github.com/ray-project/ray/issues/63202).
    """
    for left in reversed(range(STARTS)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the error says it
                ray.init(place, namespace="mdf", log_to_driver=False, configure_logging=True, logging_level="error")
            return
        except ConnectionAbortedError:
            if not left:
                raise


def _found(place: str) -> str:
    """The address of the cluster that this machine is a part of, if `place` names none."""
    if place != AUTO:
        return place
    from ray._private.services import canonicalize_bootstrap_address

    return canonicalize_bootstrap_address(place) or place


def _check_node(place: str) -> None:
    """Without a node on this machine a head lets nobody in but by its client server, and Ray waits a minute for one."""
    from ray._private.services import find_node_ids

    if not place.startswith(SCHEME) and not find_node_ids():
        raise NoAnswerError("this machine is no node of it")


def check_address(executor: str) -> None:
    """Raise ConfigError if `executor` is neither `local`, `ray` nor `ray://HOST:PORT`."""
    host, _, port = executor.removeprefix(SCHEME).rpartition(":")
    if executor in ("local", "ray") or (executor.startswith(SCHEME) and host and port.isdigit()):
        return
    raise ConfigError(
        f"`{executor}` is no executor",
        "write `local`, `ray` (the cluster of this machine) or `ray://HEAD:10001`",
    )


def _cure(address: str) -> str:
    if address.startswith(SCHEME):
        return (
            "check with `ray status` on the head that the cluster runs, that its client port (10001) is open, and that "
            "both have the same versions of Ray and Python, and the same token if the cluster asks for one"
        )
    return "start one with `ray start --head`, or name one: `--executor ray://HEAD:10001`"


def said(error: Exception) -> str:
    """One line of it: the last one of a traceback that the head has sent, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if any(line.startswith("Traceback") for line in lines):
        return lines[-1]
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1])
