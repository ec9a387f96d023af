"""The look ahead, in a worker: everything that can be found wrong before training is found here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import torch

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError
from mdf.core.progress import OnProgress, Stage
from mdf.core.schedule import Schedule
from mdf.data.leaks import audit
from mdf.data.open import Opened, open_all
from mdf.engine import runtime as machine
from mdf.engine.flow import training_steps
from mdf.engine.model import Model
from mdf.engine.runtime import Runtime
from mdf.models import assemble
from mdf.models.files import config_of
from mdf.models.start import check_start
from mdf.models.teacher import check_teacher
from mdf.registry import Catalog, Offer
from mdf.study.cell import Cell
from mdf.study.identity import made_of

LARGEST = 128 * 128
CHOOSE = "leave it out, or choose data that know it: docs/reference/data-sets.md tells which do"


def survey(
    on_progress: OnProgress,
    configs: Sequence[ExperimentConfig],
    plugins: Sequence[str],
    fill_cache: bool,
    allow_leaks: bool,
    strict: bool = False,
) -> list[Cell]:
    """Open the data, check every component's options, and compose every network once, on no device.

    With `fill_cache` the data sets are decoded too, and their splits searched for what they must not share; that is
    an error unless `allow_leaks`. A predictor that needs what the data do not know is left out; `strict`, it is an
    error. Raises the first MdfError found.
    """
    on_progress(Stage("checking the configurations"))
    catalog = Catalog.discover(plugins)
    opened: dict[str, Opened] = {}
    cells = []
    for config in configs:
        key = _data_key(config)
        if key not in opened:
            opened[key] = open_all(config, catalog)
        cells.append(_cell(config, opened[key], catalog))
        if strict and config.predictor is not None and (why := _unmet(config, opened[key].dataset, catalog)):
            raise ConfigError(f"predictor `{config.predictor.name}` cannot be compared: {why}", CHOOSE)
    if not fill_cache:
        return cells
    # only now: decoding takes minutes, and a mistake in an option must not wait for it
    read = {key: open_all(_first(key, configs), catalog, on_progress) for key in opened}
    told = {key: audit(_first(key, configs), data, on_progress, allow_leaks) for key, data in read.items()}
    cells = [_cell(config, read[_data_key(config)], catalog) for config in configs]
    return [replace(cell, leaks=told[_data_key(config)]) for config, cell in zip(configs, cells, strict=True)]


def _data_key(config: ExperimentConfig) -> str:
    return repr((config.data, config.extra_train, config.eval_data, config.skip_bad))


def _first(key: str, configs: Sequence[ExperimentConfig]) -> ExperimentConfig:
    return next(config for config in configs if _data_key(config) == key)


def _cell(config: ExperimentConfig, opened: Opened, catalog: Catalog) -> Cell:
    dataset = opened.dataset
    runtime = machine.resolve(config)
    config = complete(config, dataset, catalog, runtime)
    parts = assemble.parts(config, catalog, dataset)
    if parts.build_model is not None:
        with torch.device("meta"):
            network = parts.build_model((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
        if parts.start is not None:
            check_start(parts.start, network.state_dict(), config)
        teacher = check_teacher(config, parts.tasks, catalog)
        check_sizes(config, parts.schedule, network, teacher)
    return Cell(
        config,
        opened.fingerprint(),
        dataset.splits().by,
        tuple(parts.tasks),
        {**runtime.stamp(), "compile": config.train.compile},
        made_of(_offers(config, catalog)),
        machine.devices(runtime.device),
        machine.side_by_side(runtime.device),
        _unsuited(config, dataset, catalog),
        opened.unreadable,
    )


def check_sizes(
    config: ExperimentConfig, schedule: Schedule | None, network: Model, teacher: Model | None = None
) -> None:
    """Raise ConfigError where a phase has images of a size that the encoder, or the teacher's, does not take, or the
    schedule none."""
    phases = schedule.phases(config.train.steps or 1, network.tasks, config.image_size) if schedule else []
    encoders = {f"encoder `{config.encoder.name}`": network} | ({"the teacher's encoder": teacher} if teacher else {})
    for (height, width), (name, model) in product((phase.size for phase in phases), encoders.items()):
        taken = model.encoder.size
        if taken is not None and model.padded_size((height, width)) != taken:
            raise ConfigError(
                f"schedule `{config.schedule.name}` learns at {height}x{width} too, and {name}, built for "
                f"{taken[0]}x{taken[1]}, takes no other size",
                "use `--schedule joint`, or an encoder that takes any size",
            )


def _unsuited(config: ExperimentConfig, dataset: Dataset, catalog: Catalog) -> str:
    """Why the predictor of `config` has no row on these data; "" where it has one."""
    if config.predictor is None:
        return ""
    predicts = catalog.find("predictor", config.predictor.name).spec.tasks
    if predicts and not set(predicts) & set(assemble.task_names(config, dataset)):
        return f"it predicts {' and '.join(predicts)}, which `{config.data.name}` does not hold"
    return _unmet(config, dataset, catalog)


def _unmet(config: ExperimentConfig, dataset: Dataset, catalog: Catalog) -> str:
    """What `config` needs and the data do not know, in words; "" where they know it all."""
    missing = [f"`{name}`" for name in assemble.needs(config, catalog) if name not in dataset.knows]
    what = f"it needs the {' and '.join(missing)} of the empty scenes, which `{config.data.name}` does not know"
    return what if missing else ""


def complete(config: ExperimentConfig, dataset: Dataset, catalog: Catalog, runtime: Runtime) -> ExperimentConfig:
    """`config` as it runs: every component's options, the budget in steps and the machine's part written out, the
    tasks limited to those that the data hold."""

    def full(kind: str, component: Component, where: str = "") -> Component:
        checked = catalog.config(kind, component.name, component.options, where)
        return component.model_copy(update={"options": checked.model_dump(mode="json")})

    tasks = assemble.task_names(config, dataset)
    changes: dict[str, Any] = {
        "data": _with_range(full("dataset", config.data), dataset),
        "extra_train": tuple(full("dataset", extra, "extra_train") for extra in config.extra_train),
        "eval_data": tuple(full("dataset", other, "eval_data") for other in config.eval_data),
        "encoder": full("encoder", config.encoder),
        "fusion": full("fusion", config.fusion),
        "decoder": full("decoder", config.decoder),
        "schedule": full("schedule", config.schedule),
        "balance": full("balance", config.balance),
        "heads": {task: full("head", config.heads[task], f"heads.{task}") for task in tasks},
        "loss": {
            task: config.loss[task].model_copy(
                update={"terms": tuple(full("loss", term, f"loss.{task}") for term in config.loss[task].terms)}
            )
            for task in tasks
        },
        "metrics": {
            task: tuple(full("metric", m, f"metrics.{task}") for m in assemble.metrics(config, task, catalog))
            for task in tasks
        },
        "size": config.size or natural_size(dataset, config.skip_bad),
        "train": config.train.model_copy(
            update={"steps": training_steps(config, len(dataset.splits().train)), "epochs": None}
        ),
        "device": runtime.device.partition(":")[0],
        "precision": runtime.precision,
        "threads": runtime.threads,
    }
    if config.predictor is not None:
        changes["predictor"] = full("predictor", config.predictor)
    resolved = config.model_copy(update=changes)
    if config.predictor is not None:
        return resolved
    options = assemble.encoder_config(resolved, catalog).model_dump(mode="json")
    return resolved.model_copy(update={"encoder": config.encoder.model_copy(update={"options": options})})


def _with_range(data: Component, dataset: Dataset) -> Component:
    """The data with the levels of its frames that become black and white written out, where it chose them itself."""
    limits = dataset.frame_range()
    if limits is None or "frame_range" not in data.options:
        return data
    return data.model_copy(update={"options": {**data.options, "frame_range": list(limits)}})


def natural_size(dataset: Dataset, skip_bad: bool = False) -> tuple[int, int]:
    """The size that networks work at when none is asked for: the first training sample's own, or, where that has
    more than `LARGEST` pixels, about so many in the same proportions, in multiples of 16.

    With `skip_bad` samples whose size cannot be told are passed over."""
    height, width = _first_size(dataset, skip_bad)
    if height * width <= LARGEST:
        return height, width
    shrink = (LARGEST / (height * width)) ** 0.5
    return max(16, round(height * shrink / 16) * 16), max(16, round(width * shrink / 16) * 16)


def _first_size(dataset: Dataset, skip_bad: bool) -> tuple[int, int]:
    train = dataset.splits().train
    for index in train if skip_bad else ():
        with suppress(Exception):  # whatever a data set raises: it is told when the samples are read
            return dataset.native_size(index)
    return dataset.native_size(train[0])


def _offers(config: ExperimentConfig, catalog: Catalog) -> list[Offer]:
    """Every component that `config` uses."""
    used = [("dataset", data.name) for data in (config.data, *config.extra_train, *config.eval_data)]
    used += assemble.network_components(config)
    if config.teacher is not None:
        used += assemble.network_components(config_of(Path(config.teacher.folder)))
    used += [("schedule", config.schedule.name), ("balance", config.balance.name)]
    used += [("loss", term.name) for loss in config.loss.values() for term in loss.terms]
    used += [("metric", metric.name) for metrics in config.metrics.values() for metric in metrics]
    if config.predictor is not None:
        used.append(("predictor", config.predictor.name))
    return [catalog.find(kind, name) for kind, name in used]
