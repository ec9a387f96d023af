"""Passwords, keys and tokens: from the environment or a file, never from a command line. Torch-free."""

from __future__ import annotations

import os
from pathlib import Path

from mdf.core.errors import ConfigError


def read_secret(variable: str, file: str | None) -> str | None:
    """The secret in a file where one is named, else in the environment variable; None = there is none.

    White space around it is no part of it.

    Raises
        ConfigError: the file cannot be read, or has nothing in it.
    """
    if file is None:
        return os.environ.get(variable, "").strip() or None
    path = Path(file).expanduser()
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"cannot read the secret in {path}: {why}", f"correct the path, or set {variable}") from None
    if not secret:
        raise ConfigError(f"there is no secret in {path}", f"write it there, or set {variable}")
    return secret
