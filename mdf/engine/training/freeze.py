"""Freezes layers: their parameters, batch-norm statistics and optimiser state do not change in any byte."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mdf.engine.model import Model


def train_mode(model: Model, frozen: Collection[str], frozen_norms: bool = False) -> None:
    """Put `model` in training mode, but freeze the own layers of the tasks in `frozen`.

    Frozen parameters get no gradient, so that AdamW skips them, also their decay and moments. Their layers are in
    `eval` mode, so that batch norm keeps its statistics. With `frozen_norms` every batch norm keeps them, and
    learns its scale and offset.
    """
    model.train()
    for task in model.tasks:
        for layer in model.own_layers(task):
            _freeze(layer, task in frozen)
    if frozen_norms:
        for layer in model.modules():
            if isinstance(layer, _BatchNorm):
                layer.eval()


def _freeze(layer: nn.Module, frozen: bool) -> None:
    layer.train(not frozen)
    for parameter in layer.parameters():
        parameter.requires_grad_(not frozen)
        if frozen:
            parameter.grad = None
