"""Constant task weights."""

from __future__ import annotations

from mdf.core.balance import Balance


class Fixed(Balance):
    """Multiplies each task's loss by `loss.TASK.weight`, in every step."""
