"""Comparisons that fail with the first difference they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mdf.testing.finding import FailedError

Tensors = Mapping[str, Tensor]


def numbered(tensors: Sequence[Tensor], what: str) -> dict[str, Tensor]:
    """The tensors by name: `what 0`, `what 1`, …."""
    return {f"{what} {i}": tensor for i, tensor in enumerate(tensors)}


def require(condition: bool, problem: str) -> None:
    """Fail with `problem` unless `condition` holds."""
    if not condition:
        raise FailedError(problem)


def shaped(tensor: object, shape: Sequence[int], what: str) -> None:
    """Fail unless `tensor` is a tensor of `shape`."""
    require(isinstance(tensor, Tensor), f"{what} is a {type(tensor).__name__}, not a tensor")
    assert isinstance(tensor, Tensor)
    require(tuple(tensor.shape) == tuple(shape), f"{what} is {times(tensor.shape)} instead of {times(shape)}")


def typed(tensor: Tensor, dtype: torch.dtype, what: str) -> None:
    """Fail unless `tensor` has `dtype`."""
    require(tensor.dtype == dtype, f"{what} is {tensor.dtype} instead of {dtype}")


def finite(tensor: Tensor, what: str) -> None:
    """Fail where there is NaN or infinity."""
    wrong = ~tensor.isfinite()
    if wrong.any():
        raise FailedError(f"{what} {_place(tensor, wrong)} is {_value(tensor, wrong)}{_more(wrong)}")


def equal(found: Tensors, expected: Tensors, when: str) -> None:
    """Fail unless names, shapes and values are the same, to the bit (NaN equals NaN)."""
    close(found, expected, when, relative=0.0, absolute=0.0)


def close(found: Tensors, expected: Tensors, when: str, relative: float = 1e-3, absolute: float = 1e-5) -> None:
    """Fail unless names and shapes are the same, and values within tolerance; `absolute` is in units of the largest."""
    require(found.keys() == expected.keys(), f"{when} there is {sorted(found)} instead of {sorted(expected)}")
    for name, tensor in found.items():
        other = expected[name]
        shaped(tensor, other.shape, f"{when} {name}")
        a, b = tensor.detach().double(), other.detach().double()
        scale = float(b.abs().nan_to_num(0.0, 0.0, 0.0).max()) if b.numel() else 0.0
        wrong = ~torch.isclose(a, b, rtol=relative, atol=absolute * scale, equal_nan=True)
        if wrong.any():
            values = f"{_value(tensor, wrong)} instead of {_value(other, wrong)}"
            raise FailedError(f"{when} {name} {_place(tensor, wrong)} is {values}{_more(wrong)}")


def times(shape: Sequence[int]) -> str:
    """A shape as text: `2×3×64×64`."""
    return "×".join(map(str, shape)) or "a scalar"


def _place(tensor: Tensor, wrong: Tensor) -> str:
    return f"at {tuple(wrong.nonzero()[0].tolist())}" if tensor.ndim else "itself"


def _value(tensor: Tensor, wrong: Tensor) -> str:
    return f"{tensor.detach()[wrong][0].item():g}"


def _more(wrong: Tensor) -> str:
    count = int(wrong.sum()) - 1
    return f" (and {count} more of {wrong.numel()})" if count else ""
