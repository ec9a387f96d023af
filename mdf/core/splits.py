"""Splits samples into training, validation and test: by whole scenes, or by blocks of time within each scene."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, Self

from pydantic import Field, model_validator

from mdf.core.component import ComponentConfig
from mdf.core.dataset import Splits
from mdf.core.errors import DataError


class Shares(ComponentConfig):
    """How much of the data is not used for training."""

    val_share: float = Field(0.15, gt=0, lt=1, description="Share of frames (or scenes) for validation.")
    test_share: float = Field(0.25, gt=0, lt=1, description="Share of frames (or scenes) for testing.")

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.val_share + self.test_share >= 1:
            raise ValueError("val_share + test_share must be below 1, so that something is left to train on")
        return self


class SplitOptions(Shares):
    """How samples are split."""

    split: Literal["auto", "scene", "time", "none"] = Field(
        "auto",
        description="`scene`: no scene is in two splits; `time`: each scene is split in time; `auto`: by scene if "
        "there are three or more scenes, otherwise in time; `none`: all samples are for testing.",
    )
    gap: int = Field(10, ge=0, description="Number of unused frames between the blocks of a split in time.")


def split_samples(scenes: Sequence[str | None], options: SplitOptions, source: str, noun: str = "frame") -> Splits:
    """The splits of samples whose scenes are given, one a sample; None = in no split.

    The samples of a scene stand in order of time. `source` and `noun` are what messages call the data set and a sample.

    Raises
        DataError: too few scenes to split by scene, or too few samples to split in time.
    """
    names = _names(scenes)
    if options.split == "none":
        return Splits([], [], [index for index, scene in enumerate(scenes) if scene is not None])
    if options.split == "time" or (options.split == "auto" and len(names) < 3):
        return _by_time(scenes, options, source, noun)
    return split_by_scene(scenes, options, source)


def split_by_scene(scenes: Sequence[str | None], shares: Shares, source: str) -> Splits:
    """Splits that share no scene. Raises DataError where there are fewer than three scenes."""
    names = _names(scenes)
    if len(names) < 3:
        raise DataError(
            f"{source}: {len(names)} scene(s) cannot be split by scene into train, validation and test.",
            "Use three scenes or more, or a split in time where the data set has one.",
        )
    groups = scene_groups(names, shares.val_share, shares.test_share)
    group_of = {scene: number for number, group in enumerate(groups) for scene in group}
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for index, scene in enumerate(scenes):
        if scene is not None:
            parts[group_of[scene]].append(index)
    return Splits(*parts, by="scene")


def _names(scenes: Sequence[str | None]) -> list[str]:
    return list(dict.fromkeys(scene for scene in scenes if scene is not None))


def _by_time(scenes: Sequence[str | None], options: SplitOptions, source: str, noun: str) -> Splits:
    members: dict[str, list[int]] = {name: [] for name in _names(scenes)}
    for index, scene in enumerate(scenes):
        if scene is not None:
            members[scene].append(index)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for scene, indices in members.items():
        blocks = time_blocks(len(indices), options.val_share, options.test_share, options.gap)
        if blocks is None:
            raise DataError(
                f"{source}: {scene} has {len(indices)} {noun}(s); a split in time with gap {options.gap} needs "
                f"{2 * options.gap + 3}.",
                f"Set a smaller gap, or use more {noun}s or three scenes.",
            )
        for part, block in zip(parts, blocks, strict=True):
            part.extend(indices[position] for position in block)
    return Splits(*parts, by="time")


def time_blocks(frames: int, val_share: float, test_share: float, gap: int) -> tuple[range, range, range] | None:
    """The positions for training, validation and test, in this order of time, with `gap` unused frames between them.

    The shares are those of the frames without the gaps; each block has at least one frame. None where there are too few
    frames.
    """
    usable = frames - 2 * gap
    if usable < 3:
        return None
    test = min(max(round(usable * test_share), 1), usable - 2)
    val = min(max(round(usable * val_share), 1), usable - 1 - test)
    train = usable - val - test
    return range(train), range(train + gap, train + gap + val), range(frames - test, frames)


def scene_groups(scenes: Sequence[str], val_share: float, test_share: float) -> tuple[list[str], list[str], list[str]]:
    """The scenes for training, validation and test, at least one each; there must be three or more.

    Scenes are ordered by a hash of their names: this mixes categories and is the same on every machine.
    """
    if len(scenes) < 3:
        raise ValueError(f"three groups need three scenes: got {len(scenes)}")
    order = sorted(scenes, key=lambda scene: blake2b(scene.encode(errors="surrogateescape")).digest())
    test = min(max(round(len(order) * test_share), 1), len(order) - 2)
    val = min(max(round(len(order) * val_share), 1), len(order) - 1 - test)
    return order[test + val :], order[test : test + val], order[:test]
