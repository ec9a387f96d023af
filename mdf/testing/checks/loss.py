"""Checks what a loss promises: a finite float32 scalar of the valid pixels alone, least for the truth."""

from __future__ import annotations

import torch
from torch import Tensor

from mdf.core.loss import Loss
from mdf.testing.compare import close, equal, finite, numbered, require, shaped, typed
from mdf.testing.inputs import probes
from mdf.testing.inputs.targets import lesson, tasks_of
from mdf.testing.subject import Subject

POISON = (float("nan"), float("inf"), float("-inf"), 1e9)
SIZES = ((32, 48), (8, 8), (33, 47))


def can_be_built(subject: Subject[Loss]) -> None:
    """It is built from its options, and declares whether it reads logits or values."""
    reads = subject.create().reads
    known = ("logits", "values", "distribution")
    require(reads in known, f"it reads {reads!r}, not {' or '.join(f'`{name}`' for name in known)}")


def can_be_built_in_a_worker(subject: Subject[Loss]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject)


def is_a_finite_float32_scalar(subject: Subject[Loss]) -> None:
    """It is one for every declared task, at several sizes, for batches of one, and for predictions in bf16."""
    loss = subject.create()
    for task in tasks_of(subject):
        for size in SIZES:
            for count in (1, 3):
                prediction, target, valid = _wrong(subject, loss, task, count, size)
                for given in (prediction, prediction.bfloat16()):
                    value, what = loss(given, target, valid), f"the loss of `{task}` in {given.dtype}"
                    shaped(value, (), f"{what} at {size[0]}×{size[1]}")
                    typed(value, torch.float32, what)
                    finite(value.detach(), f"{what} at {size[0]}×{size[1]}")


def without_a_valid_pixel_it_is_zero(subject: Subject[Loss]) -> None:
    """Exactly 0, with a zero gradient, whatever the target holds: such a batch teaches nothing."""
    loss = subject.create()
    prediction, target, valid = _wrong(subject, loss)
    for truth in (target, torch.full_like(target, torch.nan)):
        value, gradient = _with_gradient(loss, prediction, truth, torch.zeros_like(valid))
        require(value.item() == 0.0, f"it is {value.item():g}")
        equal({"gradient": gradient}, {"gradient": torch.zeros_like(gradient)}, "the")


def a_sample_without_a_valid_pixel_is_no_trouble(subject: Subject[Loss]) -> None:
    """In a batch with others, loss and gradient stay finite, and that sample gets no gradient."""
    loss = subject.create()
    prediction, target, valid = _wrong(subject, loss)
    valid = valid.clone()
    valid[1] = False
    value, gradient = _with_gradient(loss, prediction, target, valid)
    finite(value, "the loss")
    finite(gradient, "the gradient")
    require(not gradient[1].any(), "the invalid sample gets a gradient")


def what_lies_under_invalid_pixels_does_not_matter(subject: Subject[Loss]) -> None:
    """NaN, infinity or any number there, in target, prediction or both, changes neither the loss nor its gradient; and
    no gradient reaches these pixels."""
    loss = subject.create()
    prediction, target, valid = _wrong(subject, loss)
    expected = _with_gradient(loss, prediction, target, valid)
    require(not expected[1].where(~valid, 0.0).any(), "an invalid pixel of the prediction gets a gradient")
    for poison in POISON:
        cases = {
            "target": (prediction, target.where(valid, poison)),
            "prediction": (prediction.where(valid, poison), target),
            "prediction and target": (prediction.where(valid, poison), target.where(valid, poison)),
        }
        for where, (given, truth) in cases.items():
            poisoned = _with_gradient(loss, given, truth, valid)
            for name, a, b in zip(("loss", "gradient"), poisoned, expected, strict=True):
                close({name: a}, {name: b}, f"with {poison:g} under invalid pixels of the {where} the", relative=1e-6)


def a_wrong_prediction_gets_a_gradient(subject: Subject[Loss]) -> None:
    """Its gradient is finite and not zero everywhere."""
    loss = subject.create()
    for task in tasks_of(subject):
        _, gradient = _with_gradient(loss, *_wrong(subject, loss, task))
        finite(gradient, f"the gradient for `{task}`")
        require(bool(gradient.any()), f"the gradient for `{task}` is zero everywhere")


def the_truth_costs_no_more_than_a_mistake(subject: Subject[Loss]) -> None:
    """The loss of a perfect prediction is not above that of a wrong one, and finite in its gradient."""
    loss = subject.create()
    for task in tasks_of(subject):
        made = lesson(subject, loss.reads, task)
        perfect, gradient = _with_gradient(loss, made.perfect, made.target, made.valid)
        finite(gradient, f"the gradient of a perfect prediction of `{task}`")
        wrong = loss(made.wrong, made.target, made.valid).item()
        require(perfect.item() <= wrong, f"`{task}`: perfect costs {perfect.item():g}, wrong {wrong:g}")


def the_order_of_samples_does_not_matter(subject: Subject[Loss]) -> None:
    """A permuted batch has the same loss, within rounding."""
    loss = subject.create()
    wrong, target, valid = _wrong(subject, loss)
    given = (wrong.roll(1, 0), target, valid)
    value, permuted = loss(*given), loss(*(tensor.flip(0) for tensor in given))
    close({"loss": permuted}, {"loss": value}, "for the batch reversed the", relative=1e-4)


def extreme_predictions_are_finite(subject: Subject[Loss]) -> None:
    """A network that is very sure, and wrong, gets a finite loss and a finite gradient."""
    loss = subject.create()
    for task in tasks_of(subject):
        _, target, valid = _wrong(subject, loss, task)
        extremes = (-1e4, 1e4) if loss.reads == "logits" else (0.0, 1.25)
        for extreme in extremes:
            given = torch.full_like(_wrong(subject, loss, task)[0], extreme)
            value, gradient = _with_gradient(loss, given, target, valid)
            finite(value, f"the loss for predictions of {extreme:g}")
            finite(gradient, f"the gradient for predictions of {extreme:g}")


def inputs_are_not_changed(subject: Subject[Loss]) -> None:
    """Prediction, target and validity stay as they were."""
    loss = subject.create()
    given = _wrong(subject, loss)
    before = [tensor.clone() for tensor in given]
    loss(*given)
    equal(numbered(given, "input"), numbered(before, "input"), "afterwards")


def _wrong(
    subject: Subject[Loss], loss: Loss, task: str = "", count: int = 4, size: tuple[int, int] = probes.SIZE
) -> tuple[Tensor, Tensor, Tensor]:
    """Prediction, target and validity (of the first task where none is named); the prediction is wrong."""
    made = lesson(subject, loss.reads, task or tasks_of(subject)[0], count, size)
    return made.wrong, made.target, made.valid


def _with_gradient(loss: Loss, prediction: Tensor, target: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    prediction = prediction.detach().clone().requires_grad_()
    value = loss(prediction, target, valid)
    require(value.requires_grad, "the loss does not depend on the prediction: no gradient")
    value.backward()  # type: ignore[no-untyped-call]
    assert prediction.grad is not None
    return value.detach(), prediction.grad


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    is_a_finite_float32_scalar,
    without_a_valid_pixel_it_is_zero,
    a_sample_without_a_valid_pixel_is_no_trouble,
    what_lies_under_invalid_pixels_does_not_matter,
    a_wrong_prediction_gets_a_gradient,
    the_truth_costs_no_more_than_a_mistake,
    the_order_of_samples_does_not_matter,
    extreme_predictions_are_finite,
    inputs_are_not_changed,
)
