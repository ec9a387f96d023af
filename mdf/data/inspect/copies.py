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
from mdf.data.inspect.finding import Finding
from mdf.data.inspect.resaved import Named, Resaved
from mdf.data.open import SPLITS
from mdf.data.perceptual import Thumbnail, places, thumbnail

NAMED = 3


@dataclass
class Background:
    """A background picture: the scenes that it serves, the splits of each, and what it looks like."""

    scenes: dict[str, set[str]] = field(default_factory=dict)
    picture: Thumbnail | None = None


class Copies:
    """Remembers every sample by hashes; no image is kept. Of a `drawn` set no two scenes are one place."""

    def __init__(self, splits: Splits | None, drawn: bool = False) -> None:
        self.synthetic = drawn
        self.by = splits.by if splits else None
        listed = [(index, name) for name in SPLITS for index in splits.of(name)] if splits else []
        self.split_of = dict(listed)
        self.twice_listed = len(listed) - len(self.split_of)
        self.backgrounds: dict[bytes, Background] = {}
        self.scenes: dict[str, set[str]] = {}
        self.frames: dict[bytes, list[Named]] = {}
        self.resaved = Resaved()

    def look(self, index: int, sample: Sample) -> None:
        """Remember one sample."""
        split = self.split_of.get(index, "")
        key = blake2b(_bytes(sample.bg), digest_size=16).digest()
        background = self.backgrounds.get(key)
        if background is None:
            background = self.backgrounds[key] = Background(picture=thumbnail(sample.bg))
        pair = blake2b(_bytes(sample.fg_bg), key=key, digest_size=16).digest()
        named = (sample.id, split)
        if pair not in self.frames:
            self.resaved.look(sample, named)
        self.frames.setdefault(pair, []).append(named)
        if split:
            background.scenes.setdefault(sample.scene, set()).add(split)
            self.scenes.setdefault(sample.scene, set()).add(split)

    @property
    def severity(self) -> Literal["error", "warning"]:
        """How bad it is that splits share a place: declared for a split in time, a leak for one by scene."""
        return "warning" if self.by == "time" else "error"

    def findings(self) -> Iterator[Finding]:
        """What occurs more than once."""
        if self.twice_listed:
            yield Finding(
                "error", "leak", f"the splits list {self.twice_listed} samples twice", "list each in one split alone"
            )
        yield from self._duplicates()
        yield from self._shared_scenes()
        if not self.synthetic:
            yield from self._near_copies()

    def _duplicates(self) -> Iterator[Finding]:
        exact = (copies for copies in self.frames.values() if len(copies) > 1)
        yield from (self._duplicate(copies, "duplicate", "the very same images") for copies in exact)
        alike = () if self.synthetic else self.resaved.groups()
        told = "the very same truth and frames that look alike"
        yield from (self._duplicate(copies, "near-duplicate", told) for copies in alike)

    def _duplicate(self, copies: Sequence[Named], kind: str, what: str) -> Finding:
        across = len({split for _, split in copies if split}) > 1
        return Finding(
            self.severity if across else "warning",
            kind,
            f"{len(copies)} samples have {what}: {_first(copies)}",
            "keep one: the test must not hold what was trained on" if across else "keep one: it counts many times",
        )

    def _shared_scenes(self) -> Iterator[Finding]:
        shared = {scene: splits for scene, splits in self.scenes.items() if len(splits) > 1}
        if shared and self.by == "time":
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
                f"scene `{scene}` is in {_listed(splits)}",
                "put each scene into one split, or declare a split in time",
            )

    def _near_copies(self) -> Iterator[Finding]:
        """Scenes of different names that show the same place: one finding a place."""
        seen = [place for place in self.backgrounds.values() if place.scenes and place.picture is not None]
        if not seen:
            return
        shown: dict[int, dict[str, set[str]]] = {}
        for place, number in zip(seen, places(np.stack([place.picture for place in seen])), strict=True):  # type: ignore[misc]
            scenes = shown.setdefault(number, {})
            for scene, splits in place.scenes.items():
                scenes.setdefault(scene, set()).update(splits)
        yield from (self._twins(scenes) for scenes in shown.values() if len(scenes) > 1)

    def _twins(self, scenes: Mapping[str, set[str]]) -> Finding:
        across = len(set().union(*scenes.values())) > 1
        return Finding(
            self.severity if across else "warning",
            "leak" if across else "near-duplicate background",
            f"{len(scenes)} scenes show nearly the same background: "
            + _first([(scene, _listed(splits)) for scene, splits in scenes.items()]),
            "if it is one camera, give them one scene (one background), so that one split gets all of them"
            if across
            else "if it is one camera, give them one scene",
        )


def _bytes(image: Tensor) -> memoryview:
    return image.contiguous().numpy().data


def _first(named: Sequence[tuple[str, str]]) -> str:
    """A few names, each with its splits, as many different splits as there are."""
    one_each = {splits: (name, splits) for name, splits in reversed(named)}
    named = [*reversed(one_each.values()), *(pair for pair in named if one_each[pair[1]] != pair)]
    text = ", ".join(f"`{name}`{f' ({splits})' if splits else ''}" for name, splits in named[:NAMED])
    return text + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")


def _listed(splits: set[str]) -> str:
    return " and ".join(name for name in SPLITS if name in splits)
