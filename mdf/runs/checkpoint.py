"""A training's checkpoint on disk: one safetensors file, its plain data as JSON in the header. Nothing is unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mdf.engine.training.checkpoint import Checkpoint
from mdf.runs.tensors import own, write_tensors


class CheckpointFile:
    """The checkpoint of the training `key` at `path`. A file of another training, or a damaged one, is left aside:
    `log` is told so, and the training begins anew."""

    def __init__(self, path: Path, key: str, log: Callable[[str], None]) -> None:
        self.path, self.key, self.log = path, key, log

    def load(self) -> Checkpoint | None:
        """What an earlier process left; None where there is nothing to go on from."""
        if not self.path.is_file():
            return None
        try:
            found, tensors = _read(self.path)
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            self.log(f"{self.path} is damaged ({error}): the training begins anew")
            return None
        if found["key"] != self.key:
            self.log(f"{self.path} is of another training, {found['key']}: this one begins anew")
            return None
        if found["digest"] != _digest(tensors):
            self.log(f"{self.path} is damaged (its content is not what was written): the training begins anew")
            return None
        self.log(f"going on from {self.path}, step {found['facts'].get('step')}")
        return Checkpoint(tensors, found["facts"])

    def save(self, checkpoint: Checkpoint) -> None:
        """Write `checkpoint` as a whole. Raises StorageError where the disk does not allow it."""
        tensors = {name: own(value) for name, value in checkpoint.tensors.items()}
        told = {"key": self.key, "digest": _digest(tensors), "facts": checkpoint.facts}
        write_tensors(self.path, tensors, {"mdf": json.dumps(told)})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    with safe_open(path, framework="pt", device="cpu") as file:
        told = json.loads((file.metadata() or {})["mdf"])
        str(told["key"]), str(told["digest"]), dict(told["facts"])
        return told, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """A hash of names and values: safetensors itself checks the lengths alone."""
    found = hashlib.blake2b(digest_size=16)
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
