"""Addresses that something listens at: the page, metrics. Torch-free."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from mdf.core.errors import ConfigError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen. Without a host it is this machine alone.

    >>> ListenAddress.parse(":8080")
    ListenAddress(host='127.0.0.1', port=8080)
    >>> ListenAddress.parse("0.0.0.0:8080").is_loopback
    False
    """

    host: str
    port: int

    @staticmethod
    def parse(text: str) -> ListenAddress:
        """`:8080`, `8080`, `192.168.1.5:8080`, `[::1]:8080`; port 0 is any free one.

        Raises
            ConfigError: it is none of these.
        """
        host, _, port = text.strip().rpartition(":")
        if not port.isdecimal() or int(port) > 65535 or "/" in host or "@" in host:
            raise ConfigError(f"`{text}` is no address to listen at", "write `:8080`, or `192.168.1.5:8080`")
        return ListenAddress(host.removeprefix("[").removesuffix("]") or LOOPBACK, int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def bind(self) -> socket.socket:
        """A socket that is bound there, and does not listen yet.

        Raises
            ConfigError: the port is taken, may not be used, or the host is none of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((self.host, self.port))
        except OSError as error:
            bound.close()
            why = error.strerror or str(error)
            raise ConfigError(f"cannot listen at {self.host}:{self.port}: {why}", "choose another port") from error
        return bound
