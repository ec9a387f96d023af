"""Freezes layers: their parameters, batch-norm statistics and optimiser state do not change in any byte."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn

from mdf.engine.model import Model


def train_mode(model: Model, frozen: Collection[str]) -> None:
    """Put `model` in training mode, but freeze the own layers of the tasks in `frozen`.

    Frozen parameters get no gradient, so that AdamW skips them, also their decay and moments. Their layers are in
    `eval` mode, so that batch norm keeps its statistics.
    """
    model.train()
    for task in model.tasks:
        for layer in model.own_layers(task):
            _freeze(layer, task in frozen)


def _freeze(layer: nn.Module, frozen: bool) -> None:
    layer.train(not frozen)
    for parameter in layer.parameters():
        parameter.requires_grad_(not frozen)
        if frozen:
            parameter.grad = None
