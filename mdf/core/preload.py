"""Imported by the server process alone: imports what every worker forked from it needs. Torch-free itself.

multiprocessing's fork server ignores an ImportError of a preloaded module, and ends on any other error. It therefore
imports this module, which imports the others and keeps what failed; the first worker tells its parent.
"""

from __future__ import annotations

import importlib
import os

from mdf.core.processes import VARIABLE

failures: dict[str, str] = {}
"""Why a module could not be imported, by module."""

for module in filter(None, os.environ.get(VARIABLE, "").split(",")):  # the parent has set it
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:
        failures[module] = f"{type(error).__name__}: {' '.join(str(error).split())}"
