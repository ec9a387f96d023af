"""Web hooks with a real server that takes, refuses, fails, hangs, redirects, goes and comes back."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from told_events import eventually, told

from mdf.core.errors import ConfigError, SinkError
from mdf.core.event import Event
from mdf.inference.live.delivery import outage
from mdf.inference.live.delivery.deliver import Delivery
from mdf.plugins.sinks.hook import Hook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Server:
    """A hook on loopback.

    Attributes:
        behaviour: what the next requests meet: a status, `hang`, or an address to redirect to.
        taken: path, headers and body of each request that was answered.
    """

    def __init__(self, port: int = 0) -> None:
        outer = self
        self.behaviour: int | str = 204
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self._ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.behaviour == "hang":
                    outer._ended.wait(30)
                    return
                outer.taken.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if isinstance(outer.behaviour, str) and not self.path.startswith("/moved"):
                    self.send_response(307)
                    self.send_header("Location", outer.behaviour)
                else:
                    self.send_response(outer.behaviour if isinstance(outer.behaviour, int) else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/secret-path"

    @property
    def keys(self) -> list[tuple[str, int]]:
        return [(one["id"], one["sequence"]) for one in (json.loads(body) for _, _, body in self.taken)]

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def hook(server: Server, **options: object) -> Hook:
    return Hook(Hook.Config(**options), server.address)  # type: ignore[arg-type]


def test_an_event_is_signed_as_the_standard_says(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    standard = pytest.importorskip("standardwebhooks")
    monkeypatch.setenv("MDF_HOOK_SECRET", SECRET)
    (tmp_path / "token").write_text("a-token\n")
    hook(server, token_file=str(tmp_path / "token")).event(told(1))
    ((_, headers, body),) = server.taken
    assert standard.Webhook(SECRET).verify(body, headers) == json.loads(told(1).json)
    assert headers["authorization"] == "Bearer a-token"
    assert headers["webhook-id"] == "yard-a-000001.0"
    with pytest.raises(standard.WebhookVerificationError):
        standard.Webhook(SECRET).verify(body.replace(b"yard", b"door"), headers)


def test_a_hook_that_fails_hangs_redirects_and_goes_gets_everything_once_it_is_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(outage, "FIRST_PAUSE", 0.1)
    other = Server()
    lines: list[str] = []
    delivery = Delivery(server.address, hook(server, timeout=0.5))

    def told_of(word: str) -> bool:
        lines.extend(delivery.take_messages())
        return any(word in line for line in lines)

    server.behaviour = 503
    for number in range(5):
        delivery.event(told(number))
    assert eventually(lambda: told_of("answered 503"))
    server.behaviour = "hang"
    assert eventually(lambda: told_of("does not answer: timed out"))
    server.behaviour = other.address
    assert eventually(lambda: told_of("redirects to another host"))
    port = server.port
    server.close()
    assert eventually(lambda: told_of("Connection refused"))
    again = Server(port)
    assert eventually(lambda: told_of("works again"))
    delivery.close()
    assert again.keys == [(told(number).id, 0) for number in range(5)]
    assert other.taken == []
    assert delivery.dropped[Event] == 0
    again.close()
    other.close()


def test_a_redirect_on_the_same_host_is_followed_with_the_event(server: Server) -> None:
    server.behaviour = "/moved"
    hook(server).event(told(1))
    assert [path for path, _, _ in server.taken] == ["/secret-path", "/moved"]
    assert server.taken[0][2] == server.taken[1][2]


def test_an_event_that_the_hook_does_not_want_is_not_sent_again(server: Server) -> None:
    delivery = Delivery("hook", hook(server))
    server.behaviour = 422
    delivery.event(told(1))
    assert eventually(lambda: len(server.taken) == 1)
    server.behaviour = 200
    delivery.event(told(2))
    delivery.close()
    assert server.keys == [(told(1).id, 0), (told(2).id, 0)]
    assert delivery.dropped[Event] == 1


def test_no_secret_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDF_HOOK_TOKEN", "my-token")
    server.behaviour = 500
    with pytest.raises(SinkError) as caught:
        hook(server).event(told(1))
    assert "secret-path" not in str(caught.value)
    assert "my-token" not in str(caught.value)
    assert "secret-path" not in Delivery(f"hook:{server.address}", hook(server)).name


def test_addresses_and_secrets_that_cannot_work(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="user name or a password") as caught:
        Hook(Hook.Config(), "https://me:secret@host/a")
    assert "secret" not in caught.value.message
    monkeypatch.setenv("MDF_HOOK_SECRET", "whsec_!!!")
    with pytest.raises(ConfigError, match="not base64"):
        hook(server)


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(SinkError, match=r"the hook at 127.0.0.1 does not answer: Connection refused"):
        Hook(Hook.Config(), f"http://127.0.0.1:{port}/a").event(told(1))
