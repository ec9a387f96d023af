"""Training: divergence is told with its step, the best epoch is chosen among those that may be."""

from __future__ import annotations

import pytest
import torch
from blobs import RUNTIME, blob_config, blob_parts
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mdf.core.errors import DivergedError
from mdf.core.loss import Loss
from mdf.core.schedule import Phase, Schedule
from mdf.engine import flow
from mdf.engine.evaluation import predictor_of, score
from mdf.engine.parts import Parts
from mdf.engine.training.budget import phases_fit
from mdf.engine.training.train import _even_marks


class Poisoned(Loss):
    """NaN from its third call on."""

    calls = 0

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        self.calls += 1
        return (prediction - target).abs().mean() * (float("nan") if self.calls >= 3 else 1.0)


class PoisonedGradient(Loss):
    """A finite loss whose gradient is not: √ at 0."""

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        return (prediction * 0.0).sum().sqrt()


def test_a_loss_that_is_not_finite_stops_training_and_tells_the_step() -> None:
    with pytest.raises(DivergedError, match=r"loss of `depth` is not finite at step 3") as caught:
        flow.run(blob_parts(losses={"depth": Poisoned(Loss.Config())}), blob_config(), RUNTIME, lambda _: None)
    assert caught.value.step == 3
    assert "train.lr=0.0004" in caught.value.hint


def test_a_learning_rate_beyond_reason_diverges() -> None:
    with pytest.raises(DivergedError) as caught:
        flow.run(blob_parts(), blob_config(lr=1e30), RUNTIME, lambda _: None)
    assert caught.value.step == 2


def test_a_gradient_that_is_not_finite_stops_training_even_at_the_last_step() -> None:
    """The weights would be NaN, and no further loss would tell."""
    parts = blob_parts(losses={"depth": PoisonedGradient(Loss.Config())})
    with pytest.raises(DivergedError, match="step 1") as caught:
        flow.run(parts, blob_config(steps=1), RUNTIME, lambda _: None)
    assert caught.value.step == 1


class MaskThenDepth(Schedule):
    """The first half for the mask, the second for the depth, the mask's own layers frozen."""

    def phases(self, steps: int, tasks: list[str], size: tuple[int, int]) -> list[Phase]:  # noqa: ARG002
        half = steps // 2
        return [Phase(half, ("mask",), size), Phase(steps - half, ("depth",), size, frozen=("mask",))]


class Growing(Schedule):
    """Half at half the size."""

    def phases(self, steps: int, tasks: list[str], size: tuple[int, int]) -> list[Phase]:
        small = (size[0] // 2, size[1] // 2)
        return [Phase(steps // 2, tuple(tasks), small), Phase(steps - steps // 2, tuple(tasks), size)]


def test_no_epoch_is_chosen_before_every_task_was_trained() -> None:
    parts = blob_parts(schedule=MaskThenDepth(Schedule.Config()))
    found = flow.run(parts, blob_config(steps=8, validations=4), RUNTIME, lambda _: None)
    assert [(e.step, e.eligible) for e in found.history] == [(0, False), (2, False), (4, False), (6, True), (8, True)]
    assert found.best is not None
    assert found.best.step in (6, 8)
    assert found.best.selection == max(e.selection for e in found.history if e.eligible)
    assert set(found.history[1].losses) == {"mask"}
    assert set(found.history[3].losses) == {"depth"}


def test_the_model_ends_with_the_weights_of_the_best_epoch() -> None:
    parts, config = blob_parts(), blob_config(steps=12, validations=6, lr=0.3, clip=100.0)  # a restless training
    found = flow.run(parts, config, RUNTIME, lambda _: None)
    assert found.model is not None
    assert found.best is not None
    assert found.best.selection >= max(e.selection for e in found.history if e.eligible)
    predict = predictor_of(found.model, parts.tasks, RUNTIME)
    rescored = score(parts, config, RUNTIME, predict, parts.dataset.splits().val).scores(parts.columns)
    assert rescored == found.best.scores


def test_training_goes_through_sizes() -> None:
    sizes = []
    parts = blob_parts(schedule=Growing(Schedule.Config()))
    build = parts.build_model
    assert build is not None

    def watched(mean: list[float], std: list[float]) -> torch.nn.Module:
        model = build(mean, std)
        model.register_forward_pre_hook(lambda m, args: sizes.append(args[0].size) if m.training else None)
        return model

    parts = Parts(parts.dataset, parts.tasks, parts.columns, watched, parts.objective, parts.schedule)
    flow.run(parts, blob_config(steps=4), RUNTIME, lambda _: None)
    assert sizes == [(8, 8), (8, 8), (16, 16), (16, 16)]


@given(steps=st.integers(1, 5000), count=st.integers(1, 50))
def test_validations_end_with_the_last_step_and_are_at_most_as_many_as_asked(steps: int, count: int) -> None:
    marks = sorted(_even_marks(steps, count))
    assert marks[-1] == steps
    assert marks[0] >= 1
    assert len(marks) == min(steps, count)
    gaps = [b - a for a, b in zip([0, *marks], marks, strict=False)]
    assert max(gaps) - min(gaps) <= 1 or steps < count


def test_a_schedules_contract_can_be_checked() -> None:
    good = [Phase(3, ("mask",), (8, 8)), Phase(2, ("depth",), (8, 8))]
    assert all(phases_fit(good, 5, ("mask", "depth")).values())
    assert not all(phases_fit(good, 6, ("mask", "depth")).values())
    assert not all(phases_fit(good[:1], 3, ("mask", "depth")).values())
    assert not all(phases_fit([Phase(3, (), (8, 8))], 3, ()).values())
