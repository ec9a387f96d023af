"""The checkpoint of a training on disk: one safetensors file with plain data as JSON in its header.

Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypedDict

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mdf.engine.training.checkpoint import Checkpoint, Facts
from mdf.runs.tensors import own, write_tensors


class Header(TypedDict):
    """The plain data of a checkpoint's file: its training, a hash of its tensors, and the facts."""

    key: str
    digest: str
    facts: Facts


class CheckpointFile:
    """The checkpoint of the training `key` at `path`.

    A damaged file, or one of another training, is ignored: `log` gets a line, and the training starts from the
    beginning.
    """

    def __init__(self, path: Path, key: str, log: Callable[[str], None]) -> None:
        self.path, self.key, self.log = path, key, log

    def load(self) -> Checkpoint | None:
        """What an earlier process left; None if there is nothing to continue from."""
        if not self.path.is_file():
            return None
        try:
            header, tensors = _read(self.path)
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            self.log(f"{self.path} is damaged ({error}): the training starts from the beginning")
            return None
        if header["key"] != self.key:
            self.log(f"{self.path} is of another training, {header['key']}: this one starts from the beginning")
            return None
        if header["digest"] != _digest(tensors):
            self.log(f"{self.path} is damaged (its content has changed): the training starts from the beginning")
            return None
        self.log(f"continuing from {self.path}, step {header['facts'].get('step')}")
        return Checkpoint(tensors, header["facts"])

    def save(self, checkpoint: Checkpoint) -> None:
        """Write `checkpoint` as a whole. Raises StorageError if the disk does not allow it."""
        tensors = {name: own(value) for name, value in checkpoint.tensors.items()}
        header = Header(key=self.key, digest=_digest(tensors), facts=checkpoint.facts)
        write_tensors(self.path, tensors, {"mdf": json.dumps(header)})


def _read(path: Path) -> tuple[Header, dict[str, Tensor]]:
    with safe_open(path, framework="pt", device="cpu") as file:
        table = json.loads((file.metadata() or {})["mdf"])
        facts: Facts = table["facts"]
        if not isinstance(facts, dict):
            raise TypeError("its facts are not a table")
        header = Header(key=str(table["key"]), digest=str(table["digest"]), facts=facts)
        return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """A hash of names and values: safetensors itself checks only the lengths."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
