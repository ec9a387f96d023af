"""The scene of every sample and what each scene's background looks like, kept beside the caches by fingerprint."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.cache import CachedDataset, cache_folder
from mdf.core.config import Component, ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import MdfError
from mdf.core.events import Event, Stage
from mdf.core.mixture import Mixture
from mdf.core.readable import Unreadable, read_each
from mdf.study.data import Opened, cache_name
from mdf.study.files import read_json, write_json
from mdf.study.inspect.perceptual import SIDE, Thumbnail, thumbnail

Report = Callable[[Event], None]
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Of one data set: each sample's scene, and each scene's background small and grey (None: nothing to be seen).

    A scene's background is its first sample's: one frame of a scene tells which place it is.
    """

    scenes: Sequence[str]
    pictures: Mapping[str, Thumbnail | None]

    def of(self, indices: Iterable[int]) -> set[str]:
        """The scenes of the samples at `indices`."""
        return {self.scenes[index] for index in indices}


def members(config: ExperimentConfig, opened: Opened) -> list[tuple[Component, Dataset]]:
    """The data set of `config`, then those that are trained on besides."""
    datasets = opened.dataset.members if isinstance(opened.dataset, Mixture) else [opened.dataset]
    return list(zip((config.data, *config.extra_train), datasets, strict=True))


def trained_scenes(config: ExperimentConfig, opened: Opened, report: Report) -> set[str]:
    """The scenes of the data set's own training split."""
    component, dataset = members(config, opened)[0]
    return look(dataset, component, report).of(dataset.splits().train)


def look(dataset: Dataset, component: Component, report: Report) -> Places:
    """Find the places of a data set, or remember them: its samples are read once for it, of a filled cache one a
    scene."""
    folder = cache_folder(dataset, cache_name(component))
    file = folder.with_name(f"{folder.name}.places.json")
    known = _kept(file, len(dataset))
    if known is None:
        known = _from_cache(dataset) if isinstance(dataset, CachedDataset) else _from_samples(dataset, report)
        with suppress(MdfError):  # it only saves time
            write_json(file, {"format": FORMAT, "scenes": list(known.scenes), "pictures": _written(known)})
    return known


def _from_cache(dataset: CachedDataset) -> Places:
    first: dict[str, int] = {}
    for index, scene in enumerate(dataset.scenes):
        first.setdefault(scene, index)
    pictures = {scene: thumbnail(dataset.read([index]).bg[0]) for scene, index in first.items()}
    return Places(dataset.scenes, pictures)


def _from_samples(dataset: Dataset, report: Report) -> Places:
    scenes: list[str] = []
    pictures: dict[str, Thumbnail | None] = {}
    for index, sample in read_each(dataset, range(len(dataset))):
        if isinstance(sample, Unreadable):
            scenes.append("")
            continue
        scenes.append(sample.scene)
        if sample.scene not in pictures:
            pictures[sample.scene] = thumbnail(sample.bg)
        if index % 32 == 0:
            report(Stage("looking at the backgrounds", index, len(dataset)))
    return Places(scenes, pictures)


def _written(known: Places) -> dict[str, str | None]:
    return {s: None if x is None else base64.b64encode(x.tobytes()).decode() for s, x in known.pictures.items()}


def _kept(file: Path, samples: int) -> Places | None:
    try:
        kept = read_json(file)
        if kept["format"] != FORMAT or len(kept["scenes"]) != samples:
            return None
        pictures = {scene: None if text is None else _picture(text) for scene, text in kept["pictures"].items()}
        return Places(kept["scenes"], pictures)
    except (MdfError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _picture(text: str) -> Thumbnail:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE)
