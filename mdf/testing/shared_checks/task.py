"""Checks of a head's task: values, scaled, public and fraction fit together; targets keep their form."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.head import Head
from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.testing.compare import close, equal, finite, require, shaped, typed
from mdf.testing.inputs import probes
from mdf.testing.inputs.targets import LOGITS, SURE, configured, target_of
from mdf.testing.subject import Subject


def of(subject: Subject[Head]) -> Task:
    """The head's task, configured with the constants of made-up targets."""
    task = subject.component_class.Task(subject.config)
    require(isinstance(task, Task), f"its `Task` makes a {type(task).__name__}, not a mdf.core.task.Task")
    return configured(task)


def batch_for(task: Task) -> Batch:
    """The probe's batch with a target of this task."""
    target, valid = _stored(task)
    return replace(probes.batch(), targets={task.name: target}, valid={task.name: valid})


def its_constants_are_finite(subject: Subject[Head]) -> None:
    """`measure` gives finite floats: for targets, for targets without a valid pixel, for targets of zeros."""
    task = of(subject)
    target, valid = _stored(task)
    cases = {
        "of the probe's targets": (target, valid),
        "without a valid pixel": (target, torch.zeros_like(valid)),
        "of an empty target": (torch.zeros_like(target), torch.ones_like(valid)),
    }
    for when, (given, known) in cases.items():
        for key, value in task.measure(given, known).items():
            require(isinstance(value, float) and math.isfinite(value), f"{when} the constant `{key}` is {value!r}")


def its_spaces_fit_together(subject: Subject[Head]) -> None:
    """Logits whose sigmoid is a target's fraction mean that target, and `scaled` undoes `public`; float32, finite."""
    task = of(subject)
    logits = torch.linspace(*LOGITS, 2 * task.channels * 35).view(5, 7, 2, task.channels).permute(2, 3, 0, 1)
    values = task.values(logits)
    public = task.public(values)
    results = {"values": values, "public": public, "scaled": task.scaled(public), "fraction": task.fraction(public)}
    for name, tensor in results.items():
        shaped(tensor, logits.shape, f"`{name}`")
        typed(tensor, torch.float32, f"`{name}`")
        finite(tensor, f"`{name}`")
    close({"scaled": results["scaled"]}, {"scaled": values}, "of public values")
    meant = task.values(results["fraction"].clamp(SURE, 1.0 - SURE).logit())
    close({"value": meant}, {"value": values}, "by its own fraction a", absolute=1e-3)


def extreme_logits_have_finite_values(subject: Subject[Head]) -> None:
    """Values are finite float32 however large the logits are, also in bf16."""
    task = of(subject)
    for dtype in (torch.float32, torch.bfloat16):
        logits = torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4], dtype=dtype).view(1, 1, 1, -1)
        values = task.values(logits.expand(1, task.channels, 1, -1))
        typed(values, torch.float32, "`values`")
        finite(task.public(values), "`public` of extreme logits")


def fractions_stay_between_0_and_1(subject: Subject[Head]) -> None:
    """They do so for any target, also one of zeros."""
    task = of(subject)
    target, _ = _finite(task)
    for given in (target, torch.zeros_like(target)):
        fraction = task.fraction(given)
        finite(fraction, "`fraction`")
        require(
            bool(((fraction >= 0) & (fraction <= 1)).all()),
            f"`fraction` goes from {fraction.min()} to {fraction.max()}",
        )


def resizing_keeps_the_form(subject: Subject[Head]) -> None:
    """Smaller, larger or the same: shape and dtypes are right, valid pixels finite, no invalid one becomes valid."""
    task = of(subject)
    target, valid = _stored(task)
    for size in ((24, 32), (96, 128), (31, 45), probes.SIZE):
        what = f"at {size[0]}×{size[1]}"
        resized, known = task.resize(target, valid, size)
        shaped(resized, (*target.shape[:2], *size), f"{what} the target")
        shaped(known, (valid.shape[0], 1, *size), f"{what} the validity")
        typed(resized, target.dtype, f"{what} the target")
        typed(known, torch.bool, f"{what} the validity")
        finite(resized.float()[known.expand_as(resized)], f"{what} the valid target")
        nothing = task.resize(target, torch.zeros_like(valid), size)[1]
        require(not nothing.any(), f"{what} pixels become valid where none was")
        values = task.resize_values(_finite(task)[0], size)
        shaped(values, (*target.shape[:2], *size), f"{what} the values")
        finite(values, f"{what} the values")


