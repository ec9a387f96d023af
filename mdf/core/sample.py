"""`Sample` and `Batch`: two images, their targets, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

BACKGROUND_DEPTH = "background_depth"
"""The depth of the empty scene, among the `known` facts of samples."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair of images and what is known about it.

    Attributes:
        id: unique within its data set.
        scene: which camera or background it shows.
        bg, fg_bg: the empty scene and the current frame, 3×H×W uint8 RGB.
        targets: by task C×H×W of the task's dtype: `mask` 1×H×W uint8 (1 = foreground), `depth` 1×H×W float32 (metres,
            or relative).
        valid: by task 1×H×W bool; invalid pixels are never learned from or scored.
        tags: conditions such as `shadow` or `low_light`.
        known: what the data set knows of the empty scene (`Dataset.known`), if a method asked for it; else empty.
    """

    id: str
    scene: str
    bg: Tensor
    fg_bg: Tensor
    targets: Mapping[str, Tensor] = field(default_factory=dict)
    valid: Mapping[str, Tensor] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    known: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one size, stacked: every tensor of `Sample` with N in front.

    `bg` and `fg_bg` are uint8 as stored, or float 0–1. `tags` may be left out: no sample has any then. `known` stays at
    the native size when the images are resized.

    `jitter`, N×2×5 float32 for `bg` and `fg_bg` of each sample, is a change of colours that the model makes where it
    normalises them; None = no change. With (gain, r, g, b, offset) each colour x of a pixel becomes
    gain·x + r·red + g·green + b·blue + offset, cut to 0–1.
    """

    ids: tuple[str, ...]
    scenes: tuple[str, ...]
    bg: Tensor
    fg_bg: Tensor
    targets: Mapping[str, Tensor] = field(default_factory=dict)
    valid: Mapping[str, Tensor] = field(default_factory=dict)
    tags: tuple[frozenset[str], ...] = ()
    known: Mapping[str, Tensor] = field(default_factory=dict)
    jitter: Tensor | None = None

    def __post_init__(self) -> None:
        if not self.tags:
            object.__setattr__(self, "tags", (frozenset(),) * len(self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the images."""
        return self.bg.shape[-2], self.bg.shape[-1]

    @staticmethod
    def stack(samples: Iterable[Sample]) -> Batch:
        """Samples of one size as a batch.

        Raises
            ValueError: there is no sample, or one holds a task that another lacks.
        """
        items = list(samples)
        return Batch(
            ids=tuple(s.id for s in items),
            scenes=tuple(s.scene for s in items),
            bg=torch.stack([s.bg for s in items]),
            fg_bg=torch.stack([s.fg_bg for s in items]),
            targets=_joined([s.targets for s in items], torch.stack),
            valid=_joined([s.valid for s in items], torch.stack),
            tags=tuple(s.tags for s in items),
            known=_joined([s.known for s in items], torch.stack),
        )

    @staticmethod
    def concatenate(batches: Sequence[Batch]) -> Batch:
        """Batches of one size, one after the other.

        Raises
            ValueError: there is no batch, or one holds a task, a known fact or a jitter that another lacks.
        """
        if len(batches) == 1:
            return batches[0]
        jitters = [{} if b.jitter is None else {"jitter": b.jitter} for b in batches]
        return Batch(
            ids=tuple(i for b in batches for i in b.ids),
            scenes=tuple(s for b in batches for s in b.scenes),
            bg=torch.cat([b.bg for b in batches]),
            fg_bg=torch.cat([b.fg_bg for b in batches]),
            targets=_joined([b.targets for b in batches], torch.cat),
            valid=_joined([b.valid for b in batches], torch.cat),
            tags=tuple(t for b in batches for t in b.tags),
            known=_joined([b.known for b in batches], torch.cat),
            jitter=_joined(jitters, torch.cat).get("jitter"),
        )

    def select(self, indices: Sequence[int]) -> Batch:
        """The samples at `indices`, in that order, as often as they are named. The tensors of consecutive samples are
        views, others are copies.

        Raises
            IndexError: an index is outside the batch.
        """
        chosen = [range(len(self))[index] for index in indices]
        consecutive = bool(chosen) and chosen == list(range(chosen[0], chosen[0] + len(chosen)))
        rows = slice(chosen[0], chosen[-1] + 1) if consecutive else chosen
        return replace(
            self.mapped(lambda tensor: tensor[rows]),
            ids=tuple(self.ids[i] for i in chosen),
            scenes=tuple(self.scenes[i] for i in chosen),
            tags=tuple(self.tags[i] for i in chosen),
        )

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The same batch, each of its tensors replaced by `change(tensor)`."""
        return replace(
            self,
            bg=change(self.bg),
            fg_bg=change(self.fg_bg),
            targets={task: change(t) for task, t in self.targets.items()},
            valid={task: change(t) for task, t in self.valid.items()},
            known={name: change(t) for name, t in self.known.items()},
            jitter=None if self.jitter is None else change(self.jitter),
        )

    @property
    def tensors(self) -> list[Tensor]:
        """Its tensors, in the order in which `mapped` changes them."""
        jitter = [] if self.jitter is None else [self.jitter]
        by_name = (self.targets, self.valid, self.known)
        return [self.bg, self.fg_bg, *(tensor for of in by_name for tensor in of.values()), *jitter]

    def holding(self, tensors: Iterable[Tensor]) -> Batch:
        """The same batch with other `tensors`, in the order of its own."""
        others = iter(tensors)
        return self.mapped(lambda _: next(others))

    def pinned(self) -> Batch:
        """The same batch in page-locked memory, from which a CUDA device copies while the CPU goes on."""
        return self.mapped(Tensor.pin_memory)

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on `device`; from pinned memory to a CUDA device without waiting for the copy."""
        return self.mapped(lambda tensor: tensor.to(device, non_blocking=True))

    def without_truth(self) -> Batch:
        """What a method may see when it predicts: the images, and what is known of the empty scenes if it asked."""
        return replace(self, targets={}, valid={})

    def split(self) -> list[Sample]:
        """The batch as single samples."""
        return [
            Sample(
                id=self.ids[i],
                scene=self.scenes[i],
                bg=self.bg[i],
                fg_bg=self.fg_bg[i],
                targets={task: t[i] for task, t in self.targets.items()},
                valid={task: t[i] for task, t in self.valid.items()},
                tags=self.tags[i],
                known={name: t[i] for name, t in self.known.items()},
            )
            for i in range(len(self))
        ]


def _joined(parts: Sequence[Mapping[str, Tensor]], join: Callable[[list[Tensor]], Tensor]) -> dict[str, Tensor]:
    """Tensors by name, those of one name joined; every part has the same names."""
    names = list(parts[0]) if parts else []
    if any(set(part) != set(names) for part in parts):
        raise ValueError(f"samples that are joined hold the same things: {[sorted(part) for part in parts]}")
    return {name: join([part[name] for part in parts]) for name in names}
