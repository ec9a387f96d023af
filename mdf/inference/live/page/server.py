"""Serves the page in a thread of its own."""

from __future__ import annotations

import threading

import uvicorn

from mdf.core.errors import ConfigError
from mdf.core.listen import ListenAddress
from mdf.core.secret import read_secret
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.page.board import Board
from mdf.inference.live.page.controls import Controls
from mdf.inference.live.page.guard import Access, Guard
from mdf.inference.live.page.routes import make_app
from mdf.inference.live.settings.settings import WatchSettings

VARIABLE = "MDF_PAGE_TOKEN"
SHORTEST_TOKEN = 16
PATIENCE = 5.0
"""Seconds that open requests have at the end."""


class Page:
    """The page of one run of `mdf watch`. It is bound to its address at once, and serves once it is started.

    Attributes:
        board: what the page shows. sink: gives it to the board.
        url: its address, as it is typed into a browser.
    """

    def __init__(self, settings: WatchSettings, controls: Controls) -> None:
        """Raises ConfigError where the address is wrong or taken, or needs a token that is not given."""
        address = ListenAddress.parse(settings.page or "")
        token = read_secret(VARIABLE, settings.page_token_file)
        _check_token(address, token)
        self._socket = address.bind()
        self._socket.listen()  # who asks now is answered once it is started
        port = self._socket.getsockname()[1]
        self.url = f"http://{f'[{address.host}]' if ':' in address.host else address.host}:{port}/"
        self.board = Board()
        self.sink = Delivery("the page", self.board)
        access = Access(port, settings.page_hosts, token)
        config = uvicorn.Config(
            Guard(make_app(self.board, controls, access), access),
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=100,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="mdf-page", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        self._socket.close()
        self.sink.close()


def _check_token(address: ListenAddress, token: str | None) -> None:
    where = f"write it into a file and name that as `page_token_file`, or set {VARIABLE}"
    if token is None and not address.is_loopback:
        raise ConfigError(f"the page at {address.host} can be reached by other machines, and has no token", where)
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"the page's token has less than {SHORTEST_TOKEN} characters", where)
