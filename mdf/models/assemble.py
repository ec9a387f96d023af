"""Builds the parts of one trial from its config, with the components that the catalog offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mdf.core.balance import Balance
from mdf.core.component import ComponentConfig
from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.decoder import Decoder
from mdf.core.encoder import Encoder
from mdf.core.errors import ConfigError
from mdf.core.fusion import GUIDE_CHANNELS, Fusion
from mdf.core.grammar import Reference
from mdf.core.head import Head
from mdf.core.predictor import Predictor
from mdf.core.sample import BACKGROUND_DEPTH
from mdf.core.schedule import Schedule
from mdf.core.task import Task
from mdf.data.wrappers import WithBackgroundInfo
from mdf.engine.model import Model
from mdf.engine.norms import use_group_norms
from mdf.engine.objective import Objective, WeightedLoss
from mdf.engine.parts import Parts
from mdf.engine.prepare.normalise import Normalise
from mdf.engine.scoring import Column
from mdf.models.start import start_of
from mdf.registry import Catalog


def task_names(config: ExperimentConfig, dataset: Dataset) -> list[str]:
    """The tasks that `config` asks for and `dataset` holds. Raises ConfigError where there is none."""
    names = [task for task in config.heads if task in dataset.tasks]
    if not names:
        raise ConfigError(
            f"data set `{config.data.name}` holds {', '.join(dataset.tasks)}, none of the heads asked for "
            f"({', '.join(config.heads)})",
            f"use `--heads {','.join(dataset.tasks)}`",
        )
    return names


def parts(config: ExperimentConfig, catalog: Catalog, dataset: Dataset) -> Parts:
    """All that a trial of `config` needs on `dataset`. The network is built later, once the data are measured."""
    names = task_names(config, dataset)
    tasks = {name: _task(config, name, catalog, dataset) for name in names}
    common = Parts(
        knowing(config, catalog, dataset),
        tasks,
        [column for name in names for column in columns(config, name, catalog)],
    )
    if config.predictor is not None:
        predictor: Predictor = catalog.create("predictor", config.predictor.name, config.predictor.options)
        return replace(common, predictor=predictor)
    common = replace(common, build_model=lambda mean, std: model(config, names, catalog, mean, std, tasks))
    if config.model is not None:
        return replace(common, start=start_of(config.model, "model", tasks))
    balance: Balance = catalog.create("balance", config.balance.name, config.balance.options, tuple(names))
    schedule: Schedule = catalog.create("schedule", config.schedule.name, config.schedule.options)
    return replace(
        common,
        objective=Objective(tasks, {name: _losses(config, name, catalog) for name in names}, balance),
        schedule=schedule,
        start=start_of(config.init, "init", tasks) if config.init else None,
    )


def needs(config: ExperimentConfig, catalog: Catalog) -> tuple[str, ...]:
    """What the data must know of their empty scenes for `config`. No network needs anything."""
    return catalog.find("predictor", config.predictor.name).spec.needs if config.predictor is not None else ()


def reads(config: ExperimentConfig, catalog: Catalog) -> tuple[str, ...]:
    """What `config` reads of the empty scenes besides their images where the data know it; what it `needs` included."""
    if config.predictor is not None:
        return needs(config, catalog)
    guided = [("fusion", config.fusion), *(("head", head) for head in config.heads.values())]
    return (BACKGROUND_DEPTH,) if any(_is_guided(kind, component, catalog) for kind, component in guided) else ()


def knowing(config: ExperimentConfig, catalog: Catalog, dataset: Dataset) -> Dataset:
    """`dataset`, its batches holding what `config` reads of the empty scenes."""
    names = reads(config, catalog)
    return WithBackgroundInfo(dataset, names) if names else dataset


def _is_guided(kind: str, component: Component, catalog: Catalog) -> bool:
    component_class = catalog.load(kind, component.name)
    assert issubclass(component_class, (Fusion, Head))
    return component_class.is_guided(catalog.config(kind, component.name, component.options))


def model(
    config: ExperimentConfig,
    tasks: Sequence[str],
    catalog: Catalog,
    mean: Sequence[float],
    std: Sequence[float],
    known_tasks: Mapping[str, Task] | None = None,
) -> Model:
    """The network of `config`, its weights drawn from the global random state.

    `mean` and `std` of the training frames, three numbers 0–1 each, are what it normalises by. `known_tasks` are its
    tasks by name: a head that follows the known depth of the empty scene reads that one's scale.
    """
    channels = catalog.load("fusion", config.fusion.name).encoder_channels
    if _is_guided("fusion", config.fusion, catalog):
        channels += GUIDE_CHANNELS
    encoder: Encoder = catalog.create("encoder", config.encoder.name, encoder_config(config, catalog), channels)
    fusion: Fusion = catalog.create("fusion", config.fusion.name, config.fusion.options, encoder.features)
    decoder: Decoder = catalog.create(
        "decoder", config.decoder.name, config.decoder.options, fusion.features, tuple(tasks)
    )
    heads = {task: _head(config.heads[task], catalog, decoder.channels) for task in tasks}
    if config.normalise == "encoder":
        mean, std = _pretrained_statistics(config, encoder)
    own = config.normalise == "pair" and not fusion.reads_background
    normalise = Normalise("frame" if own else config.normalise, mean, std)
    if config.enlarge_to and encoder.size is not None:
        raise ConfigError(
            f"`enlarge_to` enlarges images, but the encoder `{config.encoder.name}` is built for one size",
            "leave out `enlarge_to`, or take another encoder",
        )
    network = Model(encoder, fusion, decoder, heads, normalise, known_tasks, config.enlarge_to)
    if config.train.norms == "group":
        use_group_norms(network)
    return network


def encoder_config(config: ExperimentConfig, catalog: Catalog) -> ComponentConfig:
    """The encoder's options, fitted to the image size and to the output stride that the decoder asks for."""
    encoder, decoder = config.encoder, config.decoder
    stride = catalog.load("decoder", decoder.name).output_stride(
        catalog.config("decoder", decoder.name, decoder.options), Reference.parse(decoder.name).variant
    )
    given = catalog.config("encoder", encoder.name, encoder.options)
    fitted: ComponentConfig = catalog.load("encoder", encoder.name).adapt_config(
        given, Reference.parse(encoder.name).variant, config.size, stride
    )
    return fitted


