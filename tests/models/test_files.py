"""A trained network's files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from mdf.models import files


def test_weights_that_are_tied_are_written_each_with_its_values(tmp_path: Path) -> None:
    layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
    layers[1].weight = layers[0].weight
    model: Any = SimpleNamespace(state_dict=layers.state_dict)
    files.write(tmp_path, model, {}, {})
    stored = files.weights_of(tmp_path)
    assert stored.keys() == layers.state_dict().keys()
    assert all(torch.equal(stored[key], value) for key, value in layers.state_dict().items())
