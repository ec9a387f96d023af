"""Samples and backgrounds that occur more than once, and what the splits share that they must not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import numpy as np
from torch import Tensor

from mdf.core.dataset import Splits
from mdf.core.sample import Sample
from mdf.data.backgrounds.similarity import Thumbnail, group_same_places, thumbnail
from mdf.data.inspect.resaved import Labelled, ResavedSamples
from mdf.data.inspect.results import Finding
from mdf.data.leaks import in_order, name_some
from mdf.data.open import SPLITS


@dataclass
class Background:
    """A background picture: the splits of each scene that uses it, and its thumbnail (None: it is flat)."""

    scenes: dict[str, set[str]] = field(default_factory=dict)
    thumbnail: Thumbnail | None = None


class Duplicates:
    """Remembers every sample by hashes; no image is kept.

    In a `synthetic` data set every scene is drawn anew: likeness means nothing there, only exact copies do.
    """

    def __init__(self, splits: Splits | None, synthetic: bool = False) -> None:
        self.synthetic = synthetic
        self.split_by = splits.by if splits else None
        listed = [(index, name) for name in SPLITS for index in splits.of(name)] if splits else []
        self.split_of = dict(listed)
        self.listed_twice = len(listed) - len(self.split_of)
        self.backgrounds: dict[bytes, Background] = {}
        self.scenes: dict[str, set[str]] = {}
        self.samples: dict[bytes, list[Labelled]] = {}
        self.resaved = ResavedSamples()

    def add(self, index: int, sample: Sample) -> None:
        """Remember one sample."""
        split = self.split_of.get(index, "")
        key = blake2b(_bytes(sample.bg), digest_size=16).digest()
        background = self.backgrounds.get(key)
        if background is None:
            background = self.backgrounds[key] = Background(thumbnail=thumbnail(sample.bg))
        pair = blake2b(_bytes(sample.fg_bg), key=key, digest_size=16).digest()
        label = (sample.id, split)
        if pair not in self.samples:
            self.resaved.add(sample, label)
        self.samples.setdefault(pair, []).append(label)
        if split:
            background.scenes.setdefault(sample.scene, set()).add(split)
            self.scenes.setdefault(sample.scene, set()).add(split)

    @property
    def severity(self) -> Literal["error", "warning"]:
        """How bad it is that splits share a place: a split in time declares it, in a split by scene it is a leak."""
        return "warning" if self.split_by == "time" else "error"

    def findings(self) -> Iterator[Finding]:
        """What occurs more than once."""
        if self.listed_twice:
            yield Finding(
                "error", "leak", f"the splits list {self.listed_twice} samples twice", "list each in one split alone"
            )
        yield from self._duplicates()
        yield from self._shared_scenes()
        if not self.synthetic:
            yield from self._same_places()

    def _duplicates(self) -> Iterator[Finding]:
        for labels in self.samples.values():
            if len(labels) > 1:
                yield self._duplicate(labels, "duplicate", "identical images")
        for labels in () if self.synthetic else self.resaved.groups():
            yield self._duplicate(labels, "near-duplicate", "identical ground truth and frames that look alike")

    def _duplicate(self, labels: Sequence[Labelled], kind: str, same: str) -> Finding:
        across = len({split for _, split in labels if split}) > 1
        return Finding(
            self.severity if across else "warning",
            kind,
            f"{len(labels)} samples have {same}: {name_some(labels)}",
            "keep one: the test must not hold what was trained on" if across else "keep one: it counts many times",
        )

    def _shared_scenes(self) -> Iterator[Finding]:
        shared = {scene: splits for scene, splits in self.scenes.items() if len(splits) > 1}
        if shared and self.split_by == "time":
            scenes = "scene" if len(shared) == 1 else f"{len(shared)} scenes"
            yield Finding(
                "warning",
                "split in time",
                f"training and test show the same {scenes}, as a split in time declares: scores are scene-specific",
                "for scores that hold for unseen cameras use three scenes or more and `data.split=scene`",
            )
            return
        for scene, splits in shared.items():
            yield Finding(
                "error",
                "leak",
                f"scene `{scene}` is in {in_order(splits)}",
                "put each scene into one split, or declare a split in time",
            )

    def _same_places(self) -> Iterator[Finding]:
        """One finding for each place that scenes of different names show."""
        visible = [(b.scenes, b.thumbnail) for b in self.backgrounds.values() if b.scenes and b.thumbnail is not None]
        if not visible:
            return
        places: dict[int, dict[str, set[str]]] = {}
        groups = group_same_places(np.stack([picture for _, picture in visible]))
        for (scenes, _), group in zip(visible, groups, strict=True):
            place = places.setdefault(group, {})
            for scene, splits in scenes.items():
                place.setdefault(scene, set()).update(splits)
        yield from (self._same_place(scenes) for scenes in places.values() if len(scenes) > 1)

    def _same_place(self, scenes: Mapping[str, set[str]]) -> Finding:
        across = len(set().union(*scenes.values())) > 1
        return Finding(
            self.severity if across else "warning",
            "leak" if across else "near-duplicate background",
            f"{len(scenes)} scenes show nearly the same background: "
            + name_some([(scene, in_order(splits)) for scene, splits in scenes.items()]),
            "if it is one camera, give them one scene (one background), so that one split gets all of them"
            if across
            else "if it is one camera, give them one scene",
        )


def _bytes(image: Tensor) -> memoryview:
    return image.contiguous().numpy().data
