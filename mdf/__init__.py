"""Mask & Depth Framework: what moved in front of my background, and how far away is it?

The public names are loaded when they are first used, so that importing mdf costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdf.api import (
        StudyRequest,
        adapt,
        benchmark,
        cells,
        check_data,
        check_plugins,
        compare,
        describe_data,
        diagnose_plugins,
        dry_run,
        evaluate,
        export,
        find_removals,
        is_other_process,
        join_training,
        list_plugins,
        list_runs,
        load,
        measure_objects,
        pack_run,
        plan,
        predict_files,
        remove_runs,
        show_data,
        show_plugin,
        show_run,
        studies_using,
        study_sizes,
        train,
        watch,
        write_report,
    )
    from mdf.core.errors import MdfError
    from mdf.core.hooks import hookimpl
    from mdf.core.spec import Spec

__version__ = "0.1.0"
__all__ = [
    "MdfError",
    "Spec",
    "StudyRequest",
    "__version__",
    "adapt",
    "benchmark",
    "cells",
    "check_data",
    "check_plugins",
    "compare",
    "describe_data",
    "diagnose_plugins",
    "dry_run",
    "evaluate",
    "export",
    "find_removals",
    "hookimpl",
    "is_other_process",
    "join_training",
    "list_plugins",
    "list_runs",
    "load",
    "measure_objects",
    "pack_run",
    "plan",
    "predict_files",
    "remove_runs",
    "show_data",
    "show_plugin",
    "show_run",
    "studies_using",
    "study_sizes",
    "train",
    "watch",
    "write_report",
]

_CORE = {"MdfError": "mdf.core.errors", "Spec": "mdf.core.spec", "hookimpl": "mdf.core.hooks"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module `mdf` has no attribute `{name}`")
    return getattr(import_module(_CORE.get(name, "mdf.api")), name)


def __dir__() -> list[str]:
    return __all__
