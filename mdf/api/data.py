"""A data set before anything learns from it: seen, counted, checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mdf.api.asked import with_asked
from mdf.api.watching import Quiet
from mdf.core.config import Component
from mdf.core.errors import ConfigError
from mdf.core.overrides import parse_override
from mdf.data.pictures import contact_sheet
from mdf.registry import Catalog
from mdf.runs.observer import Observer
from mdf.study.request.resolve import resolve
from mdf.workers.process import run_once

if TYPE_CHECKING:
    from mdf.data.inspect.results import DataCheck, DataInfo, DataPicture

BLOCKS = 3
"""Samples stand in so many blocks side by side in the picture of a data set."""


def chosen_data(data: str, settings: Sequence[str], catalog: Catalog) -> Component:
    """The data set that `data` names, with the options that `settings` give it, checked.

    Raises ConfigError where one of them is no option of the data or names others.
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


def show_data(
    data: str,
    out: str | Path,
    *,
    count: int = 12,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> DataPicture:
    """Write a picture of `count` samples of `data` (every image and target) to `out`; returns what it shows."""
    watcher = observer or Quiet()
    chosen = chosen_data(data, settings, with_asked(plugins, watcher))
    path = Path(out)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"`{out}` is not a PNG file's name", "write for example `--out grid.png`")
    with TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet.png"
        shown: DataPicture = run_once(
            "showing data", "mdf.data.inspect.show:show", chosen, list(plugins), count, sheet, observer=watcher
        )
        panels = contact_sheet.cut(sheet, shown.columns, shown.size)
        contact_sheet.compose({title.replace(": ", "\n"): p for title, p in panels.items()}, path, BLOCKS)
    return shown


def data_info(
    data: str, *, settings: Sequence[str] = (), plugins: Sequence[str] = (), observer: Observer | None = None
) -> DataInfo:
    """What `data` holds: counts, sizes, splits, statistics of its targets; of 1024 samples evenly spread, if it has
    more."""
    watcher = observer or Quiet()
    chosen = chosen_data(data, settings, with_asked(plugins, watcher))
    found: DataInfo = run_once("reading data", "mdf.data.inspect.info:info", chosen, list(plugins), observer=watcher)
    return found


def data_check(
    data: str, *, settings: Sequence[str] = (), plugins: Sequence[str] = (), observer: Observer | None = None
) -> DataCheck:
    """What is wrong with `data`: every sample is read; `findings` holds errors, then warnings, each with its cure."""
    watcher = observer or Quiet()
    chosen = chosen_data(data, settings, with_asked(plugins, watcher))
    found: DataCheck = run_once(
        "checking data", "mdf.data.inspect.check:check", chosen, list(plugins), observer=watcher
    )
    return found
