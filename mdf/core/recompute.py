"""Less memory in training: what is quickly made again is not kept from the forward pass for the backward pass.

Autograd keeps what operations read. Inside `sparing`, a tensor that `remade` was told of is kept as its recipe instead:
the function and what that reads. It is made again, bit for bit, when the backward pass asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, UntypedStorage


class _Recipe:
    """How a tensor is made: `make` of `inputs`, under the autocast of the forward pass."""

    def __init__(self, make: Callable[..., Tensor], inputs: tuple[Tensor | _Recipe, ...], device: str) -> None:
        self.make, self.inputs = make, inputs
        self.autocast = device, torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
        self.uses = 0
        self.made: Tensor | None = None

    def tensor(self) -> Tensor:
        """A new one."""
        inputs = [x.tensor() if isinstance(x, _Recipe) else x for x in self.inputs]
        with torch.no_grad(), torch.autocast(*self.autocast):
            return self.make(*inputs)

    def take(self) -> Tensor:
        """It, for one of its uses; held until the last of them."""
        self.uses -= 1
        found = self.tensor() if self.made is None else self.made
        self.made = found if self.uses > 0 else None
        return found


class _Kept:
    """What autograd keeps of a tensor: itself, or the recipe of the one that it is a view of."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor: Tensor | None = tensor
        self.recipe: _Recipe | None = None
        self.view = tensor.shape, tensor.stride(), tensor.storage_offset()

    def turn(self, recipe: _Recipe) -> None:
        """Let the tensor go."""
        recipe.uses += 1
        self.tensor, self.recipe = None, recipe

    def unpack(self) -> Tensor:
        """The tensor."""
        if self.recipe is None:
            assert self.tensor is not None
            return self.tensor
        return self.recipe.take().as_strided(*self.view)


class _Pantry:
    """The recipes of one forward pass, and what was kept before its recipe was known."""

    def __init__(self) -> None:
        self.recipes: WeakKeyDictionary[UntypedStorage, _Recipe] = WeakKeyDictionary()
        self.kept: WeakKeyDictionary[UntypedStorage, list[_Kept]] = WeakKeyDictionary()
        self.newest: _Recipe | None = None

    def pack(self, tensor: Tensor) -> Any:
        storage = tensor.untyped_storage()
        kept = _Kept(tensor)
        recipe = self.recipes.get(storage)
        if recipe is None:
            self.kept.setdefault(storage, []).append(kept)
        else:
            kept.turn(recipe)
        return kept

    def note(self, tensor: Tensor, make: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> None:
        known = (self.recipes.get(x.untyped_storage()) for x in inputs)
        recipe = _Recipe(make, tuple(r or x.detach() for r, x in zip(known, inputs, strict=True)), tensor.device.type)
        if self.newest is not None:
            self.newest.made = None
        recipe.made, self.newest = tensor.detach(), recipe  # what is made last is asked for first: that one is held
        storage = tensor.untyped_storage()
        self.recipes[storage] = recipe
        for kept in self.kept.pop(storage, []):
            kept.turn(recipe)


_pantry: ContextVar[_Pantry | None] = ContextVar("_pantry", default=None)


@contextmanager
def sparing() -> Iterator[None]:
    """Inside, what operations keep for the backward pass is looked up among what `remade` tells."""
    pantry = _Pantry()
    token = _pantry.set(pantry)
    try:
        with torch.autograd.graph.saved_tensors_hooks(pantry.pack, _Kept.unpack):
            yield
    finally:
        _pantry.reset(token)


def spares() -> bool:
    """Whether `sparing` is of use: where there are gradients, and no compiler, which decides such things itself."""
    return torch.is_grad_enabled() and not torch.compiler.is_compiling()


def remade(tensor: Tensor, make: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    """`tensor`, of which nothing else is a part, and which `make(*inputs)` gives again, bit for bit and with the same
    strides, without any other effect. Outside of `sparing` this does nothing."""
    pantry = _pantry.get()
    if pantry is not None:
        pantry.note(tensor, make, inputs)
    return tensor
