"""How long a trial may take, as users write it: `90`, `30m`, `1h30m`. Torch-free."""

from __future__ import annotations

import math
import re

from mdf.core.errors import ConfigError

WRITTEN = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m)?(?:(?P<s>\d+(?:\.\d+)?)s?)?")
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def read_time_limit(value: float | str | None) -> float | None:
    """`value` in seconds; None is no limit. Raises ConfigError if it is no time, or not above 0."""
    if value is None:
        return None
    parts = WRITTEN.fullmatch(str(value).replace(" ", "").lower())
    seconds = sum(float(part) * SECONDS[unit] for unit, part in parts.groupdict("0").items()) if parts else 0.0
    if not 0 < seconds < math.inf:
        raise ConfigError(f"`{value}` is not a time limit", "write seconds, or for example `30m` or `1h30m`")
    return seconds


def format_duration(seconds: float) -> str:
    """Seconds as users write them."""
    if seconds < 60 or seconds % 1:
        return f"{seconds:g}s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if count)
