"""Checks a plugin's declared requirement on mdf before the plugin is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import mdf
from mdf.core.errors import PluginError
from mdf.registry.origin import DISTRIBUTION

ABOUT_US = re.compile(r"mask[-_.]+depth[-_.]+framework(?![\w.-])", re.IGNORECASE)


def refusal(requirements: Iterable[str]) -> PluginError | None:
    """Why a distribution with these `Requires-Dist` lines cannot work with this mdf; None where it can."""
    for line in requirements:
        if ABOUT_US.match(line):
            unmet = _unmet(line)
            if unmet:
                return PluginError(
                    f"it requires {unmet}, this is mdf {mdf.__version__}",
                    f'`pip install "{unmet}"`, or another version of the plugin',
                )
    return None


@cache  # most plugins have the same line
def _unmet(line: str) -> str:
    """The requirement, where this mdf does not meet it; else empty."""
    # importing packaging takes time, so it is imported only where a plugin declares a requirement on mdf
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
