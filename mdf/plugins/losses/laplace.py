"""Negative log-likelihood of a Laplace distribution: trains values together with their uncertainty."""

from __future__ import annotations

from torch import Tensor

from mdf.core.loss import Loss, valid_difference, valid_mean


class LaplaceNLL(Loss):
    """Mean over valid pixels of |d| / b + ln b, without the constant ln 2. b is the expected |d|.

    Source: A. Kendall, Y. Gal, “What uncertainties do we need in Bayesian deep learning for computer vision?”,
    NeurIPS 2017 (arXiv:1703.04977), with a Laplace instead of a Gaussian likelihood.

    Reads
        prediction: N×2C×H×W float32: scaled values, then ln b in the same unit.
        target: N×C×H×W float32 scaled values where valid; anything (NaN too) elsewhere.
        valid: N×1×H×W bool.
    Returns
        a scalar float32; below 0 if the network is certain and right.
    """

    reads = "distribution"

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """The loss."""
        channels = target.shape[1]
        error = valid_difference(prediction[:, :channels], target, valid).abs()
        log_spread = prediction[:, channels:].float().where(valid, 0.0)
        return valid_mean(error * (-log_spread).exp() + log_spread, valid)
