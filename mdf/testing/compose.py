"""The component under test inside a whole model, its partners being the defaults of an experiment."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from mdf.core.config import ExperimentConfig
from mdf.engine.model import Model
from mdf.engine.prepare.normalise import Normalise
from mdf.engine.training.freeze import train_mode
from mdf.testing import probes
from mdf.testing.compare import equal, finite, require, shaped, typed
from mdf.testing.sizes import Size, at_fitting_size
from mdf.testing.subject import Subject


def compose(subject: Subject, seed: int = 0) -> Model:
    """A model for `mask` and `depth` (and a head's own task) around the component."""
    defaults = ExperimentConfig()
    torch.manual_seed(seed)

    def make(kind: str, *arguments: object) -> Any:
        if kind == subject.kind:
            return subject.create(*arguments, seed=seed)
        return subject.catalog.create(kind, getattr(defaults, kind).name, {}, *arguments)

    tested = subject.kind == "fusion"
    fusion_class = subject.found_class if tested else subject.catalog.load("fusion", defaults.fusion.name)
    encoder = make("encoder", fusion_class.encoder_channels)
    fusion = make("fusion", encoder.features)
    own = (subject.found_class.Task.name,) if subject.kind == "head" else ()
    tasks = tuple(dict.fromkeys((*own, *defaults.heads)))
    decoder = make("decoder", fusion.features, tasks)
    heads = {
        task: subject.create(decoder.channels, seed=seed)
        if task in own
        else subject.catalog.create("head", defaults.heads[task].name, {}, decoder.channels)
        for task in tasks
    }
    return Model(encoder, fusion, decoder, heads, Normalise("dataset", (0.5,) * 3, (0.25,) * 3))


def a_whole_model_takes_every_size(subject: Subject) -> None:
    """Composed with the default partners it gives finite float32 logits of the batch's own size, in train and eval."""
    model = compose(subject)
    for training, size in [(True, subject.sizes[0]), *((False, size) for size in subject.sizes)]:
        fitted = subject.for_size(size)
        model = (model if fitted is subject else compose(fitted)).train(training)
        taken, logits = at_fitting_size(size, partial(_logits, model))
        for task, tensor in logits.items():
            told: Any = model.heads[task].Task
            channels = told.channels + told.spread_channels
            shaped(tensor, (2, channels, *taken), f"the logits of `{task}`")
            typed(tensor, torch.float32, f"the logits of `{task}`")
            finite(tensor, f"the logits of `{task}`")


def freezing_freezes(subject: Subject) -> None:
    """A frozen task's own layers keep every byte, batch-norm statistics too, while the rest learns; then it thaws."""
    model = compose(subject.for_size(subject.sizes[0]))
    frozen, *others = model.tasks
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    train_mode(model, ())
    _step(model, optimiser, model.tasks, subject.sizes[0])  # the optimiser now has moments of every layer
    before = _bytes(model, frozen)
    train_mode(model, {frozen})
    for _ in range(2):
        _step(model, optimiser, others, subject.sizes[0])
    after = _bytes(model, frozen)
    equal(after, before, f"with `{frozen}` frozen,")
    train_mode(model, ())
    _step(model, optimiser, model.tasks, subject.sizes[0])
    learned = _bytes(model, frozen)
    require(any(not torch.equal(learned[k], before[k]) for k in before), f"`{frozen}` does not learn again afterwards")


def _logits(model: Model, size: tuple[int, int]) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        return model(probes.batch(2, size))  # type: ignore[no-any-return]


def _step(model: Model, optimiser: torch.optim.Optimizer, learning: tuple[str, ...] | list[str], size: Size) -> None:
    """One step on the logits of `learning`; all tasks are run, as a decoder that shares work may do."""
    _, logits = at_fitting_size(size, lambda taken: model(probes.batch(2, taken)))
    optimiser.zero_grad(set_to_none=True)
    torch.stack([logits[task].square().mean() for task in learning]).sum().backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _bytes(model: Model, task: str) -> dict[str, torch.Tensor]:
    layers = dict(zip(("branch", "head"), model.own_layers(task), strict=True))
    return {f"{n}.{k}": x.clone() for n, layer in layers.items() for k, x in layer.state_dict().items()}


CHECKS = (a_whole_model_takes_every_size, freezing_freezes)
