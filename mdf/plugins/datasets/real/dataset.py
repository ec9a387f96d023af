"""Real scenes of any kind below one folder, to score on: CDnet, SBI2015, one's own recordings, side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import accumulate

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.dataset import Dataset, Doubt, Splits
from mdf.core.errors import DataError
from mdf.core.names import suggest
from mdf.core.sample import Batch
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.real.find import LeftOut, find_places, open_scenes

MASK = "mask"


class RealScenes(Dataset):
    """Samples with a `mask` of every scene that is found below a folder; all are for scoring, none for training.

    A scene is a folder with `input/` and `groundtruth/` (CDnet 2014, SBI2015 with its `background.png`), read as
    `cdnet:` reads it; one of frames with a folder of labels beside it, read as `lasiesta:` reads it; or one with `bg/`,
    `fg_bg/` and `mask/`, read as `folder:` reads it: there each background is a scene. A scene is called after its
    folder. One that cannot be opened is left out, and a warning names it.

    The background of a video is the image beside `input/`; else the usual colours of the frames before the first scored
    one, or of all where those are few.
    """

    class Config(ComponentConfig):
        """Options of the real scenes."""

        scenes: tuple[str, ...] = Field(
            (), description="Names of the scenes to use, e.g. `highway`, `night*`; empty = all."
        )
        background_frames: int = Field(50, ge=1, description="Frames, evenly spaced, that it is estimated from.")

    tasks = (MASK,)
    cached = True

    def __init__(self, config: Config, variant: str) -> None:
        self.config = config
        self.units: dict[str, str] = {}
        root = data_folder(variant, "real:PATH").resolve()
        opened, left_out = open_scenes(list(find_places(root)), config.background_frames)
        self.left_out: Sequence[LeftOut] = left_out
        if not opened:
            why = (
                f": {left_out[0].reason}"
                if left_out
                else ", neither input/ and groundtruth/ nor bg/ and fg_bg/ nor frames beside a folder NAME-GT"
            )
            raise DataError(
                f"real: {root} holds no scene that can be read{why}",
                left_out[0].hint if left_out else "Give a folder of videos in CDnet's layout, or of `folder:` sets.",
            )
        chosen = _chosen(opened, config.scenes)
        self._names = list(chosen)
        self._members = list(chosen.values())
        self._starts = [0, *accumulate(len(member) for member in self._members)]

    def __len__(self) -> int:
        return self._starts[-1]

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of the sample's frame."""
        member, inner = self._locate(index)
        return self._members[member].native_size(inner)

    def read(self, indices: Sequence[int]) -> Batch:
        """Samples of one size, of any scenes, in the order asked for."""
        located = [self._locate(index) for index in indices]
        positions = [[at for at, (number, _) in enumerate(located) if number == n] for n in range(len(self._members))]
        parts = [(n, [located[at][1] for at in mine]) for n, mine in enumerate(positions) if mine]
        joined = Batch.concatenate([self._named(n, self._members[n].read(inner)) for n, inner in parts])
        order = [at for mine in positions for at in mine]
        return joined.select(sorted(range(len(order)), key=order.__getitem__))

    def splits(self) -> Splits:
        """All samples are for scoring."""
        return Splits([], [], range(len(self)))

    def unused_files(self) -> Sequence[str]:
        """Those of all scenes."""
        return [sentence for member in self._members for sentence in member.unused_files()]

    def read_as(self) -> Mapping[str, str]:
        """Which scenes there are."""
        return {"scenes": f"{len(self._names)}: {', '.join(self._names)}"}

    def doubts(self) -> Sequence[Doubt]:
        """The scenes that are left out, and what the others' files leave open."""
        left_out = [Doubt("warning", f"the scene {s.name} is left out: {s.reason}", s.hint) for s in self.left_out]
        return [*left_out, *(doubt for member in self._members for doubt in member.doubts())]

    def fingerprint(self) -> str:
        """A hash of all scenes: their names, files and options."""
        parts = [f"{n}={member.fingerprint()}" for n, member in zip(self._names, self._members, strict=True)]
        return hashlib.blake2b("+".join(["real 1", *parts]).encode(), digest_size=16).hexdigest()

    def _locate(self, index: int) -> tuple[int, int]:
        """The number of the scene that has a sample, and the sample's index there."""
        member = next(n for n in range(len(self._members)) if index < self._starts[n + 1])
        return member, index - self._starts[member]

    def _named(self, number: int, batch: Batch) -> Batch:
        """The batch of one scene, its samples and its scene named after it, with masks alone."""
        name = self._names[number]
        several = len(set(batch.scenes)) > 1 or not batch.scenes[0].endswith(name.rpartition("/")[2])
        pairs = zip(batch.scenes, batch.ids, strict=True)
        return replace(
            batch,
            scenes=tuple(f"{name}/{scene}" if several else name for scene in batch.scenes),
            ids=tuple(f"{name}/{id_.removeprefix(f'{scene}/')}" for scene, id_ in pairs),
            targets={MASK: batch.targets[MASK]},
            valid={MASK: batch.valid[MASK]},
            known={},
        )


def _chosen(opened: Mapping[str, Dataset], wanted: Sequence[str]) -> dict[str, Dataset]:
    """The scenes that one of the patterns `wanted` names; all without any. Raises DataError where one names none."""
    for pattern in wanted:
        if not any(_is_called(name, pattern) for name in opened):
            raise DataError(
                f"real: no scene is called {pattern!r}.", suggest(pattern, opened) or "`mdf data info` lists all."
            )
    return {name: x for name, x in opened.items() if not wanted or any(_is_called(name, p) for p in wanted)}


def _is_called(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)
