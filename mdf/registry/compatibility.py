"""Whether a plugin's own declared requirement on mdf is met, decided before it is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import mdf
from mdf.core.errors import PluginError
from mdf.registry.origin import DISTRIBUTION

ABOUT_US = re.compile(r"mask[-_.]+depth[-_.]+framework(?![\w.-])", re.IGNORECASE)


def refusal(requirements: Iterable[str]) -> PluginError | None:
    """Why a distribution with these `Requires-Dist` cannot work with this mdf, or None where none speaks of us."""
    for line in requirements:
        if ABOUT_US.match(line):
            unmet = _unmet(line)
            if unmet:
                return PluginError(
                    f"it requires {unmet}, this is mdf {mdf.__version__}",
                    f'`pip install "{unmet}"`, or another version of the plugin',
                )
    return None


@cache  # most plugins say the same
def _unmet(line: str) -> str:
    # packaging is worth its import time only where a plugin does declare a requirement on us
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return line
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        return ""
    if requirement.specifier.contains(mdf.__version__, prereleases=True):
        return ""
    return f"{DISTRIBUTION}{requirement.specifier}"
