"""Several data sets as one: all are trained on, the first is evaluated."""

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
    """The data set `base`, with the training samples of `extras` added; validation and test splits are those of `base`.

    The mixture has the tasks of all its members: where a member lacks a task, its samples have an invalid target for
    it. It knows of the empty scenes what any member knows, NaN where another does not know it.

    Raises
        ConfigError: two members give one task in different units.
    """

    def __init__(self, base: Dataset, extras: Sequence[Dataset]) -> None:
        self.members = [base, *extras]
        self.starts = [0, *accumulate(len(member) for member in self.members)]
        self.tasks = tuple(dict.fromkeys(task for member in self.members for task in member.tasks))
        self.units = _common_units(self.members)
        self.knows = tuple(dict.fromkeys(name for member in self.members for name in member.knows))
        self.examples: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return self.starts[-1]

    def native_size(self, index: int) -> tuple[int, int]:
        """(height, width) of a sample's images."""
        member, inner = self._locate(index)
        return self.members[member].native_size(inner)

    def read(self, indices: Sequence[int]) -> Batch:
        """Samples of one size, of any members, in the order asked for."""
        parts = self._by_member(indices)
        joined = Batch.concatenate([self._complete(member.read(inner)) for member, _, inner in parts])
        positions = [position for _, mine, _ in parts for position in mine]
        return joined.select(sorted(range(len(positions)), key=positions.__getitem__))

    def known(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """What is known of the empty scenes of samples of one size."""
        shape = (len(indices), 1, *self.native_size(indices[0]))
        known = {name: torch.full(shape, torch.nan) for name in self.knows}
        for member, positions, inner in self._by_member(indices):
            for name, values in member.known(inner).items():
                if name in known:
                    known[name][positions] = values
        return known

    def _by_member(self, indices: Sequence[int]) -> list[tuple[Dataset, list[int], list[int]]]:
        """Each member that has some of these samples: their positions in `indices`, and the member's own indices."""
        located = [self._locate(index) for index in indices]
        positions = [[at for at, (number, _) in enumerate(located) if number == n] for n in range(len(self.members))]
        return [
            (member, mine, [located[at][1] for at in mine])
            for member, mine in zip(self.members, positions, strict=True)
            if mine
        ]

    def splits(self) -> Splits:
        """The splits of the base, the training samples of the others added."""
        own = self.members[0].splits()
        extra = [
            start + index
            for start, member in zip(self.starts[1:], self.members[1:], strict=False)
            for index in member.splits().train
        ]
        return replace(own, train=[*own.train, *extra])

    def probe_indices(self) -> Sequence[int]:
        """The probe indices of all members."""
        return [s + i for s, member in zip(self.starts, self.members, strict=False) for i in member.probe_indices()]

    def unused_files(self) -> Sequence[str]:
        """The unused files of all members."""
        return [sentence for member in self.members for sentence in member.unused_files()]

    def frame_range(self) -> tuple[int, int] | None:
        """The base's."""
        return self.members[0].frame_range()

    def doubts(self) -> Sequence[Doubt]:
        """Those of all."""
        return [doubt for member in self.members for doubt in member.doubts()]

    def fingerprint(self) -> str:
        """A hash of the fingerprints of all members."""
        text = "+".join(member.fingerprint() for member in self.members)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _locate(self, index: int) -> tuple[int, int]:
        """The number of the member that has a sample, and the sample's index there."""
        member = next(i for i in range(len(self.members)) if index < self.starts[i + 1])
        return member, index - self.starts[member]

    def _target(self, task: str) -> Tensor:
        """One target of `task`, for its channels and dtype; read only once."""
        if task not in self.examples:
            member = next(m for m in self.members if task in m.tasks)
            self.examples[task] = member.read([0]).targets[task]
        return self.examples[task]

    def _complete(self, batch: Batch) -> Batch:
        """The batch with an invalid target for every task that its data set lacks."""
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
