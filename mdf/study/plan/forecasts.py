"""Forecasts what trials will take, decides which recompute, and refuses those that cannot fit. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Literal, TypeVar

from mdf.core.errors import ConfigError, MdfError
from mdf.registry import Catalog
from mdf.runs.observer import Observer
from mdf.study.cell import LabelledCell
from mdf.study.costs import record
from mdf.study.costs.key import cost_key
from mdf.study.costs.memory_fit import GIB, Forecast, Forecasts, Memory
from mdf.study.costs.request import BenchRequest
from mdf.workers.executor import Helper
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.process import PATIENCE, passed_to
from mdf.workers.time_limit import format_duration

JOB: Job[BenchRequest, Forecast] = Job("mdf.study.plan.forecast_worker:forecast")
EachCell = TypeVar("EachCell", bound=LabelledCell)


@dataclass(frozen=True, slots=True)
class Forecasted(Generic[EachCell]):
    """Cells with their forecasts.

    Attributes:
        cells: as they will run: `train.recompute` is `on` or `off`.
        forecasts: by their ids.
        memory: of the machine when it was decided.
    """

    cells: Sequence[EachCell]
    forecasts: Forecasts
    memory: Memory


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Makes forecasts in `worker`, or takes them from earlier studies in the folder `runs`.

    Attributes:
        time_limit: seconds that a forecast may take.
        again: whether one that took longer is tried again in as much time.
        known_memory: of the machines that train; None = this one, read when a forecast is made.
    """

    plugins: Sequence[str]
    runs: Path
    observer: Observer
    worker: Helper
    time_limit: float = PATIENCE
    again: bool = False
    known_memory: Memory | None = None

    def forecast(self, cells: Sequence[EachCell]) -> Forecasted[EachCell]:
        """`cells` with their forecasts; of `train.recompute = auto`, on where the training does not fit otherwise.

        Nothing is computed. If a forecast cannot be made, as of a network that reads its tensors' values, it is None
        and the observer is warned.
        """
        memory = self.known_memory or Memory.now()
        plain = [_recomputing(each, "off") if _is_undecided(each) else each for each in cells]
        forecasts = self._forecasts(plain)
        decided = [
            _recomputing(each, "on") if _is_undecided(asked) and _is_too_large(each, forecasts, memory) else each
            for asked, each in zip(cells, plain, strict=True)
        ]
        changed = [each for each, before in zip(decided, plain, strict=True) if each is not before]
        return Forecasted(decided, {**forecasts, **self._forecasts(changed)}, memory)

    def _forecasts(self, cells: Sequence[LabelledCell]) -> dict[str, Forecast | None]:
        """The forecast of each cell by its id; each architecture's is made once."""
        keys = {each.id: cost_key(each.cell) for each in cells}
        networks = {keys[each.id]: each for each in cells if each.cell.config.predictor is None}
        made = {
            key: record.load(key, self.runs).forecast or self._make(network, key) for key, network in networks.items()
        }
        return {id_: made.get(key) for id_, key in keys.items()}

    def _make(self, network: LabelledCell, key: str) -> Forecast | None:
        """A new forecast. The record is read again before the forecast, or the fact that it hangs, is added to it:
        another command may have changed it."""
        cannot = f"what {network.label} takes could not be forecast"
        if record.load(key, self.runs).hangs("forecast", self.time_limit) and not self.again:
            self.observer.warned(f"{cannot} in {format_duration(self.time_limit)}; {record.TRY_AGAIN}")
            return None
        request = BenchRequest(network.cell.config, self.plugins)
        try:
            on_progress = passed_to(self.observer)
            forecast = self.worker.run(JOB, request, on_progress=on_progress, time_limit=self.time_limit)
        except MdfError as error:
            self.observer.warned(f"{cannot}: {error.message}")
            return None
        except WorkerError as error:
            self.observer.warned(f"{cannot}: {error.reason}")
            if error.status == "timeout":
                record.save(key, self.runs, record.load(key, self.runs).hanging("forecast", self.time_limit))
            return None
        known = record.load(key, self.runs)
        record.save(key, self.runs, replace(known, forecast=forecast, stamp=network.cell.stamp))
        return forecast


def without_forecasts(cells: Sequence[EachCell]) -> list[EachCell]:
    """`cells` as they will run where nothing is forecast: `train.recompute = auto` is off."""
    return [_recomputing(each, "off") if _is_undecided(each) else each for each in cells]


def main_memory(made: Forecasted[EachCell]) -> dict[str, float]:
    """Bytes of main memory that each cell takes while it trains on a CPU, by its id, where there is a forecast."""
    devices = {each.id: each.cell.config.device for each in made.cells}
    return {
        key: forecast.needed("cpu")
        for key, forecast in made.forecasts.items()
        if forecast is not None and devices.get(key) == "cpu"
    }


def refuse_too_large(cells: Sequence[LabelledCell], forecasts: Forecasts, memory: Memory) -> None:
    """Raises ConfigError if one of `cells` cannot fit its device's memory."""
    for each, forecast in _too_large(cells, forecasts, memory):
        device = each.cell.config.device
        needed, capacity = forecast.needed(device), memory.capacity(device, forecast) or 0.0
        raise ConfigError(
            f"{each.label} cannot fit: training it takes about {needed / GIB:.1f} GiB on {device}, which has "
            f"{capacity / GIB:.1f} GiB",
            "make `--batch-size` or `--size` smaller, compute the batch in parts (`--set train.accumulate=4`), or try "
            "it anyway with `--force`",
        )


def fitting_workers(
    cells: Sequence[LabelledCell], forecasts: Forecasts, memory: Memory, workers: int | None, observer: Observer
) -> int | None:
    """`workers`, or fewer if memory does not suffice for that many of `cells` at once; `observer` is then warned. No
    result depends on it."""
    asked = workers or min((each.cell.side_by_side for each in cells), default=1)
    possible = memory.side_by_side(cells, forecasts, asked)
    if possible == asked:
        return workers
    observer.warned(
        f"{possible} instead of {asked} trials run side by side: more may not fit the memory (`--force` runs {asked})"
    )
    return possible


def cost_only(cells: Sequence[LabelledCell], catalog: Catalog) -> set[str]:
    """The ids of the cells that are measured and not trained, because a component's line says so."""
    return {each.id for each in cells if _is_cost_only(each, catalog)}


def _is_cost_only(each: LabelledCell, catalog: Catalog) -> bool:
    config = each.cell.config
    used = (("encoder", config.encoder), ("decoder", config.decoder))
    return config.trains and any(catalog.find(kind, part.name).spec.cost_only for kind, part in used)


def _too_large(
    cells: Sequence[LabelledCell], forecasts: Forecasts, memory: Memory
) -> Iterator[tuple[LabelledCell, Forecast]]:
    for each in cells:
        forecast = forecasts[each.id]
        if forecast is not None and not memory.fits(each.cell.config.device, forecast):
            yield each, forecast


def _is_too_large(each: LabelledCell, forecasts: Forecasts, memory: Memory) -> bool:
    return any(_too_large([each], forecasts, memory))


def _is_undecided(each: LabelledCell) -> bool:
    return each.cell.config.train.recompute == "auto"


def _recomputing(each: EachCell, value: Literal["on", "off"]) -> EachCell:
    """The cell with `train.recompute = value`."""
    config = each.cell.config
    train = config.train.model_copy(update={"recompute": value})
    return replace(each, cell=replace(each.cell, config=config.model_copy(update={"train": train})))
