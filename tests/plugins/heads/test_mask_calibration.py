"""The mask's calibration: a temperature that makes probabilities true, a threshold that cuts best."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import jaccard_score, log_loss

from mdf.core.task import public_outputs
from mdf.plugins.heads.calibration import logit_counts
from mdf.plugins.heads.mask import MaskHead, MaskTask
from mdf.plugins.metrics.calibration import ECE


def overconfident(factor: float, shift: float = 0.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, `factor` times too large and moved by `shift`, and the truth that their own probability decides."""
    random = torch.Generator().manual_seed(0)
    true = 2 * torch.randn((3, 1, 80, 90), generator=random) - 2
    target = (torch.rand(true.shape, generator=random) < true.sigmoid()).float()
    return factor * true + shift, target, torch.ones_like(target, dtype=torch.bool)


def calibrated(logits: torch.Tensor, target: torch.Tensor, valid: torch.Tensor) -> MaskTask:
    task = MaskTask(MaskHead.Config())
    values = task.public(task.values(logits))
    task.calibrate(task.fitted_calibration(task.calibration_counts(values, target, valid).sum(0)))
    return task


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.5])
def test_it_finds_how_much_too_sure_the_network_is(factor: float) -> None:
    logits, target, valid = overconfident(factor)
    task = calibrated(logits, target, valid)
    assert task.calibration["temperature"] == pytest.approx(factor, rel=0.03)
    best = minimize_scalar(
        lambda t: log_loss(target.ravel(), (logits.double() / t).sigmoid().ravel()), bounds=(0.1, 10), method="bounded"
    )
    assert task.calibration["temperature"] == pytest.approx(best.x, rel=0.01)


def test_probabilities_are_truer_with_it() -> None:
    logits, target, valid = overconfident(3.0)
    task, metric = calibrated(logits, target, valid), ECE(ECE.Config())
    before, after = logits.sigmoid(), public_outputs({"mask": task}, {"mask": logits})["mask"]
    errors = [float(metric.score(metric.statistics(p, target, valid).sum(0))) for p in (before, after)]
    assert errors[1] < 0.01 < 0.05 < errors[0]


def test_its_threshold_cuts_as_well_as_any() -> None:
    logits, target, valid = overconfident(1.0, shift=1.5)
    task = calibrated(logits, target, valid)
    values = public_outputs({"mask": task}, {"mask": logits})["mask"]
    own = jaccard_score(target.ravel(), task.decided(values).ravel())
    others = [jaccard_score(target.ravel(), (values >= t).ravel()) for t in np.linspace(0.05, 0.95, 181)]
    assert own >= max(others) - 1e-3
    assert own > jaccard_score(target.ravel(), (logits >= 0).ravel()) + 0.01
    assert torch.equal(task.foreground(values[0]), task.decided(values[0]) == 1)


def test_invalid_pixels_and_a_truth_of_one_kind_say_nothing() -> None:
    logits, target, valid = overconfident(2.0)
    part = valid.clone()
    part[..., 40:] = False
    wrong = torch.where(part, target, 1 - target)
    assert calibrated(logits, wrong, part).calibration == calibrated(logits, target, part).calibration
    assert calibrated(logits, torch.zeros_like(target), valid).calibration == {}
    assert torch.equal(MaskTask(MaskHead.Config()).calibrated(logits), logits)


def test_counts_add_and_hold_every_valid_pixel_of_any_certainty() -> None:
    values = torch.tensor([0.0, 1e-30, 0.5, 1.0]).view(1, 1, 2, 2)
    counts = logit_counts(values, torch.ones_like(values), torch.ones_like(values, dtype=torch.bool))
    assert counts.sum() == 4
    background, foreground = counts[0].chunk(2)
    assert background.sum() == 0
    assert foreground[0] == 2
    assert foreground[-1] == 1
