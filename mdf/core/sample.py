"""`Sample` and `Batch`: two images, their targets, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair of images and what is known about it.

    Attributes:
        id: unique within its data set.
        scene: which camera or background it shows; splits never share one.
        bg, fg_bg: the empty scene and the current frame, 3×H×W uint8 RGB.
        targets: by task: `mask` 1×H×W uint8 (1 = foreground), `depth` 1×H×W float32 (metres, or relative).
        valid: by task: 1×H×W bool; invalid pixels are never learned from or scored.
        tags: conditions such as `shadow` or `low_light`.
        known: what the data set knows of the empty scene (`Dataset.known`), where a method asked for it; else empty.
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

    `bg` and `fg_bg` are uint8 as stored, or float 0–1. `jitter`, N×2×5 float32 for `bg` and `fg_bg` of each sample, is
    a change of colours that the model makes where it normalises them: of (gain, r, g, b, offset) every colour x of a
    pixel becomes gain·x + r·red + g·green + b·blue + offset, cut to 0–1; None = none. `known` stays at the native size
    when the images are resized.
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

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the images."""
        return self.bg.shape[-2], self.bg.shape[-1]

    @staticmethod
    def stack(samples: Iterable[Sample]) -> Batch:
        """Samples of one size, holding the same tasks, as a batch."""
        items = list(samples)
        first = items[0]
        return Batch(
            ids=tuple(s.id for s in items),
            scenes=tuple(s.scene for s in items),
            bg=torch.stack([s.bg for s in items]),
            fg_bg=torch.stack([s.fg_bg for s in items]),
            targets={task: torch.stack([s.targets[task] for s in items]) for task in first.targets},
            valid={task: torch.stack([s.valid[task] for s in items]) for task in first.valid},
            tags=tuple(s.tags for s in items),
            known={name: torch.stack([s.known[name] for s in items]) for name in first.known},
        )

    @staticmethod
    def concatenate(batches: Sequence[Batch]) -> Batch:
        """Batches of one size, one after the other."""
        if len(batches) == 1:
            return batches[0]
        first = batches[0]
        return Batch(
            ids=tuple(i for b in batches for i in b.ids),
            scenes=tuple(s for b in batches for s in b.scenes),
            bg=torch.cat([b.bg for b in batches]),
            fg_bg=torch.cat([b.fg_bg for b in batches]),
            targets={task: torch.cat([b.targets[task] for b in batches]) for task in first.targets},
            valid={task: torch.cat([b.valid[task] for b in batches]) for task in first.valid},
            tags=tuple(t for b in batches for t in b.tags),
            known={name: torch.cat([b.known[name] for b in batches]) for name in first.known},
        )

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on `device`."""

        def move(tensor: Tensor) -> Tensor:
            return tensor.to(device, non_blocking=True)

        return replace(
            self,
            bg=move(self.bg),
            fg_bg=move(self.fg_bg),
            targets={task: move(t) for task, t in self.targets.items()},
            valid={task: move(t) for task, t in self.valid.items()},
            known={name: move(t) for name, t in self.known.items()},
            jitter=None if self.jitter is None else move(self.jitter),
        )

    def without_truth(self) -> Batch:
        """What a method may see when it predicts: the images, and what is known of the empty scenes if it asks."""
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
                tags=self.tags[i] if self.tags else frozenset(),
                known={name: t[i] for name, t in self.known.items()},
            )
            for i in range(len(self))
        ]
