"""A data set before anything is trained on it: shown, described, checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mdf.api.catalog import open_catalog
from mdf.api.quiet import Quiet
from mdf.core.config import Component
from mdf.core.errors import ConfigError
from mdf.core.overrides import parse_override
from mdf.data.pictures import contact_sheet
from mdf.registry import Catalog
from mdf.runs.observer import Observer
from mdf.study.request.resolve import resolve
from mdf.workers.job import Job
from mdf.workers.process import run_once

if TYPE_CHECKING:
    from mdf.data.inspect.results import DataCheck, DataInfo, DataPicture

SHOW: Job[Component, Sequence[str], int, Path, DataPicture] = Job("mdf.data.inspect.show:show")
INFO: Job[Component, Sequence[str], DataInfo] = Job("mdf.data.inspect.info:info")
CHECK: Job[Component, Sequence[str], DataCheck] = Job("mdf.data.inspect.check:check")

BLOCKS = 3
"""Number of blocks of samples side by side in the picture of a data set."""


def show_data(
    data: str,
    out: str | Path,
    *,
    count: int = 12,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> DataPicture:
    """Write a picture of `count` samples of `data` to `out`, with every image and target; returns what it shows."""
    watcher = observer or Quiet()
    chosen = chosen_data(data, settings, open_catalog(plugins, watcher))
    path = Path(out)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"`{out}` is not the name of a PNG file", "write for example `--out grid.png`")
    with TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet.png"
        shown = run_once("showing data", SHOW, chosen, plugins, count, sheet, observer=watcher)
        panels = contact_sheet.cut(sheet, shown.columns, shown.size)
        contact_sheet.compose({title.replace(": ", "\n"): p for title, p in panels.items()}, path, BLOCKS)
    return shown


def describe_data(
    data: str, *, settings: Sequence[str] = (), plugins: Sequence[str] = (), observer: Observer | None = None
) -> DataInfo:
    """What `data` holds: counts, sizes, splits, statistics of its targets.

    Statistics are of at most 1024 samples, evenly spread.
    """
    watcher = observer or Quiet()
    chosen = chosen_data(data, settings, open_catalog(plugins, watcher))
    return run_once("reading data", INFO, chosen, plugins, observer=watcher)


def check_data(
    data: str, *, settings: Sequence[str] = (), plugins: Sequence[str] = (), observer: Observer | None = None
) -> DataCheck:
    """Read every sample of `data`; returns what is wrong with it, errors first, each with its cure."""
    watcher = observer or Quiet()
    chosen = chosen_data(data, settings, open_catalog(plugins, watcher))
    return run_once("checking data", CHECK, chosen, plugins, observer=watcher)


def chosen_data(data: str, settings: Sequence[str], catalog: Catalog) -> Component:
    """The data set that `data` names, with the options in `settings`, checked.

    Raises ConfigError if one of them is no option of the data, or names other data.
    """
    changes = [parse_override(text) for text in settings]
    if others := [keys for keys, _ in changes if keys[0] != "data"]:
        raise ConfigError(
            f"`--set {'.'.join(others[0])}=…`: only options of the data set count here",
            f"write `--set data.{others[0][-1]}=…` if it is one, or leave it out",
        )
    if renamed := [keys for keys, _ in changes if keys in (("data",), ("data", "name"))]:
        raise ConfigError(
            f"`--set {'.'.join(renamed[0])}=…`: the data set is named already, `{data}`",
            "leave one of the two out: `--set` is for its options, e.g. `--set data.seed=1`",
        )
    return resolve({"data": data}, changes, catalog).data
