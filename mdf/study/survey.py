"""The look ahead, in a worker: everything that can be found wrong before training is found here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError
from mdf.core.progress import OnProgress, Stage
from mdf.core.schedule import Schedule
from mdf.core.torchrun import by_torchrun
from mdf.data.leaks import check_leaks
from mdf.data.mixture import Mixture
from mdf.data.open import Opened, open_all
from mdf.engine import runtime as machine
from mdf.engine.model import Model
from mdf.engine.runtime import Runtime
from mdf.models import assemble
from mdf.models.start import check_start
from mdf.models.stored_config import config_of
from mdf.models.teacher import check_teacher
from mdf.registry import Catalog, Offer
from mdf.study.cell import Cell, SurveyRequest
from mdf.study.complete import complete
from mdf.study.costs.key import COST_KINDS, MEASURES
from mdf.study.identity import TRIAL, code_of, modules_used, versions_of
from mdf.study.stored_network import doubts_of, with_stored_network

CHOOSE = "leave it out, or choose data that have it: docs/reference/data-sets.md tells which do"


def survey(on_progress: OnProgress, request: SurveyRequest) -> list[Cell]:
    """The cells as they will run.

    Opens the data, checks every component's options, and composes every network once, on no device. Raises the first
    MdfError found.
    """
    on_progress(Stage("checking the configurations"))
    configs, catalog = request.configs, Catalog.discover(request.plugins)
    opened: dict[str, Opened] = {}
    cells = []
    for config in configs:
        key = _data_key(config)
        if key not in opened:
            opened[key] = open_all(config, catalog)
        cells.append(_checked(config, opened[key], catalog))
        if request.strict and config.predictor is not None and (why := _unmet(config, opened[key].dataset, catalog)):
            raise ConfigError(f"predictor `{config.predictor.name}` cannot be compared: {why}", CHOOSE)
    if not request.fill_cache:
        return cells
    # only now: decoding takes minutes, and a mistake in an option must not wait for it
    read = {key: open_all(_first(key, configs), catalog, on_progress) for key in opened}
    leaks = {
        key: check_leaks(_first(key, configs), data, on_progress, request.allow_leaks) for key, data in read.items()
    }
    return [
        replace(_on_read_data(cell, config, read[key], catalog), leaks=[*cell.leaks, *leaks[key]])
        for cell, config, key in zip(cells, configs, map(_data_key, configs), strict=True)
    ]


def _data_key(config: ExperimentConfig) -> str:
    return repr((config.data, config.extra_train, config.eval_data, config.skip_bad))


def _first(key: str, configs: Sequence[ExperimentConfig]) -> ExperimentConfig:
    return next(config for config in configs if _data_key(config) == key)


def _checked(config: ExperimentConfig, opened: Opened, catalog: Catalog) -> Cell:
    """The cell of `config`, whose network could be composed."""
    dataset = opened.dataset
    doubts: Sequence[str] = ()
    if config.model is not None:
        doubts = doubts_of(config.model, config, dataset, opened.elsewhere, catalog)
        config = with_stored_network(config)
    runtime = machine.resolve(config)
    _check_devices(config, runtime)
    config = complete(config, dataset, catalog, runtime)
    parts = assemble.parts(config, catalog, dataset)
    if parts.build_model is not None:
        with torch.device("meta"):
            network = parts.build_model((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
        if parts.start is not None:
            check_start(parts.start, network.state_dict(), config)
        teacher = check_teacher(config, parts.tasks, catalog)
        check_sizes(config, parts.schedule, network, teacher)
    offers = components_of(config, catalog)
    measured = [offer for offer in offers if offer.kind in COST_KINDS]
    modules = modules_used([TRIAL], offers)
    return Cell(
        config=config,
        fingerprint=opened.fingerprint(),
        split_by=dataset.splits().by,
        tasks=tuple(parts.tasks),
        stamp={**runtime.stamp(), "compile": config.train.compile},
        plugins=versions_of(modules, offers),
        code=code_of(modules, offers),
        costs_code=code_of(modules_used(MEASURES, measured), measured),
        devices=machine.devices(runtime.device),
        side_by_side=machine.side_by_side(runtime.device),
        left_out=_unsuited(config, dataset, catalog),
        unreadable=opened.unreadable,
        leaks=doubts,
    )


def _check_devices(config: ExperimentConfig, runtime: Runtime) -> None:
    """Raise ConfigError if this machine has too few devices, or not those that its norms need."""
    kind = runtime.device.partition(":")[0]
    if config.predictor is None and config.train.norms == "sync" and kind != "cuda":
        raise ConfigError(
            f"`train.norms = sync` needs CUDA, and this trains on {kind}", "use `frozen` or `group`, or leave it out"
        )
    started = by_torchrun()
    here = config.processes if started is None else started.local_count
    devices = machine.devices(runtime.device)
    if kind != "cpu" and here > len(devices):
        raise ConfigError(
            f"{here} processes would train on {len(devices)} {kind} device{'s' if len(devices) > 1 else ''}",
            f"use `--devices {len(devices)}`; each process needs a device of its own",
        )


def _on_read_data(cell: Cell, asked: ExperimentConfig, read: Opened, catalog: Catalog) -> Cell:
    """The cell of the config `asked`, with what its data say now that they are read: samples may be left out."""
    dataset = read.dataset
    config = cell.config
    if read.unreadable:
        asked = with_stored_network(asked) if asked.model is not None else asked
        config = complete(asked, dataset, catalog, machine.resolve(asked))
    if config.size != cell.config.size:  # the network has not been composed for this one
        return _checked(asked, read, catalog)
    return replace(
        cell,
        config=config,
        fingerprint=read.fingerprint(),
        split_by=dataset.splits().by,
        unreadable=read.unreadable,
    )


def check_sizes(
    config: ExperimentConfig, schedule: Schedule | None, network: Model, teacher: Model | None = None
) -> None:
    """Raise ConfigError if a phase has images of a size that the encoder, or the teacher's, does not take, or if the
    schedule has none."""
    phases = schedule.phases(config.train.steps or 1, network.tasks, config.image_size) if schedule else []
    encoders = {f"encoder `{config.encoder.name}`": network, **({"the teacher's encoder": teacher} if teacher else {})}
    for (height, width), (name, model) in product((phase.size for phase in phases), encoders.items()):
        taken = model.encoder.size
        if taken is not None and model.padded_size((height, width)) != taken:
            raise ConfigError(
                f"schedule `{config.schedule.name}` learns at {height}x{width} too, and {name}, built for "
                f"{taken[0]}x{taken[1]}, takes no other size",
                "use `--schedule joint`, or an encoder that takes any size",
            )


def _unsuited(config: ExperimentConfig, dataset: Dataset, catalog: Catalog) -> str:
    """Why the predictor of `config` has no row on these data; "" if it has one."""
    if config.predictor is None:
        return ""
    predicts = catalog.find("predictor", config.predictor.name).spec.tasks
    if predicts and not set(predicts) & set(assemble.task_names(config, dataset)):
        return f"it predicts {' and '.join(predicts)}, which `{config.data.name}` does not hold"
    return _unmet(config, dataset, catalog)


def _unmet(config: ExperimentConfig, dataset: Dataset, catalog: Catalog) -> str:
    """What `config` needs and the data do not know, in words; "" if they know it all."""
    tested = dataset.members[0] if isinstance(dataset, Mixture) else dataset
    missing = [f"`{name}`" for name in assemble.needs(config, catalog) if name not in tested.knows]
    what = f"it needs the {' and '.join(missing)} of the empty scenes, which `{config.data.name}` does not have"
    return what if missing else ""


def components_of(config: ExperimentConfig, catalog: Catalog) -> list[Offer]:
    """Every component that `config` uses."""
    used = [("dataset", data.name) for data in (config.data, *config.extra_train, *config.eval_data)]
    used += [("metric", metric.name) for metrics in config.metrics.values() for metric in metrics]
    if config.predictor is not None:
        used += [("predictor", config.predictor.name), *(("head", head.name) for head in config.heads.values())]
    else:
        used += assemble.network_components(config)
    if config.trains:
        used += [("schedule", config.schedule.name), ("balance", config.balance.name)]
        used += [("loss", term.name) for loss in config.loss.values() for term in loss.terms]
    if config.teacher is not None:
        used += assemble.network_components(config_of(Path(config.teacher.folder)))
    return [catalog.find(kind, name) for kind, name in dict.fromkeys(used)]
