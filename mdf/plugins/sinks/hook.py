"""Events to a web hook."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError, SinkError
from mdf.core.event import Event
from mdf.core.secret import read_secret
from mdf.core.sink import Sink
from mdf.plugins.sinks.keep import KEEP, undelivered

SECRET, TOKEN = "MDF_HOOK_SECRET", "MDF_HOOK_TOKEN"
PREFIX = "whsec_"
UNWANTED = (400, 413, 422)
"""Answers by which a hook says that this event is of no use to it; after any other failure it is given again."""


class Hook(Sink):
    """Sends each phase of each event to an address as JSON (POST), at least once; `(id, sequence)` tells whether it was
    there before. Its fields are those of a line of `events.jsonl`. An answer 2xx means that it was taken.

    With a secret each request is signed as https://www.standardwebhooks.com says: `webhook-id`, `webhook-timestamp` and
    `webhook-signature` (HMAC-SHA256 of id, time stamp and body), so that nobody can make one up or send one again
    later. Redirects are followed on the same scheme, host and port alone.
    """

    class Config(ComponentConfig):
        """How it is called."""

        secret_file: str | None = Field(None, description="File with the secret to sign with; or MDF_HOOK_SECRET.")
        token_file: str | None = Field(None, description="File with a bearer token to send; or MDF_HOOK_TOKEN.")
        timeout: float = Field(10.0, gt=0, description="Seconds to wait for an answer.")
        keep: str | None = Field(None, description=KEEP)

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        address = urlsplit(target)
        self._where = f"the hook at {address.hostname}"  # its path may be a secret
        if address.username is not None or not address.hostname:
            raise ConfigError(
                f"{self._where} has a user name or a password in its address, or no host",
                f"write https://HOST/PATH; a token goes into {TOKEN} or `sink.hook.token_file`",
            )
        self._key = _key(read_secret(SECRET, config.secret_file))
        self._token = read_secret(TOKEN, config.token_file)
        self.undelivered = undelivered("hook", config.keep, target)
        self._opener = build_opener(_SameHost(self._where))

    def event(self, event: Event) -> None:
        """Send it. Raises SinkError where it was not taken."""
        try:
            with self._opener.open(self._request(event), timeout=self.config.timeout):
                return
        except HTTPError as error:
            error.close()
            unwanted = error.code in UNWANTED
            raise SinkError(f"{self._where} answered {error.code} {error.reason}", again=not unwanted) from None
        except (URLError, HTTPException, OSError) as error:
            raise SinkError(f"{self._where} does not answer: {_why(error)}") from None

    def _request(self, event: Event) -> Request:
        body = event.json.encode()
        headers = {"Content-Type": "application/json", "User-Agent": "mdf", **self._signed(event, body)}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return Request(self.target, body, headers, method="POST")

    def _signed(self, event: Event, body: bytes) -> Mapping[str, str]:
        number, now = f"{event.id}.{event.sequence}", str(int(time.time()))
        headers = {"webhook-id": number, "webhook-timestamp": now}
        if self._key is not None:
            digest = hmac.new(self._key, f"{number}.{now}.".encode() + body, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers


class _SameHost(HTTPRedirectHandler):
    """Sends the same request to where a hook redirects, on its own host alone."""

    def __init__(self, where: str) -> None:
        self._where = where

    def redirect_request(
        self, request: Request, _: IO[bytes], __: int, ___: str, ____: Message, address: str
    ) -> Request:
        if _origin(address) != _origin(request.full_url):
            raise SinkError(
                f"{self._where} redirects to another host ({urlsplit(address).hostname}), where nothing is sent"
            )
        return Request(address, request.data, request.headers, method="POST")


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port


def _key(secret: str | None) -> bytes | None:
    """The key of a secret: `whsec_` and base64, or any text."""
    if secret is None or not secret.startswith(PREFIX):
        return None if secret is None else secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ConfigError("the hook's secret is not base64 behind `whsec_`", f"correct {SECRET} or its file") from None


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    return str(getattr(reason, "strerror", None) or reason) or type(reason).__name__
