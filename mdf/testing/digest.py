"""A data set's samples as short digests, so that two processes can compare what they read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.sample import Sample


def digests(dataset: Dataset, indices: Sequence[int]) -> dict[str, str]:
    """`sample INDEX` → digest, each read in a batch of its own."""
    return {f"sample {i}": digest(dataset.read([i]).split()[0]) for i in indices}


def digest(sample: Sample) -> str:
    """A hash of everything in a sample, to the bit."""
    total = hashlib.sha256(repr((sample.id, sample.scene, sorted(sample.tags))).encode())
    tensors = {"bg": sample.bg, "fg_bg": sample.fg_bg}
    tensors |= {f"target {t}": x for t, x in sample.targets.items()} | {
        f"valid {t}": x for t, x in sample.valid.items()
    }
    for name in sorted(tensors):
        total.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        total.update(_bytes(tensors[name]))
    return total.hexdigest()


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().numpy().tobytes()
