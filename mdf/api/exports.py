"""Trained networks for other runtimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.api.catalog import open_catalog
from mdf.api.quiet import Quiet
from mdf.inference.exported.request import ExportRequest
from mdf.inference.exported.run import export as run_export
from mdf.models.locate import find_model
from mdf.runs.find import RUNS
from mdf.runs.observer import Observer

if TYPE_CHECKING:
    from mdf.inference.exported.request import ExportReport


def export(
    run: str | Path,
    out: str | Path,
    *,
    to: str | Sequence[str] = "onnx",
    size: str | int | None = None,
    any_size: bool = False,
    int8: bool = False,
    precision: str | None = None,
    max_loss: Mapping[str, float] | None = None,
    licence: str = "",
    overwrite: bool = False,
    threads: int | None = None,
    runs: str | Path = RUNS,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> ExportReport:
    """Write the network of `run` for other runtimes, each into a folder of its name in `out`; each is checked.

    A format whose results differ from PyTorch's is a row of the report with its reason, and leaves no folder.

    Args:
        to: names of exporters: `onnx`, `openvino`, `torch`, or those of plugins.
        size: what the network works at, 224 or "240x320" (height x width); by default the size of its training.
        any_size: whether the graphs also take other sizes.
        int8: also try 8-bit integers; they are kept where they are faster here and cost no more than `max_loss`.
        precision: such as "bf16": in which the files are also computed, judged as 8-bit integers are; float32 is always
            checked.
        max_loss: by score (`"iou"`, `"mask/iou"`), how much worse it may become, decided on the validation split.
        licence: under which the network may be used; it is written beside it.
        threads: CPU threads that are timed; by default chosen by the work of a frame.

    Raises:
        MdfError: as `load`; a folder is there already; torch cannot record the network.
    """
    watcher = observer or Quiet()
    catalog = open_catalog(plugins, watcher)
    request = ExportRequest(
        run=find_model(run, Path(runs)),
        formats=(to,) if isinstance(to, str) else tuple(to),
        out=Path(out),
        size=None if size is None else str(size),
        any_size=any_size,
        int8=int8,
        precision=precision,
        max_loss=max_loss or {},
        licence=licence,
        overwrite=overwrite,
        threads=threads,
        plugins=tuple(plugins),
    )
    return run_export(request, catalog, watcher)
