"""Where what can be made again is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_root() -> Path:
    """Where caches live: the environment variable `MDF_CACHE`, else the user's cache folder."""
    named = os.environ.get("MDF_CACHE")
    return Path(named).expanduser() if named else user_cache_path("mdf")
