"""The weights of the config, from the first step to the last."""

from __future__ import annotations

from mdf.core.balance import Balance


class Fixed(Balance):
    """Each task's loss counts as `loss.TASK.weight` says."""
