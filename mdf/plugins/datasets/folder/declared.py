"""Splits that the user declared, by folders or by a column. A declared test set is never used for training."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.dataset import SplitName, Splits
from mdf.core.errors import DataError
from mdf.core.splits import SplitOptions, split_samples

WORDS: dict[str, SplitName] = {
    **dict.fromkeys(("train", "training", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}


def split_of(word: str) -> SplitName | None:
    """The split with this name; None if it is not the name of a split.

    >>> split_of("Valid"), split_of("test_set"), split_of("kitchen")
    ('val', 'test', None)
    """
    plain = "".join(letter for letter in word.casefold() if letter.isalnum())
    return WORDS.get(plain.removesuffix("set"))


def folder_splits(names: Sequence[str], split: str) -> list[SplitName | None] | None:
    """The split of each frame by the first folder of its name; None if the folders are not splits.

    Raises
        DataError: only some folders are splits, and the option `split` does not say to ignore them.
    """
    folders = {name.partition("/")[0] if "/" in name else "" for name in names}
    splits = {folder: split_of(folder) for folder in folders}
    kinds = {kind for kind in splits.values() if kind}
    if len(kinds) > 1 and all(splits.values()):
        return [splits[name.partition("/")[0]] for name in names]
    kept_apart = sorted(folder for folder, kind in splits.items() if kind in ("val", "test"))
    if kept_apart and len(folders) > 1 and split == "auto":
        others = sorted(folder or "no folder" for folder, kind in splits.items() if not kind)
        raise DataError(
            f"folder: frames lie in {' and '.join(f'{folder}/' for folder in kept_apart)} as in a split, and others in "
            f"{', '.join(others[:3])}. It is not clear whether the former are kept from training.",
            "Put all frames into train/, val/ and test/; or, if these are names of scenes, set split to scene or time.",
        )
    return None


def declared_splits(
    scenes: Sequence[str | None], declared: Sequence[SplitName | None], options: SplitOptions, source: str
) -> Splits:
    """The splits as they were declared. A split that was not declared is taken from the training samples.

    Raises
        DataError: no sample is declared for training; the options ask for another split.
    """
    if options.split != "auto":
        raise DataError(
            f"{source}: the samples are split by hand, and split = {options.split} would split them again.",
            "Leave split out; or take away the column, or the folders, that declare it.",
        )
    parts: dict[str, list[int]] = {"train": [], "val": [], "test": []}
    for index, (scene, split) in enumerate(zip(scenes, declared, strict=True)):
        if scene is not None and split is not None:
            parts[split].append(index)
    missing = [name for name, part in parts.items() if not part]
    if "train" in missing:
        raise DataError(f"{source}: no sample is declared for training.", "Declare some, or leave the splits out.")
    if missing:
        own = set(parts["train"])
        shared = split_samples([s if i in own else None for i, s in enumerate(scenes)], options, source)
        for name in missing:
            parts[name] = list(shared.of("val" if name == "val" else "test"))
        taken = {index for name in missing for index in parts[name]}
        gone = own - {*shared.train, *shared.val, *shared.test}
        parts["train"] = sorted(own - taken - gone)
    seen = [{scenes[index] for index in part} for part in parts.values()]
    apart = not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    return Splits(parts["train"], parts["val"], parts["test"], by="scene" if apart else "time")
