"""Failures of the kit name the first difference: which tensor, where, what instead of what, and how many more."""

from __future__ import annotations

import pytest
import torch

from mdf.testing.compare import close, equal, finite, shaped, typed
from mdf.testing.finding import FailedError
from mdf.testing.inputs.sizes import at_fitting_size, padded, sizes_in


def test_the_first_difference_is_named() -> None:
    found = torch.zeros(2, 3)
    found[1, 2] = 0.5
    found[1, 1] = 0.25
    with pytest.raises(FailedError, match=r"later map at \(1, 1\) is 0.25 instead of 0 \(and 1 more of 6\)"):
        equal({"map": found}, {"map": torch.zeros(2, 3)}, "later")
    close({"map": found}, {"map": found * (1 + 1e-5)}, "later")


def test_nan_equals_nan_and_is_not_finite() -> None:
    values = torch.tensor([1.0, float("nan")])
    equal({"x": values}, {"x": values.clone()}, "again")
    with pytest.raises(FailedError, match=r"x at \(1,\) is nan"):
        finite(values, "x")


def test_shapes_types_and_names_are_compared_first() -> None:
    with pytest.raises(FailedError, match="x is 2×3 instead of 3×2"):
        shaped(torch.zeros(2, 3), (3, 2), "x")
    with pytest.raises(FailedError, match="x is a list, not a tensor"):
        shaped([1.0], (1,), "x")
    with pytest.raises(FailedError, match=r"x is torch\.float16 instead of torch\.float32"):
        typed(torch.zeros(1).half(), torch.float32, "x")
    with pytest.raises(FailedError, match=r"there is \['a'\] instead of \['b'\]"):
        equal({"a": torch.zeros(1)}, {"b": torch.zeros(1)}, "then")


def test_sizes_are_read_from_a_refusal() -> None:
    assert sizes_in("of 97x131 patches of 14: use 98 or `112x140`") == [(97, 131), (14, 14), (98, 98), (112, 140)]
    assert padded((97, 131), 32) == (128, 160)
    assert at_fitting_size((64, 64), lambda size: size) == ((64, 64), (64, 64))
