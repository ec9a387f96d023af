"""Mask & Depth Framework: what moved in front of my background, and how far away is it?

The public names are loaded when they are first used, so that importing mdf costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdf.api import benchmark, load, train
    from mdf.core.errors import MdfError
    from mdf.core.hooks import hookimpl
    from mdf.core.spec import Spec

__version__ = "0.1.0"
__all__ = ["MdfError", "Spec", "__version__", "benchmark", "hookimpl", "load", "train"]

_HOMES = {
    "MdfError": "mdf.core.errors",
    "Spec": "mdf.core.spec",
    "benchmark": "mdf.api",
    "hookimpl": "mdf.core.hooks",
    "load": "mdf.api",
    "train": "mdf.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module `mdf` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
