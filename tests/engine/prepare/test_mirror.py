"""Mirroring some samples: every type, every shape, in one pass as torch would."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdf.engine.prepare.mirror import mirrored

TYPES = [torch.uint8, torch.bool, torch.float16, torch.bfloat16, torch.int16, torch.float32, torch.float64, torch.int64]


@pytest.mark.parametrize("dtype", TYPES)
@given(chosen=st.lists(st.booleans(), min_size=1, max_size=4), height=st.integers(1, 5), width=st.integers(1, 40))
def test_the_chosen_samples_are_mirrored_and_the_others_copied(
    dtype: torch.dtype, chosen: list[bool], height: int, width: int
) -> None:
    before = torch.randint(0, 2, (len(chosen), 2, height, width)).to(dtype)
    kept = before.clone()
    after = mirrored(before, chosen)
    assert after.dtype == dtype
    assert torch.equal(before, kept), "a copy"
    for was, now, turned in zip(before, after, chosen, strict=True):
        assert torch.equal(now, was.flip(-1) if turned else was)


def test_views_and_other_layouts_are_mirrored_as_they_look() -> None:
    stored = torch.rand(3, 6, 5, 4)
    for view in (stored.permute(0, 3, 1, 2), stored[:, ::2], stored.to(memory_format=torch.channels_last)):
        turned = mirrored(view, [True, False, True])
        assert torch.equal(turned[0], view[0].flip(-1))
        assert torch.equal(turned[1], view[1])
