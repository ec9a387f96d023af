"""Exports a run: each format is written, compared with PyTorch, and measured; in a worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from mdf.core.errors import ConfigError, MdfError
from mdf.core.exporter import Exporter, Graph
from mdf.core.files import make_folder, write_text
from mdf.core.progress import OnProgress, Stage
from mdf.engine.fold_batch_norms import fold
from mdf.inference.exported.int8 import try_int8
from mdf.inference.exported.judge import Judge
from mdf.inference.exported.measure import costs_of
from mdf.inference.exported.parity import check_parity
from mdf.inference.exported.precision import try_precision
from mdf.inference.exported.request import ExportedFormat, ExportReport, ExportRequest, folders_of
from mdf.inference.threads import macs_of, threads_for
from mdf.models.export.card import Card, digest_of, write_card
from mdf.models.export.describe import README_FILE, card_of, readme_of
from mdf.models.export.graphs import graphs_of, smallest_side
from mdf.models.files import weights_file
from mdf.models.locate import shipped_models
from mdf.models.restore import Restored, restore
from mdf.registry import Catalog

MEGA = 1e6
SHIPPED_LICENCE = "MIT, that of mdf"
"""Of the networks that come with mdf."""


def export(on_progress: OnProgress, request: ExportRequest) -> ExportReport:
    """Write every format of `request`, each checked. A format that fails is a row with its reason, and leaves nothing.
    Without formats, PyTorch alone is measured.

    Raises
        MdfError: the run cannot be restored, or torch cannot record its network.
    """
    on_progress(Stage("loading the model"))
    catalog = Catalog.discover(request.plugins)
    run = restore(request.run, request.plugins, "cpu", "fp32", request.size, request.threads)
    size = run.config.image_size
    threads = request.threads or threads_for(macs_of(run.model, size))
    torch.set_num_threads(threads)
    fold(run.model, size)
    judge = Judge(run, request, catalog, on_progress) if request.is_judged else None
    if request.any_size and (times := run.model.enlargement(size)) > 1:
        raise ConfigError(
            f"a graph of any size enlarges nothing, and images of {size[0]}x{size[1]} are enlarged {times} times",
            f"leave out `--dynamic`, or take a `--size` with sides from {smallest_side(run.model)} on",
        )
    on_progress(Stage("recording the network"))
    graphs = graphs_of(run.model, run.tasks, None if request.any_size else size) if request.formats else []
    rows: list[ExportedFormat] = []
    for number, name in enumerate(request.formats):
        on_progress(Stage(f"exporting to {name}", number, len(request.formats)))
        rows.append(_format(run, graphs, catalog, name, request, threads))
        if judge is not None and rows[-1].status == "ok":
            rows += _reduced(judge, run, catalog, rows[-1], request, threads, on_progress)
    on_progress(Stage("measuring PyTorch"))
    own = costs_of(request.run, size, threads, request.plugins)
    weights = weights_file(request.run).stat().st_size / MEGA
    return ExportReport(str(request.run), size, threads, own, weights, tuple(rows))


def _format(
    run: Restored, graphs: Sequence[Graph], catalog: Catalog, name: str, request: ExportRequest, threads: int
) -> ExportedFormat:
    """One format, written beside its folder and moved there once it is checked."""
    both = folders_of(request.out, name)
    folder = both[0]
    beside = request.out / f".{folder.name}.part"
    shutil.rmtree(beside, ignore_errors=True)
    make_folder(beside)
    try:
        exporter: Exporter = catalog.create("exporter", name, {})
        licence = request.licence or (SHIPPED_LICENCE if run.folder in shipped_models().values() else "")
        card = _write(run, graphs, catalog, exporter, name, beside, licence)
        parity = check_parity(run, card, exporter, beside)
        row = ExportedFormat(name, "fp32", "failed", parity.failure, "", parity.difference, parity.sizes)
        if parity.failure:
            return row
        for old in both:  # of an earlier export
            shutil.rmtree(old, ignore_errors=True)
        beside.replace(folder)
        size = sum((folder / file).stat().st_size for file in card.sha256) / MEGA
        costs = costs_of(folder, card.size, threads, request.plugins)
        return replace(row, status="ok", folder=str(folder), megabytes=size, costs=costs)
    except MdfError as error:
        return ExportedFormat(name, "fp32", "failed", " – ".join(filter(None, [error.message, error.hint])))
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _reduced(
    judge: Judge,
    run: Restored,
    catalog: Catalog,
    row: ExportedFormat,
    request: ExportRequest,
    threads: int,
    on_progress: OnProgress,
) -> Iterator[ExportedFormat]:
    """The rows of a format that was written in float32: in other precisions, as far as they are asked for."""
    exporter: Exporter = catalog.create("exporter", row.format, {})
    if request.precision is not None:
        on_progress(Stage(f"judging {row.format} in {request.precision}"))
        yield try_precision(judge, run, exporter, row, request.precision, threads)
    if request.int8:
        on_progress(Stage(f"quantising {row.format}"))
        yield try_int8(judge, run, exporter, row, threads)


def _write(
    run: Restored, graphs: Sequence[Graph], catalog: Catalog, exporter: Exporter, name: str, folder: Path, licence: str
) -> Card:
    card = card_of(run, graphs, exporter, name, catalog, licence)
    for graph in graphs:
        exporter.write(graph, folder)
    written = [file for graph in card.graphs.values() for file in graph.files]
    missing = [file for file in written if not (folder / file).is_file()]
    if missing:
        raise MdfError(f"exporter `{name}` did not write {missing[0]}", "its author can correct `files` or `write`")
    card = replace(card, sha256={file: digest_of(folder / file) for file in written})
    write_text(folder / README_FILE, readme_of(card, exporter))
    write_card(folder, card)
    return card
