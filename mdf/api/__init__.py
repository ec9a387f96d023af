"""Everything that mdf does, as functions. Torch-free: worker processes import torch.

The names are loaded when they are first used, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdf.api.adaptation import adapt
    from mdf.api.components import ComponentDetails, ComponentInfo
    from mdf.api.data import check_data, describe_data, show_data
    from mdf.api.exports import export
    from mdf.api.live import Watching, watch
    from mdf.api.model import evaluate, load, predict_files
    from mdf.api.plugins import (
        CheckedComponent,
        Diagnosis,
        PluginListing,
        check_plugins,
        diagnose_plugins,
        list_plugins,
        show_plugin,
    )
    from mdf.api.quiet import Quiet
    from mdf.api.runs import (
        PackedModel,
        Removal,
        find_removals,
        list_runs,
        pack_run,
        remove_runs,
        show_run,
        studies_using,
        study_sizes,
    )
    from mdf.api.study import ResolvedCell, benchmark, cells, dry_run, plan, train
    from mdf.api.together import is_other_process, join_training
    from mdf.api.verdict import WrittenReport, compare, write_report
    from mdf.core.event import Event, TrackedObject
    from mdf.data.inspect.results import DataCheck, DataInfo, DataPicture, Range, TargetStatistics
    from mdf.inference.exported.request import ExportCosts, ExportedFormat, ExportReport
    from mdf.inference.measure import measure_objects
    from mdf.inference.results import Evaluation, MeasuredObject, PredictedFiles
    from mdf.registry.kinds import check_kind
    from mdf.report.columns import TableColumn, format_value
    from mdf.report.publish import PAGE
    from mdf.report.report import StudyReport
    from mdf.report.rows import row_name
    from mdf.report.verdict.verdict import Comparison
    from mdf.runs.listing import Run, RunDetails, RunListing, StudySize
    from mdf.runs.observer import Observer
    from mdf.runs.result import TrialResult
    from mdf.study.adapt.request import Adapted, Evidence
    from mdf.study.plan.cell_plan import CellPlan
    from mdf.study.request.request import StudyRequest

__all__ = [
    "PAGE",
    "Adapted",
    "CellPlan",
    "CheckedComponent",
    "Comparison",
    "ComponentDetails",
    "ComponentInfo",
    "DataCheck",
    "DataInfo",
    "DataPicture",
    "Diagnosis",
    "Evaluation",
    "Event",
    "Evidence",
    "ExportCosts",
    "ExportReport",
    "ExportedFormat",
    "MeasuredObject",
    "Observer",
    "PackedModel",
    "PluginListing",
    "PredictedFiles",
    "Quiet",
    "Range",
    "Removal",
    "ResolvedCell",
    "Run",
    "RunDetails",
    "RunListing",
    "StudyReport",
    "StudyRequest",
    "StudySize",
    "TableColumn",
    "TargetStatistics",
    "TrackedObject",
    "TrialResult",
    "Watching",
    "WrittenReport",
    "adapt",
    "benchmark",
    "cells",
    "check_data",
    "check_kind",
    "check_plugins",
    "compare",
    "describe_data",
    "diagnose_plugins",
    "dry_run",
    "evaluate",
    "export",
    "find_removals",
    "format_value",
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
    "row_name",
    "show_data",
    "show_plugin",
    "show_run",
    "studies_using",
    "study_sizes",
    "train",
    "watch",
    "write_report",
]

_NAMES = {
    "mdf.api.adaptation": "adapt",
    "mdf.api.components": "ComponentDetails ComponentInfo",
    "mdf.api.data": "check_data describe_data show_data",
    "mdf.api.exports": "export",
    "mdf.api.model": "evaluate load predict_files",
    "mdf.api.plugins": "CheckedComponent Diagnosis PluginListing check_plugins diagnose_plugins list_plugins "
    "show_plugin",
    "mdf.api.quiet": "Quiet",
    "mdf.api.runs": "PackedModel Removal find_removals list_runs pack_run remove_runs show_run studies_using "
    "study_sizes",
    "mdf.api.study": "ResolvedCell benchmark cells dry_run plan train",
    "mdf.api.together": "is_other_process join_training",
    "mdf.api.verdict": "WrittenReport compare write_report",
    "mdf.api.live": "Watching watch",
    "mdf.core.event": "Event TrackedObject",
    "mdf.data.inspect.results": "DataCheck DataInfo DataPicture Range TargetStatistics",
    "mdf.inference.exported.request": "ExportCosts ExportReport ExportedFormat",
    "mdf.inference.measure": "measure_objects",
    "mdf.inference.results": "Evaluation MeasuredObject PredictedFiles",
    "mdf.registry.kinds": "check_kind",
    "mdf.report.columns": "TableColumn format_value",
    "mdf.report.publish": "PAGE",
    "mdf.report.report": "StudyReport",
    "mdf.report.rows": "row_name",
    "mdf.report.verdict.verdict": "Comparison",
    "mdf.runs.listing": "Run RunDetails RunListing StudySize",
    "mdf.runs.observer": "Observer",
    "mdf.runs.result": "TrialResult",
    "mdf.study.adapt.request": "Adapted Evidence",
    "mdf.study.plan.cell_plan": "CellPlan",
    "mdf.study.request.request": "StudyRequest",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module `mdf.api` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
