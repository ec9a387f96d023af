"""Foresees what trials will take, refuses what cannot fit, and tells what is not to be trained. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.config import ExperimentConfig
from mdf.core.errors import ConfigError, MdfError
from mdf.registry import Catalog
from mdf.runs.observer import Observer
from mdf.study.costs import record
from mdf.study.costs.fit import GIB, Forecasts, capacity, fits, need, side_by_side
from mdf.study.costs.key import Subject, cost_key
from mdf.workers import process
from mdf.workers.exit import WorkerError
from mdf.workers.time_limit import format_duration


def foresee(
    trials: Sequence[Subject],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    time_limit: float = process.PATIENCE,
    again: bool = False,
) -> Forecasts:
    """The forecast of every trial by its id, from earlier studies where they made it; nothing is computed.

    Where it cannot be made, as of a network that asks its tensors for values or one that takes longer than
    `time_limit` seconds, it is empty and `observer` told why; what took longer is tried no second time, unless `again`.
    """
    keys = {trial.id: cost_key(trial.cell) for trial in trials}
    subjects = {keys[trial.id]: trial for trial in trials if trial.cell.config.predictor is None}
    found = {
        key: record.load(key, runs).forecast or _foreseen(trial, key, plugins, runs, observer, time_limit, again)
        for key, trial in subjects.items()
    }
    return {id_: found.get(key, {}) for id_, key in keys.items()}


def _foreseen(
    trial: Subject,
    key: str,
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    time_limit: float,
    again: bool,
) -> Mapping[str, float]:
    """The forecast of `trial`; it, or the time that did not suffice for it, is written into its record as that is by
    then: another command may measure meanwhile."""
    log = runs / record.COSTS / ".forecast.log"
    cannot = f"what {trial.label} takes could not be foreseen"
    if record.load(key, runs).hangs("forecast", time_limit) and not again:
        observer.warned(f"{cannot} in {format_duration(time_limit)}; {record.TRY_AGAIN}")
        return {}
    try:
        found: dict[str, float] = process.run(
            "mdf.study.plan.forecast:forecast",
            trial.cell.config,
            list(plugins),
            on_progress=observer.progress,
            log=log,
            time_limit=time_limit,
        )
    except MdfError as error:
        observer.warned(f"{cannot}: {error.message}")
        return {}
    except WorkerError as error:
        observer.warned(f"{cannot}: {error.reason}")
        if error.status == "timeout":
            record.save(key, runs, record.load(key, runs).hanging("forecast", time_limit))
        return {}
    log.unlink(missing_ok=True)
    record.save(key, runs, replace(record.load(key, runs), forecast=found, stamp=trial.cell.stamp))
    return found


def refuse_too_large(trials: Sequence[Subject], forecasts: Forecasts) -> None:
    """Raises ConfigError where one of `trials` cannot fit its device's memory."""
    for trial in trials:
        device, forecast = trial.cell.config.device, forecasts[trial.id]
        if fits(device, forecast):
            continue
        needed, room = need(device, forecast["peak_memory"]), capacity(device, forecast) or 0.0
        raise ConfigError(
            f"{trial.label} cannot fit: training it takes about {needed / GIB:.1f} GiB on {device}, which has "
            f"{room / GIB:.1f} GiB",
            "make `--batch-size` or `--size` smaller, compute the batch in parts (`--set train.accumulate=4`), or try "
            "it all the same with `--force`",
        )


def lowered(trials: Sequence[Subject], forecasts: Forecasts, workers: int | None, observer: Observer) -> int | None:
    """`workers`, or fewer where the memory of so many of `trials` does not suffice at once, of which `observer` is
    told: no result depends on it."""
    asked = workers or min((trial.cell.side_by_side for trial in trials), default=1)
    possible = side_by_side(trials, forecasts, asked)
    if possible == asked:
        return workers
    observer.warned(
        f"{possible} instead of {asked} trials run side by side: more may not fit the memory (`--force` runs {asked})"
    )
    return possible


def cost_only(trials: Sequence[Subject], catalog: Catalog) -> set[str]:
    """The ids of the trials that are measured and not trained, because a component's line says so."""
    return {trial.id for trial in trials if _is_cost_only(trial.cell.config, catalog)}


def _is_cost_only(config: ExperimentConfig, catalog: Catalog) -> bool:
    used = (("encoder", config.encoder), ("decoder", config.decoder))
    return config.predictor is None and any(catalog.find(kind, part.name).spec.cost_only for kind, part in used)
