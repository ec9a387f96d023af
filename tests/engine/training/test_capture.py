"""A training step, up to its optimiser, copies nothing between the CPU and its device: a CUDA graph cannot hold that.

The device is torch's `meta` here, which has no memory: whatever leaves it, or comes to it, is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from steps import WITHOUT_READS, parts_of
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mdf.core.schedule import Phase
from mdf.engine.loader import read
from mdf.engine.runtime import Runtime
from mdf.engine.training.gradients import Gradients
from mdf.engine.training.optimiser import adamw


class NothingCrosses(TorchDispatchMode):
    """Refuses operations on tensors of the CPU and of another device together; single numbers may be used on both."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves((args, kwargs, result)) if isinstance(x, Tensor)]
        large = {x.device.type for x in tensors if x.dim()}
        moved = func.overloadpacket.__name__ in ("_to_copy", "copy_") and len({x.device.type for x in tensors}) > 1
        if len(large) > 1 or moved:
            raise AssertionError(f"a training step calls `{func}` on {sorted(large)}")
        return result


@pytest.fixture(autouse=True)
def no_word_on_determinism() -> Iterator[None]:
    """Training in this process may have asked torch to warn of kernels that a GPU would choose."""
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("default")
    yield
    torch.set_deterministic_debug_mode(before)


@pytest.mark.parametrize("changes", WITHOUT_READS, ids=str)
def test_a_step_copies_nothing_between_devices(changes: dict[str, Any]) -> None:
    """With every loss, every balance, and parts of a batch."""
    config, parts = parts_of(changes)
    assert parts.build_model is not None
    assert parts.objective is not None
    model = parts.build_model((0.5,) * 3, (0.25,) * 3).to("meta")
    parts.objective.balance.to("meta")
    optimiser = adamw(model, config.train, parts.objective.balance.parameters())
    runtime = Runtime("meta", "fp32", channels_last=True, threads=1)
    gradients = Gradients(model, parts.objective, optimiser, config.train, runtime, print, bool, None)
    batch = read(parts.dataset, range(4), config.image_size, parts.tasks).to("meta")
    with NothingCrosses():
        gradients.compute(batch, Phase(1, model.tasks, config.image_size), 1)
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.train.clip)


def test_the_mode_refuses_what_it_is_for() -> None:
    here, there = torch.ones(2), torch.ones(2, device="meta")
    for crossing in (lambda: there + here.to("meta"), lambda: there.copy_(here), lambda: torch.tensor(1.0).to("meta")):
        with pytest.raises(AssertionError, match="a training step calls"), NothingCrosses():
            crossing()
    with NothingCrosses():
        there + torch.ones(())
