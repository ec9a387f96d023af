"""Serves metrics over HTTP, for this machine alone unless told otherwise."""

from __future__ import annotations

import hmac
import ipaddress
import socket
import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from mdf.core.errors import ConfigError
from mdf.core.listen import ListenAddress
from mdf.core.secret import read_secret
from mdf.inference.live.metrics.collect import registry_of
from mdf.inference.live.metrics.numbers import Numbers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TOKEN = "MDF_METRICS_TOKEN"


class MetricsServer:
    """Answers `http://ADDRESS/metrics` from a thread of its own.

    Attributes:
        port: the port that it listens at.
    """

    def __init__(self, address: str, token_file: str | None, numbers: Numbers) -> None:
        """Listen. Raises ConfigError where the address is wrong or taken, or needs a token and has none."""
        where = ListenAddress.parse(address)
        self._token = read_secret(TOKEN, token_file)
        if not where.is_loopback and self._token is None:
            raise ConfigError(
                f"metrics at {where.host} can be read by other machines, and have no token",
                f"set {TOKEN}, or name a file as `metrics_token_file`; `:{where.port}` is for this machine alone",
            )
        self._hosts = {"localhost", where.host.lower(), socket.gethostname().lower()}
        self._metrics = make_wsgi_app(registry_of(numbers))
        self._server = _Server(where)
        self._server.set_app(self._answer)
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, name="mdf-metrics", daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if not self._is_known_host(request.get("HTTP_HOST", "")):
            return _refused(start, "421 Misdirected Request", "not known by that host name; ask by its address")
        if self._token is not None:
            given = request.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return _refused(start, "401 Unauthorized", "give the token: `Authorization: Bearer TOKEN`")
        answer: Iterable[bytes] = self._metrics(request, start)
        return answer

    def _is_known_host(self, host: str) -> bool:
        """A page of another site that has its name point to this machine (DNS rebinding) asks by that name."""
        name = host.rpartition(":")[0] or host
        try:
            return bool(ipaddress.ip_address(name.strip("[]")))
        except ValueError:
            return name.lower() in self._hosts


class _Server(ThreadingMixIn, WSGIServer):
    """A server at a socket that is bound already; a client that hangs stops no other."""

    daemon_threads = True

    def __init__(self, address: ListenAddress) -> None:
        super().__init__((address.host, address.port), _Quiet, bind_and_activate=False)
        self.socket.close()
        self.socket = address.bind()
        self.server_name, self.server_port = self.socket.getsockname()[:2]
        self.setup_environ()
        self.server_activate()


class _Quiet(WSGIRequestHandler):
    """Prints nothing; waits for no client for long."""

    timeout = 10

    def log_message(self, *_: object) -> None:
        """Not at all."""


def _refused(start: StartResponse, status: str, why: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{why}\n".encode()]
