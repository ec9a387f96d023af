"""Checks of whole models: the component under test, with the default components of an experiment as its partners."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.decoder import Decoder
from mdf.core.encoder import Encoder
from mdf.core.fusion import Fusion
from mdf.core.head import Head
from mdf.engine.model import Model
from mdf.engine.prepare.normalise import Normalise
from mdf.engine.training.freeze import train_mode
from mdf.testing.compare import equal, finite, require, shaped, typed
from mdf.testing.inputs import probes
from mdf.testing.inputs.sizes import Size, at_fitting_size
from mdf.testing.subject import AnySubject

if TYPE_CHECKING:
    from mdf.registry.kinds import AnyComponent, Argument

OWN = ""
"""Stands for the head under test, where heads are named."""


def compose(subject: AnySubject, seed: int = 0) -> Model:
    """A model for the tasks of a default experiment (and a head's own task) around the component."""
    catalog, defaults, tested = subject.catalog, ExperimentConfig(), subject.component_class
    torch.manual_seed(seed)

    def make(kind: str, *arguments: Argument) -> AnyComponent:
        if kind == subject.kind:
            return subject.create(*arguments, seed=seed)
        return catalog.create(kind, getattr(defaults, kind).name, {}, *arguments)

    fusion_class = tested if issubclass(tested, Fusion) else catalog.load("fusion", defaults.fusion.name)
    encoder = make("encoder", fusion_class.encoder_channels)
    assert isinstance(encoder, Encoder)
    fusion = make("fusion", encoder.features)
    assert isinstance(fusion, Fusion)
    heads = {task: head.name for task, head in defaults.heads.items()}
    if issubclass(tested, Head):
        heads = {tested.Task.name: OWN, **heads, tested.Task.name: OWN}
    decoder = make("decoder", fusion.features, tuple(heads))
    assert isinstance(decoder, Decoder)
    built: dict[str, Head] = {}
    for task, name in heads.items():
        head = make("head", decoder.channels) if name == OWN else catalog.create("head", name, {}, decoder.channels)
        assert isinstance(head, Head)
        built[task] = head
    return Model(encoder, fusion, decoder, built, Normalise("dataset", (0.5,) * 3, (0.25,) * 3))


def for_size(subject: AnySubject, size: Size) -> AnySubject:
    """The component with an encoder's options filled in, as an experiment at that image size does."""
    if not issubclass(subject.component_class, Encoder):
        return subject
    _, _, variant = subject.reference.partition(":")
    fitted = subject.component_class.adapt_config(subject.config, variant, size, None)
    return subject if fitted == subject.config else subject.with_options(fitted.model_dump())


def a_whole_model_takes_every_size(subject: AnySubject) -> None:
    """Composed with the default partners it gives finite float32 logits of the batch's own size, in train and eval."""
    model = compose(subject)
    for training, size in [(True, subject.sizes[0]), *((False, size) for size in subject.sizes)]:
        fitted = for_size(subject, size)
        model = (model if fitted is subject else compose(fitted)).train(training)
        taken, logits = at_fitting_size(size, partial(_logits, model))
        for name, tensor in logits.items():
            task = _head(model, name).Task
            shaped(tensor, (2, task.channels + task.spread_channels, *taken), f"the logits of `{name}`")
            typed(tensor, torch.float32, f"the logits of `{name}`")
            finite(tensor, f"the logits of `{name}`")


def a_frozen_task_does_not_change(subject: AnySubject) -> None:
    """A frozen task's own layers keep every byte, batch-norm statistics too, while others learn; then it learns."""
    model = compose(for_size(subject, subject.sizes[0]))
    frozen, *others = model.tasks
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    train_mode(model, ())
    _step(model, optimiser, model.tasks, subject.sizes[0])  # the optimiser now has moments of every layer
    before = _state(model, frozen)
    train_mode(model, {frozen})
    for _ in range(2):
        _step(model, optimiser, others, subject.sizes[0])
    after = _state(model, frozen)
    equal(after, before, f"with `{frozen}` frozen,")
    train_mode(model, ())
    _step(model, optimiser, model.tasks, subject.sizes[0])
    learned = _state(model, frozen)
    require(any(not torch.equal(learned[k], before[k]) for k in before), f"`{frozen}` does not learn again afterwards")


def _head(model: Model, task: str) -> Head:
    head = model.heads[task]
    assert isinstance(head, Head)
    return head


def _logits(model: Model, size: Size) -> dict[str, Tensor]:
    with torch.no_grad():
        logits: dict[str, Tensor] = model(probes.batch(2, size))
    return logits


def _step(model: Model, optimiser: torch.optim.Optimizer, learning: Iterable[str], size: Size) -> None:
    """One step on the logits of `learning`. All tasks are run, as in a decoder that shares work."""
    _, logits = at_fitting_size(size, lambda taken: model(probes.batch(2, taken)))
    optimiser.zero_grad(set_to_none=True)
    torch.stack([logits[task].square().mean() for task in learning]).sum().backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _state(model: Model, task: str) -> dict[str, Tensor]:
    """A copy of the parameters and buffers of a task's own layers."""
    layers = dict(zip(("branch", "head"), model.own_layers(task), strict=True))
    return {f"{n}.{k}": x.clone() for n, layer in layers.items() for k, x in layer.state_dict().items()}


CHECKS = (a_whole_model_takes_every_size, a_frozen_task_does_not_change)
