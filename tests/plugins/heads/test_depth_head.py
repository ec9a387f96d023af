"""The depth head and its task: the scale, and the three encodings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.plugins.heads import depth
from mdf.plugins.heads.depth import HEADROOM, NEAR, DepthHead, DepthTask

ENCODINGS = ["linear", "log", "inverse"]


def task_of(encoding: str = "linear", scale: float = 1.0) -> DepthTask:
    task = DepthTask(DepthHead.Config(encoding=encoding))
    task.configure({"scale": scale})
    return task


def test_logits_keep_the_size_of_the_features() -> None:
    assert DepthHead(DepthHead.Config(), 5)(torch.randn(2, 5, 7, 9)).shape == (2, 1, 7, 9)


def test_the_scale_is_the_99th_percentile_of_valid_depth() -> None:
    target = torch.rand(3, 1, 40, 50, generator=torch.Generator().manual_seed(1)) * 80
    valid = torch.rand(3, 1, 40, 50, generator=torch.Generator().manual_seed(2)) > 0.4
    target[~valid] = float("nan")
    scale = task_of().measure(target, valid)["scale"]
    assert scale == pytest.approx(np.percentile(target[valid].double().numpy(), 99), rel=1e-12)


def test_a_subset_of_many_depths_gives_nearly_the_same_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    target = torch.rand(1, 1, 300, 301, generator=torch.Generator().manual_seed(1)) * 10
    valid = torch.ones_like(target, dtype=torch.bool)
    whole = task_of().measure(target, valid)["scale"]
    monkeypatch.setattr(depth, "MEASURED_VALUES", 10_000)
    thinned = task_of().measure(target, valid)
    assert thinned["scale"] == pytest.approx(whole, rel=0.01)
    assert thinned == task_of().measure(target, valid)


@pytest.mark.parametrize("fill", [float("nan"), float("inf"), 0.0])
def test_without_depth_the_scale_is_one(fill: float) -> None:
    target = torch.full((2, 1, 4, 4), fill)
    assert task_of().measure(target, torch.ones_like(target, dtype=torch.bool)) == {"scale": 1.0}
    assert task_of().measure(target, torch.zeros_like(target, dtype=torch.bool)) == {"scale": 1.0}


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(logit=st.floats(-9, 9), scale=st.floats(0.01, 1000))
def test_the_fraction_of_a_predicted_depth_is_its_sigmoid(encoding: str, logit: float, scale: float) -> None:
    task = task_of(encoding, scale)
    logits = torch.tensor([[[[logit]]]])
    fraction = task.fraction(task.public(task.values(logits)))
    assert fraction.item() == pytest.approx(logits.sigmoid().item(), abs=2e-5)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_values_are_finite_rise_with_the_logits_and_stay_in_range(encoding: str) -> None:
    logits = torch.tensor([-1e4, -200.0, -20.0, -1.0, 0.0, 1.0, 20.0, 1e4], requires_grad=True)
    values = task_of(encoding).values(logits)
    assert values.dtype == torch.float32
    assert (values > 0).all()
    assert (values <= HEADROOM * (1 + 1e-6)).all()
    assert (values.diff() >= 0).all()
    (gradient,) = torch.autograd.grad(values.sum(), logits)
    assert gradient.isfinite().all()


def test_at_one_half_each_encoding_is_halfway_in_its_own_quantity() -> None:
    middle = torch.zeros(1)
    assert task_of("linear").values(middle).item() == pytest.approx(HEADROOM / 2)
    assert task_of("log").values(middle).item() == pytest.approx((HEADROOM * NEAR) ** 0.5)
    assert task_of("inverse").values(middle).item() == pytest.approx(2 / (1 / HEADROOM + 1 / NEAR))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_negative_depth_has_the_nearest_fraction(encoding: str) -> None:
    """A relative map may hold one."""
    assert task_of(encoding, 4.0).fraction(torch.tensor([-1.0, -1e-9])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_fractions_are_finite_and_bounded_whatever_the_depth(encoding: str) -> None:
    target = torch.tensor([0.0, 1e-30, 1e-3, 1.0, 5.0, 1e30])
    fraction = task_of(encoding, 4.0).fraction(target)
    assert fraction.isfinite().all()
    assert (fraction.diff() >= 0).all()
    assert fraction[0] == 0
    assert fraction[-1] == 1


def test_scaled_and_public_depth_differ_by_the_scale() -> None:
    task, metres = task_of(scale=8.0), torch.tensor([2.0, 16.0])
    assert task.scaled(metres).tolist() == [0.25, 2.0]
    assert torch.equal(task.public(task.scaled(metres)), metres)


def test_metres_unless_the_data_set_says_otherwise() -> None:
    first, second = task_of(), task_of()
    first.unit = "relative"
    assert second.unit == "m"


def test_invalid_pixels_are_striped_grey_and_never_a_depth() -> None:
    values = torch.full((1, 16, 16), float("nan"))
    picture = task_of().draw(values, torch.zeros(1, 16, 16, dtype=torch.bool), (0.0, 5.0))
    assert set(picture.unique().tolist()) == {96, 144}
    assert torch.equal(picture[0], picture[1])


def test_near_and_far_are_drawn_apart() -> None:
    values = torch.tensor([[[1.0, 5.0]]])
    picture = task_of().draw(values, torch.ones(1, 1, 2, dtype=torch.bool), (1.0, 5.0))
    assert picture.shape == (3, 1, 2)
    assert (picture[:, 0, 0].int() - picture[:, 0, 1].int()).abs().sum() > 200
