"""Where events wait that a broker or a hook could not be given before the end."""

from __future__ import annotations

import hashlib
from pathlib import Path

KEEP = (
    "Folder in which events that could not be delivered before the end wait for the next start; none = they are lost, "
    "and counted."
)


def undelivered(name: str, folder: str | None, target: str) -> Path | None:
    """The file of one target in that folder. Its name does not show the target, which may be a secret."""
    if folder is None:
        return None
    return Path(folder).expanduser() / f"{name}-{hashlib.sha256(target.encode()).hexdigest()[:12]}.jsonl"
