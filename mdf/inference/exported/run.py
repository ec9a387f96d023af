"""Runs `mdf export`: one worker that writes the folders. Torch-free."""

from __future__ import annotations

from mdf.core.errors import MdfError
from mdf.core.files import check_writable, make_folder
from mdf.inference.exported.request import ExportReport, ExportRequest, folders_of
from mdf.registry import Catalog
from mdf.runs.observer import Observer
from mdf.workers.job import Job
from mdf.workers.process import run_once

JOB: Job[ExportRequest, ExportReport] = Job("mdf.inference.exported.export:export")


def export(request: ExportRequest, catalog: Catalog, observer: Observer) -> ExportReport:
    """Run `request` in a worker.

    Raises
        ConfigError: the request's parts do not go together.
        UnknownNameError: there is no such exporter.
        MdfError: a folder is there already or cannot be written; the run cannot be restored.
    """
    request.check()
    for name in request.formats:
        catalog.find("exporter", name)
        there = [folder for folder in folders_of(request.out, name) if folder.exists()]
        if there and not request.overwrite:
            raise MdfError(f"{there[0]} is there already", "choose another `--out`, or add `--overwrite`")
    make_folder(request.out)
    check_writable(request.out)
    return run_once("exporting", JOB, request, observer=observer)
