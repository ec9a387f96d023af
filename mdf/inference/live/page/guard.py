"""Who may ask the page for what: Host and Origin are checked, changes carry the page's own token. Torch-free."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGIN = "/login"
OPEN = (LOGIN, "/page.css", "/theme.js")
"""What is shown before the token is given."""
PAGE_TOKEN = "x-mdf-token"
LARGEST_BODY = 65536
READING = ("GET", "HEAD")
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""No script, picture or request of another machine, no other page that shows this one, and nothing kept."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the page's visitors have to know.

    Attributes:
        port: the port that the page listens at.
        hosts: names by which it may be asked for; addresses in numbers always may, for they cannot be rebound.
        token: what a visitor has to give; None = nothing, the page is for this machine alone.
        page_token: what changes carry. Other pages cannot read it.
        session: what a visitor who gave the token gets as a cookie.
    """

    port: int
    hosts: Collection[str] = ()
    token: str | None = None
    page_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies of one host are shared by all of its ports."""
        return f"mdf-{self.port}"

    def is_known_host(self, host: str) -> bool:
        """Whether the page may be asked for by the header `Host: host`."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
            return True
        except ValueError:
            return name.lower() in {"localhost", socket.gethostname().lower(), *(one.lower() for one in self.hosts)}

    def is_let_in(self, headers: Headers) -> bool:
        """Whether the visitor has shown the token: in a cookie, or as `Authorization: Bearer TOKEN`."""
        if self.token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(given.strip(), self.token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return cookie is not None and same(cookie.value, self.session)

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """The status and the reason for which a request is refused; None = it is not."""
        host = headers.get("host", "")
        if not self.is_known_host(host):
            return 421, "this page is not known by that host name; `page_hosts` names further ones"
        if _is_foreign(method, headers, host):
            return 403, "another site asked for this"
        if method in READING:
            return None
        if not headers.get("content-length", "").isdecimal() or int(headers["content-length"]) > LARGEST_BODY:
            return 413, "this is too much"
        if path == LOGIN:
            return None if "origin" in headers else (403, "only the page itself may ask for this")
        if not same(headers.get(PAGE_TOKEN, ""), self.page_token):
            return 403, "only the page itself may change something; load it again"
        return None


class Guard:
    """Stands before the page: refuses, and adds the headers that keep browsers from doing what nobody wants."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["type"] != "http":
            return
        await self._answer(scope["method"], scope["path"], Headers(scope=scope))(scope, receive, guarded)

    def _answer(self, method: str, path: str, headers: Headers) -> ASGIApp:
        refused = self._access.refusal(method, path, headers)
        if refused is not None:
            return PlainTextResponse(refused[1], refused[0])
        if path in OPEN or self._access.is_let_in(headers):
            return self._app
        return RedirectResponse(LOGIN, 303) if path == "/" else PlainTextResponse("give the token first", 401)


def same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing about them."""
    return hmac.compare_digest(given.encode(), expected.encode())


def _is_foreign(method: str, headers: Headers, host: str) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2].lower() != host.lower()
    site = headers.get("sec-fetch-site", "none")
    followed_a_link = method in READING and headers.get("sec-fetch-mode") == "navigate"
    return site in ("cross-site", "same-site") and not followed_a_link
