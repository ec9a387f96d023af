"""Measures what a frame costs in other runtimes, in a worker: the network is exported as `mdf export` does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import tomli_w

from mdf.core.config import to_table
from mdf.core.errors import MdfError
from mdf.core.files import make_folder, write_text
from mdf.core.progress import OnProgress
from mdf.inference.exported.export import export
from mdf.inference.exported.request import ExportCosts, ExportRequest
from mdf.models import files
from mdf.runs.result import CONFIG
from mdf.study.costs.bench import STATISTICS, Bench, bench
from mdf.study.costs.runtimes.request import TORCH, RuntimeCosts, RuntimesRequest

NOT_MEASURED = "its process failed"


def measure_runtimes(on_progress: OnProgress, request: RuntimesRequest) -> dict[str, RuntimeCosts]:
    """What a frame costs in each runtime: on the CPU, in float32, the background known, in a process that does nothing
    else. The network is as it begins: its weights change no cost. A runtime in which it computes something else than in
    PyTorch has a reason instead.
    """
    formats = tuple(name for name in request.names if name != TORCH)
    with TemporaryDirectory(prefix="mdf-runtimes-") as name:
        run = Path(name, "run")
        _write_run(run, bench(request.config, request.plugins))
        found: dict[str, RuntimeCosts] = {}
        asked = ExportRequest(run, formats, Path(name), threads=request.config.threads, plugins=tuple(request.plugins))
        try:
            report = export(on_progress, asked)
        except MdfError as error:  # torch cannot record the network
            found = dict.fromkeys(formats, RuntimeCosts(reason=error.message))
            report = export(on_progress, replace(asked, formats=()))
    found |= {row.format: _costs(row.costs, row.reason or NOT_MEASURED) for row in report.formats}
    return found | {TORCH: _costs(report.torch, NOT_MEASURED)}


def _costs(costs: ExportCosts | None, reason: str) -> RuntimeCosts:
    if costs is None:
        return RuntimeCosts(reason=reason)
    return RuntimeCosts({"frame_p50": costs.milliseconds / 1e3, "process_memory": costs.megabytes * 1e6})


def _write_run(folder: Path, subject: Bench) -> None:
    """The network of `subject`, untrained, as a run's folder."""
    assert subject.parts.build_model is not None
    alone: Sequence[str] = ("model", "init", "teacher")  # what it is made from is in its weights already
    config = subject.config.model_copy(update={**dict.fromkeys(alone), "device": "cpu", "precision": "fp32"})
    make_folder(folder)
    write_text(folder / CONFIG, tomli_w.dumps(to_table(config)))
    files.write(folder, subject.parts.build_model(*STATISTICS), subject.parts.tasks, {})
