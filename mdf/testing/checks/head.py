"""Checks what a head promises: logits of its task, and a task whose three spaces fit together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mdf.core.grammar import parse_sum
from mdf.core.head import Head
from mdf.engine.objective import Objective, WeightedLoss
from mdf.testing.compare import Tensors, finite, require, shaped
from mdf.testing.inputs import probes
from mdf.testing.shared_checks import task, whole_model
from mdf.testing.shared_checks.network import Network, for_network
from mdf.testing.subject import Subject

CHANNELS = 12


def can_be_built(subject: Subject[Head]) -> None:
    """The head and its task are built from its options and the decoder's channels."""
    subject.create(CHANNELS)
    task.of(subject)


def can_be_built_in_a_worker(subject: Subject[Head]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject, CHANNELS)


def gives_logits_of_the_maps_size(subject: Subject[Head]) -> None:
    """Maps of any size, even of one pixel, give logits N×`Task.channels`×H×W."""
    head = subject.create(CHANNELS).eval()
    for size in ((1, 1), (7, 5), (24, 40)):
        with torch.no_grad():
            logits = head(probes.maps((2, CHANNELS, *size), 0))
        channels = head.Task.channels + head.Task.spread_channels
        shaped(logits, (2, channels, *size), f"from {size[0]}×{size[1]} the logits")


def its_line_names_task_loss_and_metrics(subject: Subject[Head]) -> None:
    """`Spec.tasks` holds the task; the default loss and metrics are on offer and are for that task."""
    spec, name = subject.offer.spec, subject.component_class.Task.name
    require(name in spec.tasks, f"its Spec's tasks are {spec.tasks}, without `{name}` of its Task")
    require(bool(spec.default_loss), "its Spec names no default_loss")
    require(bool(spec.default_metrics), "its Spec names no default_metrics")
    losses = [term.loss for term in parse_sum(spec.default_loss)]
    for kind, names in (("loss", losses), ("metric", spec.default_metrics)):
        for reference in names:
            line = subject.catalog.find(kind, reference).spec
            require(line.suits(name), f"{kind} `{reference}` is for {', '.join(line.tasks)}, not for `{name}`")


def its_default_loss_teaches_it(subject: Subject[Head]) -> None:
    """Its logits, its task and its default loss give a finite loss and finite gradients, not all zero."""
    own = task.of(subject)
    head = subject.create(CHANNELS).train()
    terms = tuple(
        WeightedLoss(subject.catalog.create("loss", term.loss, {}), term.weight)
        for term in parse_sum(subject.offer.spec.default_loss)
    )
    batch = task.batch_for(own)
    logits = head(probes.maps((len(batch), CHANNELS, *batch.size), 0))
    total = Objective({own.name: own}, {own.name: terms})({own.name: logits}, batch, (own.name,)).total
    finite(total.detach(), "the loss")
    total.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in head.parameters() if p.grad is not None]
    for gradient in gradients:
        finite(gradient, "the loss's gradient")
    require(any(bool(gradient.any()) for gradient in gradients), "the loss's gradient is zero everywhere")


def _network(subject: Subject[Head]) -> Network:
    def build(seed: int) -> nn.Module:
        return subject.create(CHANNELS, seed=seed)

    def inputs(count: int, seed: int) -> list[Tensor]:
        return [probes.maps((count, CHANNELS, 24, 40), seed)]

    def run(module: nn.Module, given: Sequence[Tensor]) -> Tensors:
        return {"logits": module(*given)}

    return Network(build, inputs, run)


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    gives_logits_of_the_maps_size,
    its_line_names_task_loss_and_metrics,
    its_default_loss_teaches_it,
    *task.CHECKS,
    *for_network(_network),
    *whole_model.CHECKS,
)
