"""Fits the calibration of a run's network anew, on its own validation split; in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mdf.core.dataset import Dataset
from mdf.core.progress import OnProgress, Stage
from mdf.data.open import read_through_cache
from mdf.engine import runtime as machine
from mdf.engine.evaluation import calibrate, predictor_of
from mdf.engine.parts import Parts
from mdf.models import assemble
from mdf.models.restore import restore
from mdf.registry import Catalog


def fit_calibration(on_progress: OnProgress, folder: Path, plugins: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """The calibration of each task of the network in `folder` that has one, as training would have fitted it.

    Raises MdfError where the run left no network, or its data cannot be read.
    """
    run = restore(folder, plugins).placed()
    machine.prepare(run.runtime, run.config.seed)
    data = run.config.data
    catalog = Catalog.discover(plugins)
    dataset: Dataset = catalog.create("dataset", data.name, data.options)
    dataset = assemble.knowing(run.config, catalog, read_through_cache(dataset, data, on_progress))
    on_progress(Stage("fitting temperature and threshold"))
    tasks = {name: task for name, task in run.tasks.items() if name in dataset.tasks}
    calibrate(Parts(dataset, tasks, []), run.config, run.runtime, predictor_of(run.model, run.tasks, run.runtime))
    return {name: task.calibration for name, task in tasks.items() if task.calibration}
