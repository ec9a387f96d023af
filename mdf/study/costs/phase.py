"""The cost phase of a study: once its trials have ended, each architecture is measured alone on the machine.

Torch-free: measuring happens in workers, a fresh one for each part, so that no part sees another's memory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.progress import Stage
from mdf.runs.observer import Observer
from mdf.study.costs import record
from mdf.study.costs.fit import fits
from mdf.study.costs.key import Subject, asked, cost_key
from mdf.study.costs.record import Record
from mdf.workers import process
from mdf.workers.exit import WorkerError

PARTS, PREDICTOR_PARTS, COST_ONLY_PARTS = ("training", "inference", "speed"), ("inference", "speed"), ("single-step",)


def measure(
    trials: Sequence[Subject],
    cost_only: Collection[str],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    time_limit: float = process.PATIENCE,
    again: bool = False,
) -> None:
    """Measure what `trials` cost, as far as no earlier study could, in `time_limit` seconds a part; `cost_only` are the
    ids of those not trained.

    One that cannot be measured costs no table: its reason is kept, and told to `observer`. What hung is not tried
    again in as much time, unless `again`.
    """
    subjects = {cost_key(trial.cell): trial for trial in reversed(trials)}  # the first trial of each
    missing = {
        key: trial
        for key, trial in subjects.items()
        if not _is_whole(record.load(key, runs), _parts(trial, trial.id in cost_only))
    }
    for number, (key, trial) in enumerate(reversed(missing.items()), start=1):
        known = record.load(key, runs)
        if known.hangs(_job(trial, trial.id in cost_only), time_limit) and not again:
            observer.warned(f"the costs of {trial.label} are not measured: {known.reason}; {record.TRY_AGAIN}")
            continue
        observer.progress(Stage(f"measuring costs of {trial.label}", number, len(missing)))
        found = _measured(trial, key, trial.id in cost_only, plugins, runs, observer, time_limit)
        if found.status != "interrupted":
            record.save(key, runs, found)
        if found.status in ("failed", "timeout"):
            observer.warned(f"the costs of {trial.label} could not be measured: {found.reason}")


def _parts(trial: Subject, cost_only: bool) -> Sequence[str]:
    """What is measured of `trial`."""
    return COST_ONLY_PARTS if cost_only else PARTS if trial.cell.config.predictor is None else PREDICTOR_PARTS


def _job(trial: Subject, cost_only: bool) -> str:
    """What is known to hang: all parts together, of which others may end."""
    return f"costs: {', '.join(_parts(trial, cost_only))}"


def _is_whole(found: Record, parts: Sequence[str]) -> bool:
    """Whether all `parts` have been measured, or all that there are: what failed once may succeed another time."""
    return found.status == "ok" and any(set(enough) <= set(found.parts) for enough in (parts, PARTS))


def _measured(
    trial: Subject,
    key: str,
    cost_only: bool,
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
    time_limit: float,
) -> Record:
    cell, known = trial.cell, record.load(key, runs)
    known = replace(known, stamp=cell.stamp, network=asked(cell.config), status="ok", parts=(), reason="")
    if cost_only and known.forecast and not fits(cell.config.device, known.forecast):
        return replace(known, status="oom", reason="predicted not to fit: not tried")
    parts = _parts(trial, cost_only)
    log = runs / record.COSTS / f".{key}.log"
    measured: dict[str, float] = {}
    try:
        for part in parts:
            job = ("mdf.study.costs.measure:measure", part, cell.config, list(plugins))
            measured |= process.run(*job, on_progress=observer.progress, log=log, time_limit=time_limit)
    except WorkerError as error:
        ended = replace(known, measured=measured, status=error.status, reason=error.reason)
        return ended.hanging(_job(trial, cost_only), time_limit) if error.status == "timeout" else ended
    except MdfError as error:
        return replace(known, measured=measured, status="failed", reason=error.message)
    log.unlink(missing_ok=True)
    return replace(known, measured=measured, parts=parts)
