"""Addresses of sources and sinks: what may be shown of them, and which component reads one. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

SECRET = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#\s]*@", re.IGNORECASE)
QUERY = re.compile(r"(?<=[?&])([^=&#\s]*(?:pass|pwd|token|key|secret|auth|user)[^=&#\s]*)=[^&#\s]+", re.IGNORECASE)
PATH = re.compile(r"(https?://[^/?#\s]+)[/?#]\S*", re.IGNORECASE)


def shown(text: str) -> str:
    """`text` without user names, passwords and tokens of the addresses in it.

    >>> shown("rtsp://admin:secret@10.0.0.5/stream?token=abc&n=1")
    'rtsp://10.0.0.5/stream?token=…&n=1'
    """
    return QUERY.sub(r"\1=…", SECRET.sub(r"\g<scheme>", text))


def place(text: str) -> str:
    """`shown`, and of web addresses no more than the host: the path of a web hook may be a secret.

    >>> place("hook:https://chat.example/services/T0/B1/Xy")
    'hook:https://chat.example/…'
    """
    return PATH.sub(r"\1/…", shown(text))


def matches(address: str, patterns: Iterable[str]) -> bool:
    """Whether one of the shell patterns fits the address, in whatever case.

    >>> matches("RTSP://10.0.0.5/a", ["rtsp://*"])
    True
    """
    return any(fnmatchcase(address.lower(), pattern) for pattern in patterns)
