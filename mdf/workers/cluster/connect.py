"""The connection to a Ray cluster. Ray is imported here and where a connection is known to exist. Torch-free."""

from __future__ import annotations

import os
import socket
import warnings
from typing import Any

from mdf.core.errors import ConfigError, MdfError

SCHEME = "ray://"
ANSWERS_WITHIN = 10.0
"""Seconds in which a port of the head must answer."""
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
    place = address if address.startswith(SCHEME) else os.environ.get("RAY_ADDRESS", "auto")
    _check_port(place, address)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the error below says it
            ray.init(address=place, namespace="mdf", log_to_driver=False, configure_logging=True, logging_level="error")
    except Exception as error:
        raise MdfError(f"no Ray cluster could be reached at `{place}`: {_first_line(error)}", _cure(address)) from error
    return ray


def _check_port(place: str, address: str) -> None:
    """Raise MdfError if nothing listens at `HOST:PORT`: Ray itself would try for minutes."""
    host, _, port = place.removeprefix(SCHEME).rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=ANSWERS_WITHIN).close()
    except OSError as error:
        message = f"no Ray cluster could be reached at `{place}`: {error.strerror or error}"
        raise MdfError(message, _cure(address)) from error


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


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[: 2 if lines and lines[0].endswith(":") else 1]) or type(error).__name__
