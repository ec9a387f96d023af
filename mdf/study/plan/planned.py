"""A study's cells before anything is trained: what each will take. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.core.errors import MdfError
from mdf.core.progress import Stage
from mdf.runs.observer import Observer
from mdf.study.costs import record
from mdf.study.costs.fit import Forecasts, capacity, fits, need, side_by_side
from mdf.study.costs.key import Subject, cost_key
from mdf.workers import process
from mdf.workers.exit import WorkerError

if TYPE_CHECKING:
    from mdf.study.cell import Cell


@dataclass(frozen=True, slots=True)
class Planning:
    """A cell of a study that does not run yet."""

    id: str
    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Planned:
    """What one cell will take; None where it is not known, as of a predictor.

    Attributes:
        gmacs: 10⁹ multiply-accumulates of a forward pass of one pair of images.
        peak_memory: bytes that a training step holds at most, above what its process held before.
        needed: bytes of the whole process; `room` is what its device has.
        fits: whether that suffices.
        train_seconds: all training steps, validation apart.
        cost_only: whether it is measured and not trained.
        side_by_side: how many trials of the study run at once by default: fewer where the largest do not fit together.
        note: why something is not known.
    """

    label: str
    device: str
    parameters: float | None = None
    gmacs: float | None = None
    peak_memory: float | None = None
    needed: float | None = None
    room: float | None = None
    fits: bool | None = None
    train_seconds: float | None = None
    cost_only: bool = False
    side_by_side: int = 1
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def planned(
    trials: Sequence[Subject],
    forecasts: Forecasts,
    cost_only: Collection[str],
    plugins: Sequence[str],
    runs: Path,
    observer: Observer,
) -> list[Planned]:
    """The plan of every trial; the time of each architecture is estimated once, of those that fit."""
    trained = [trial for trial in trials if trial.id not in cost_only]
    crowd = side_by_side(trained, forecasts, min((trial.cell.side_by_side for trial in trained), default=1))
    times: dict[str, tuple[float | None, str]] = {}
    found = []
    for number, trial in enumerate(trials, start=1):
        config, forecast, key = trial.cell.config, forecasts[trial.id], cost_key(trial.cell)
        bare = Planned(trial.label, config.device, cost_only=trial.id in cost_only, side_by_side=crowd)
        if not forecast:
            found.append(bare)
            continue
        enough = fits(config.device, forecast)
        if key not in times:
            observer.progress(Stage(f"timing small steps of {trial.label}", number, len(trials)))
            times[key] = _step_seconds(trial, plugins, runs, observer) if enough and not bare.cost_only else (None, "")
        seconds, note = times[key]
        found.append(
            replace(
                bare,
                parameters=forecast["parameters"],
                gmacs=forecast["gmacs"],
                peak_memory=forecast["peak_memory"],
                needed=need(config.device, forecast["peak_memory"]),
                room=capacity(config.device, forecast),
                fits=enough,
                train_seconds=None if seconds is None else seconds * (config.train.steps or 0),
                note=note,
            )
        )
    return found


def _step_seconds(trial: Subject, plugins: Sequence[str], runs: Path, observer: Observer) -> tuple[float | None, str]:
    log = runs / record.COSTS / ".calibrate.log"
    try:
        asked = (trial.cell.config, list(plugins))
        found = process.run(
            "mdf.study.plan.calibrate:calibrate",
            *asked,
            on_progress=observer.progress,
            log=log,
            time_limit=process.PATIENCE,
        )
    except WorkerError as error:
        return None, f"its time could not be estimated: {error.reason}"
    except MdfError as error:
        return None, f"its time could not be estimated: {error.message}"
    log.unlink(missing_ok=True)
    return float(found["step_seconds"]), ""
