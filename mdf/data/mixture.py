"""Data sets that train together: the training split of all, the evaluation of the first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor

from mdf.core.dataset import Dataset, Doubt, Splits
from mdf.core.errors import ConfigError
from mdf.core.sample import Batch


class Mixture(Dataset):
    """`base`, and the training samples of `extras` beside its own; validation and test stay `base`'s.

    Its tasks are those of all; a sample of a set without one has that target invalid. What it knows is what `base`
    does; of an extra that does not know it, it is not known. Raises ConfigError where two sets give one task in
    different units.
    """

    def __init__(self, base: Dataset, extras: Sequence[Dataset]) -> None:
        self.members = [base, *extras]
        self.starts = [0, *accumulate(len(member) for member in self.members)]
        self.tasks = tuple(dict.fromkeys(task for member in self.members for task in member.tasks))
        self.units = _common_units(self.members)
        self.knows = base.knows
        self.examples: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return self.starts[-1]

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images."""
        member, inner = self._place(index)
        return self.members[member].native_size(inner)

    def read(self, indices: Sequence[int]) -> Batch:
        """Samples of one size, of whichever sets, in the order asked for."""
        parts = self._by_member(indices)
        batches = [self._complete(member.read(inner)) for member, _, inner in parts]
        return _reorder(Batch.concatenate(batches), [position for _, mine, _ in parts for position in mine])

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What is known of samples of one size."""
        shape = (len(indices), 1, *self.native_size(indices[0]))
        found = {name: torch.full(shape, torch.nan) for name in self.knows}
        for member, positions, inner in self._by_member(indices):
            for name, values in member.known(inner).items():
                if name in found:
                    found[name][positions] = values
        return found

    def _by_member(self, indices: Sequence[int]) -> list[tuple[Dataset, list[int], list[int]]]:
        """Each member that is asked: the positions of its samples in `indices`, and its own indices of them."""
        places = [self._place(index) for index in indices]
        positions = [[at for at, place in enumerate(places) if place[0] == n] for n in range(len(self.members))]
        return [
            (member, mine, [places[at][1] for at in mine])
            for member, mine in zip(self.members, positions, strict=True)
            if mine
        ]

    def splits(self) -> Splits:
        """The base's splits, the others' training samples added to its own."""
        own = self.members[0].splits()
        extra = [
            start + index
            for start, member in zip(self.starts[1:], self.members[1:], strict=False)
            for index in member.splits().train
        ]
        return replace(own, train=[*own.train, *extra])

    def probe_indices(self) -> Sequence[int]:
        """Those of all."""
        return [s + i for s, member in zip(self.starts, self.members, strict=False) for i in member.probe_indices()]

    def unused_files(self) -> Sequence[str]:
        """Those of all."""
        return [told for member in self.members for told in member.unused_files()]

    def frame_range(self) -> tuple[int, int] | None:
        """The base's."""
        return self.members[0].frame_range()

    def doubts(self) -> Sequence[Doubt]:
        """Those of all."""
        return [doubt for member in self.members for doubt in member.doubts()]

    def fingerprint(self) -> str:
        """A hash of the members'."""
        text = "+".join(member.fingerprint() for member in self.members)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _place(self, index: int) -> tuple[int, int]:
        member = next(i for i in range(len(self.members)) if index < self.starts[i + 1])
        return member, index - self.starts[member]

    def _target(self, task: str) -> Tensor:
        """One target of `task`, for its channels and dtype; read once, since batches ask for it again and again."""
        if task not in self.examples:
            member = next(m for m in self.members if task in m.tasks)
            self.examples[task] = member.read([0]).targets[task]
        return self.examples[task]

    def _complete(self, batch: Batch) -> Batch:
        """The batch with an invalid target for every task that its set does not hold."""
        missing = [task for task in self.tasks if task not in batch.targets]
        if not missing:
            return batch
        shape = (len(batch), 1, *batch.size)
        like = {task: self._target(task) for task in missing}
        empty = {t: torch.zeros((len(batch), x.shape[1], *batch.size), dtype=x.dtype) for t, x in like.items()}
        unknown = {task: torch.zeros(shape, dtype=torch.bool) for task in missing}
        return replace(batch, targets={**batch.targets, **empty}, valid={**batch.valid, **unknown})


def _common_units(members: Sequence[Dataset]) -> dict[str, str]:
    units: dict[str, str] = {}
    for member in members:
        for task, unit in member.units.items():
            if units.setdefault(task, unit) != unit:
                raise ConfigError(
                    f"the data sets give `{task}` in {units[task]} and in {unit}, which cannot be learned together",
                    "leave one of the `--extra-train` sets out",
                )
    return units


def _reorder(batch: Batch, order: Sequence[int]) -> Batch:
    """The batch whose sample `i` belongs at position `order[i]`, put in order."""
    if list(order) == sorted(order):
        return batch
    back = sorted(range(len(order)), key=lambda i: order[i])

    def pick(tensor: Tensor) -> Tensor:
        return tensor[back]

    return replace(
        batch,
        ids=tuple(batch.ids[i] for i in back),
        scenes=tuple(batch.scenes[i] for i in back),
        tags=tuple(batch.tags[i] for i in back) if batch.tags else (),
        bg=pick(batch.bg),
        fg_bg=pick(batch.fg_bg),
        targets={task: pick(x) for task, x in batch.targets.items()},
        valid={task: pick(x) for task, x in batch.valid.items()},
    )
