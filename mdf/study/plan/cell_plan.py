"""A study's cells before anything is trained: what each will take. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mdf.core.errors import MdfError
from mdf.core.progress import Stage
from mdf.runs.observer import Observer
from mdf.study.cell import LabelledCell
from mdf.study.costs.key import cost_key
from mdf.study.costs.request import BenchRequest
from mdf.study.plan.forecasts import Forecasted
from mdf.workers.executor import Helper
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.process import PATIENCE, passed_to

JOB: Job[BenchRequest, float] = Job("mdf.study.plan.calibrate:calibrate")


@dataclass(frozen=True, slots=True)
class CellPlan:
    """What one cell will take; None if it is not known, as for a predictor.

    Attributes:
        gmacs: 10⁹ multiply-accumulates of a forward pass of one pair of images.
        peak_memory: bytes that a training step holds at most, above what its process held before.
        needed: bytes of the whole process; `room` is what its device has.
        fits: whether that suffices.
        recompute: whether it trains in less memory by computing some maps twice.
        train_seconds: all training steps, without validation.
        cost_only: whether it is measured and not trained.
        side_by_side: how many trials of the study run at once by default: fewer if the largest do not fit together.
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
    recompute: bool | None = None
    train_seconds: float | None = None
    cost_only: bool = False
    side_by_side: int = 1
    note: str = ""


def plan_cells(
    forecasted: Forecasted[LabelledCell],
    cost_only: Collection[str],
    plugins: Sequence[str],
    worker: Helper,
    observer: Observer,
) -> list[CellPlan]:
    """The plan of every cell. The time of each architecture is estimated once, in `worker`, if it fits."""
    cells, memory = forecasted.cells, forecasted.memory
    trained = [each for each in cells if each.id not in cost_only]
    default = min((each.cell.side_by_side for each in trained), default=1)
    crowd = memory.side_by_side(trained, forecasted.forecasts, default)
    times: dict[str, tuple[float | None, str]] = {}
    plans = []
    for number, each in enumerate(cells, start=1):
        config, forecast, key = each.cell.config, forecasted.forecasts[each.id], cost_key(each.cell)
        bare = CellPlan(each.label, config.device, cost_only=each.id in cost_only, side_by_side=crowd)
        if forecast is None:
            plans.append(bare)
            continue
        fits = memory.fits(config.device, forecast)
        if key not in times:
            observer.progress(Stage(f"timing small steps of {each.label}", number, len(cells)))
            known = fits and config.trains and not bare.cost_only
            times[key] = _step_seconds(each, plugins, worker, observer) if known else (None, "")
        seconds, note = times[key]
        plans.append(
            replace(
                bare,
                parameters=forecast.parameters,
                gmacs=forecast.gmacs,
                peak_memory=forecast.peak_memory,
                needed=forecast.needed(config.device),
                room=memory.capacity(config.device, forecast),
                fits=fits,
                recompute=config.train.recompute == "on",
                train_seconds=None if seconds is None else seconds * (config.train.steps or 0),
                note=note,
            )
        )
    return plans


def _step_seconds(
    each: LabelledCell, plugins: Sequence[str], worker: Helper, observer: Observer
) -> tuple[float | None, str]:
    """The seconds of a training step; None with the reason if it could not be estimated."""
    request = BenchRequest(each.cell.config, plugins)
    try:
        seconds = worker.run(JOB, request, on_progress=passed_to(observer), time_limit=PATIENCE)
    except WorkerError as error:
        return None, f"its time could not be estimated: {error.reason}"
    except MdfError as error:
        return None, f"its time could not be estimated: {error.message}"
    return seconds, ""
