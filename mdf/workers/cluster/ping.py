"""Whether a Ray cluster answers at an address and takes this machine's token: asked once, within seconds. Torch-free.

Ray itself tries for half a minute, and does not tell a token that is refused from a cluster that is not there.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

SCHEME = "ray://"
ANSWERS_WITHIN = 10.0
"""Seconds in which the head must answer."""


class NoAnswerError(Exception):
    """Nothing answers there, or nothing of Ray that was asked for."""


class TokenRefusedError(Exception):
    """The cluster asks for a token, and this machine has none or another."""


def ping(place: str) -> None:
    """Ask for a sign of life at `HOST:PORT` (the head) or `ray://HOST:PORT` (its client server).

    Raises NoAnswerError or TokenRefusedError, which say why.
    """
    address = place.removeprefix(SCHEME)
    _check_port(address)
    from ray._private.grpc_utils import init_grpc_channel
    from ray._private.ray_constants import GLOBAL_GRPC_OPTIONS

    with init_grpc_channel(address, options=GLOBAL_GRPC_OPTIONS) as channel:  # it sends the token
        _answer(*(_of_client_server(channel) if place.startswith(SCHEME) else _of_head(channel)))


def _check_port(address: str) -> None:
    """Without Ray: its own words for a port at which nothing listens are long."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise NoAnswerError("this is no address such as `HEAD:6379`")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_WITHIN).close()
    except OSError as error:
        raise NoAnswerError(error.strerror or str(error)) from error


def _of_client_server(channel: Any) -> tuple[Callable[..., Any], Any]:
    from ray.core.generated.ray_client_pb2 import ClusterInfoRequest, ClusterInfoType
    from ray.core.generated.ray_client_pb2_grpc import RayletDriverStub

    return RayletDriverStub(channel).ClusterInfo, ClusterInfoRequest(type=ClusterInfoType.PING)


def _of_head(channel: Any) -> tuple[Callable[..., Any], Any]:
    from ray.core.generated.gcs_service_pb2 import GetClusterIdRequest
    from ray.core.generated.gcs_service_pb2_grpc import NodeInfoGcsServiceStub

    return NodeInfoGcsServiceStub(channel).GetClusterId, GetClusterIdRequest()


def _answer(method: Callable[..., Any], request: Any) -> None:
    from grpc import RpcError, StatusCode
    from ray.exceptions import AuthenticationError

    try:
        method(request, timeout=ANSWERS_WITHIN)
    except AuthenticationError as error:  # RAY_AUTH_MODE asks for a token, and Ray finds none
        raise TokenRefusedError(str(error).partition(". ")[0]) from error
    except RpcError as error:
        if error.code() is StatusCode.UNAUTHENTICATED:
            raise TokenRefusedError("the token is missing or wrong") from error
        if error.code() is StatusCode.UNIMPLEMENTED:
            raise NoAnswerError("something else listens at this port") from error
        raise NoAnswerError(error.details() or error.code().name) from error