def it_follows_its_frames(subject: Subject[Head]) -> None:
    """Values at the size of larger and of smaller frames: the shape is right, and every one finite."""
    task, batch = of(subject), probes.batch()
    values = _finite(task)[0]
    height, width = batch.size
    for size in ((height // 3, width // 3), batch.size, (2 * height, 2 * width)):
        small = task.resize_values(values, size)
        placed = task.at_frame(small, batch.bg, batch.fg_bg)
        shaped(placed, (*small.shape[:2], *batch.size), f"values of {size[0]}×{size[1]} at the frame")
        typed(placed, torch.float32, f"values of {size[0]}×{size[1]} at the frame")
        finite(placed, f"values of {size[0]}×{size[1]} at the frame")


def flipped_twice_is_the_same(subject: Subject[Head]) -> None:
    """A mirrored target keeps shape and dtype, and mirrored again it is itself."""
    task = of(subject)
    target, _ = _stored(task)
    equal({"target": task.flip(task.flip(target))}, {"target": target}, "flipped twice")
    typed(task.flip(target), target.dtype, "the flipped target")


def it_can_be_drawn(subject: Subject[Head]) -> None:
    """Targets and predictions become 3×H×W uint8 pictures, all-invalid and empty ones too; limits are finite."""
    task = of(subject)
    target, valid = _stored(task)
    cases = {
        "a target": (target[0], valid[0]),
        "a target without a valid pixel": (target[0], torch.zeros_like(valid[0])),
        "an empty target": (torch.zeros_like(target[0]), torch.ones_like(valid[0])),
    }
    for what, (given, known) in cases.items():
        limits = task.limits(given, known)
        require(all(math.isfinite(end) for end in limits), f"the limits of {what} are {limits}")
        for values in (given.float(), _finite(task)[0][0]):
            picture = task.draw(values, known, limits)
            shaped(picture, (3, *probes.SIZE), f"the picture of {what}")
            typed(picture, torch.uint8, f"the picture of {what}")


def it_can_be_stored(subject: Subject[Head]) -> None:
    """Levels, where it has them, reach all that can be predicted; what it calls foreground is 1×H×W bool."""
    task = of(subject)
    low, high = task.value_range()
    require(math.isfinite(low) and math.isfinite(high), f"its values go from {low} to {high}")
    levels = task.levels()
    require((levels is None) == (task.channels > 1), f"its levels are {levels}, with {task.channels} channel(s)")
    if levels is not None:
        last = levels.offset + (2**levels.bits - 1) * levels.scale
        slack = levels.scale / 2
        require(
            levels.offset - slack <= low and high <= last + slack,
            f"its levels go from {levels.offset} to {last}, its values from {low} to {high}",
        )
    foreground = task.foreground(_finite(task)[0][0])
    if foreground is not None:
        shaped(foreground, (1, *probes.SIZE), "the foreground")
        typed(foreground, torch.bool, "the foreground")


def its_own_values_are_accepted(subject: Subject[Head]) -> None:
    """`check_values` accepts targets that the task can mean, in any unit; `summarise` gives finite numbers in order."""
    task = of(subject)
    target, valid = _stored(task)
    for one, known in zip(target, valid, strict=True):
        values = one[:, known[0]]
        for unit in (task.unit, "relative"):
            try:
                task.check_values(values, unit)
            except DataError as error:
                require(False, f"`check_values` refuses values that it can mean: {error.message}")
        summary = task.summarise(values)
        numbers = (summary.low, summary.median, summary.high)
        require(all(math.isfinite(number) for number in numbers), f"`summarise` gives {numbers}")
        require(summary.low <= summary.median <= summary.high, f"`summarise` gives low, median and high as {numbers}")


def _stored(task: Task) -> tuple[Tensor, Tensor]:
    """Targets as data sets give them."""
    return target_of(task, probes.batch())


def _finite(task: Task) -> tuple[Tensor, Tensor]:
    target, valid = _stored(task)
    return target.float().nan_to_num(0.0), valid


CHECKS = (
    its_constants_are_finite,
    its_spaces_fit_together,
    extreme_logits_have_finite_values,
    fractions_stay_between_0_and_1,
    resizing_keeps_the_form,
    it_follows_its_frames,
    flipped_twice_is_the_same,
    it_can_be_drawn,
    it_can_be_stored,
    its_own_values_are_accepted,
)
