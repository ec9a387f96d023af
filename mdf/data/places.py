"""Where the samples of a config's data sets were taken: found once, then remembered."""

from __future__ import annotations

from collections.abc import Callable

from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.events import Event, Stage
from mdf.data.backgrounds import Look, Places, keep, kept
from mdf.data.cache import CachedDataset
from mdf.data.mixture import Mixture
from mdf.data.open import Opened, cache_name
from mdf.data.perceptual import thumbnail
from mdf.data.scan import read_each

Report = Callable[[Event], None]


def members(config: ExperimentConfig, opened: Opened) -> list[tuple[Component, Dataset]]:
    """The data set of `config`, then those that are trained on besides."""
    datasets = opened.dataset.members if isinstance(opened.dataset, Mixture) else [opened.dataset]
    return list(zip((config.data, *config.extra_train), datasets, strict=True))


def trained_scenes(config: ExperimentConfig, opened: Opened, report: Report) -> set[str]:
    """The scenes of the data set's own training split."""
    component, dataset = members(config, opened)[0]
    return look(dataset, component, report).of(dataset.splits().train)


def look(dataset: Dataset, component: Component, report: Report) -> Places:
    """Find the places of a data set, or remember them: its witnesses are read once for it, of a filled cache one sample
    a scene."""
    name = cache_name(component)
    known = kept(dataset, name)
    if known is None:
        known = _from_cache(dataset) if isinstance(dataset, CachedDataset) else _from_samples(dataset, report)
        keep(known, dataset, name)
    return known


def _from_cache(dataset: CachedDataset) -> Places:
    first: dict[str, int] = {}
    for index, scene in enumerate(dataset.scenes):
        first.setdefault(scene, index)
    return Places(
        dict(enumerate(dataset.scenes)),
        {scene: thumbnail(dataset.read([index]).bg[0]) for scene, index in first.items()},
    )


def _from_samples(dataset: Dataset, report: Report) -> Places:
    found, witnesses = Look(), dataset.witnesses()
    for done, (index, sample) in enumerate(read_each(dataset, witnesses)):
        found.at(index, sample)
        if done % 32 == 0:
            report(Stage("looking at the backgrounds", done, len(witnesses)))
    return found.places