def network_components(config: ExperimentConfig) -> list[tuple[str, str]]:
    """Kind and name of each component that the network is made of."""
    kinds = ("encoder", "fusion", "decoder")
    return [(kind, getattr(config, kind).name) for kind in kinds] + [("head", h.name) for h in config.heads.values()]


def network_plugins(config: ExperimentConfig, catalog: Catalog) -> dict[str, str]:
    """Version by name of the third parties whose components the network is made of; "" of a plugin that is not an
    installed package."""
    offers = [catalog.find(kind, name) for kind, name in network_components(config)]
    return {offer.owner: offer.version for offer in offers if not offer.builtin}


def columns(config: ExperimentConfig, task: str, catalog: Catalog) -> list[Column]:
    """The score columns of one task, its headline score first."""
    return [
        Column(task, metric.name, catalog.create("metric", metric.name, metric.options))
        for metric in metrics(config, task, catalog)
    ]


def metrics(config: ExperimentConfig, task: str, catalog: Catalog) -> Sequence[Component]:
    """The metrics of one task: those of `config`, else its head's defaults."""
    return config.metrics.get(task) or [
        Component(name=name) for name in catalog.find("head", config.heads[task].name).spec.default_metrics
    ]


def _task(config: ExperimentConfig, name: str, catalog: Catalog, dataset: Dataset) -> Task:
    head = config.heads[name]
    task: Task = catalog.load("head", head.name).Task(catalog.config("head", head.name, head.options))
    task.unit = dataset.units.get(name, task.unit)
    return task


def _head(head: Component, catalog: Catalog, channels: int) -> Head:
    layers: Head = catalog.create("head", head.name, head.options, channels)
    return layers


def _losses(config: ExperimentConfig, task: str, catalog: Catalog) -> tuple[WeightedLoss, ...]:
    loss = config.loss[task]
    return tuple(
        WeightedLoss(catalog.create("loss", term.name, term.options), loss.weight * term.weight) for term in loss.terms
    )


def _pretrained_statistics(config: ExperimentConfig, encoder: Encoder) -> tuple[Sequence[float], Sequence[float]]:
    if encoder.pretrained_mean is None or encoder.pretrained_std is None:
        raise ConfigError(
            f'encoder `{config.encoder.name}` has no pretrained statistics for `normalise = "encoder"`',
            'use `normalise = "dataset"` or `"pair"`',
        )
    return encoder.pretrained_mean, encoder.pretrained_std
