"""Less memory in training: what is quickly made again is not kept from the forward pass for the backward pass.

Autograd keeps what operations read. Inside `sparing`, a tensor that `remade` was told of is kept as its recipe instead:
the function and what that reads. It is made again, bit for bit, when the backward pass asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, UntypedStorage


class _Kept:
    """What is kept of a tensor: itself, or the recipe of the one that it is a view of."""

    def __init__(self, tensor: Tensor, recipe: _Recipe | None = None) -> None:
        self.tensor = None if recipe else tensor
        self.recipe = recipe
        self.version = tensor._version
        self.view = tensor.shape, tensor.stride(), tensor.storage_offset()

    def turn(self, recipe: _Recipe) -> None:
        """Let the tensor go."""
        recipe.uses += 1
        self.tensor, self.recipe = None, recipe

    def unpack(self) -> Tensor:
        """The tensor, for autograd."""
        return self._whole() if self.recipe is None else self.recipe.take().as_strided(*self.view)

    def again(self) -> Tensor:
        """The tensor, for a recipe."""
        return self._whole() if self.recipe is None else self.recipe.tensor().as_strided(*self.view)

    def _whole(self) -> Tensor:
        assert self.tensor is not None
        if self.tensor._version != self.version:
            raise RuntimeError(
                f"a tensor of shape {tuple(self.view[0])} that the backward pass reads was changed in place "
                "after the operation that read it"
            )
        return self.tensor


class _Recipe:
    """How `tensor` is made: `make` of `inputs`, under the autocast of the forward pass."""

    def __init__(self, tensor: Tensor, make: Callable[..., Tensor], inputs: Sequence[_Kept]) -> None:
        self.make, self.inputs = make, inputs
        self.version = tensor._version
        device = tensor.device.type
        known = torch.amp.is_autocast_available(device)
        self.autocast = (device, torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)) if known else None
        self.uses = 0
        self.made: Tensor | None = tensor.detach()

    def is_of(self, tensor: Tensor) -> bool:
        """Whether `tensor`, of the storage that was made, is still what was made."""
        return tensor._version == self.version

    def tensor(self) -> Tensor:
        """A new one."""
        inputs = [kept.again() for kept in self.inputs]
        with torch.no_grad(), torch.autocast(*self.autocast) if self.autocast else nullcontext():
            return self.make(*inputs)

    def take(self) -> Tensor:
        """It, for one of its uses; held until the last of them."""
        self.uses -= 1
        found = self.made if self.made is not None and self.is_of(self.made) else self.tensor()
        self.version = found._version
        self.made = found if self.uses > 0 else None
        return found


class _Pantry:
    """The recipes of one forward pass, and what was kept before its recipe was known."""

    def __init__(self) -> None:
        self.recipes: WeakKeyDictionary[UntypedStorage, _Recipe] = WeakKeyDictionary()
        self.kept: WeakKeyDictionary[UntypedStorage, list[_Kept]] = WeakKeyDictionary()
        self.newest: _Recipe | None = None

    def pack(self, tensor: Tensor) -> _Kept:
        kept, recipe = _Kept(tensor), self._recipe(tensor)
        if recipe is None:
            self.kept.setdefault(tensor.untyped_storage(), []).append(kept)
        else:
            kept.turn(recipe)
        return kept

    def note(self, tensor: Tensor, make: Callable[..., Tensor], inputs: Sequence[Tensor]) -> None:
        recipe = _Recipe(tensor, make, [_Kept(x.detach(), self._recipe(x)) for x in inputs])
        if self.newest is not None:
            self.newest.made = None
        self.newest = recipe  # what is made last is asked for first: that one is held
        storage = tensor.untyped_storage()
        self.recipes[storage] = recipe
        for kept in self.kept.pop(storage, []):
            if kept.version == recipe.version:
                kept.turn(recipe)

    def close(self) -> None:
        """Nothing more will be noted: autograd, which holds its hooks, shall not hold every tensor with them."""
        self.kept.clear()
        self.recipes.clear()
        self.newest = None

    def _recipe(self, tensor: Tensor) -> _Recipe | None:
        recipe = self.recipes.get(tensor.untyped_storage())
        return recipe if recipe is not None and recipe.is_of(tensor) else None


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
        pantry.close()


def remade(tensor: Tensor, make: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    """`tensor`, of which nothing else is a part, and which `make(*inputs)` gives again, bit for bit and with the same
    strides, without any other effect. Outside of `sparing` this does nothing."""
    pantry = _pantry.get()
    if pantry is not None:
        pantry.note(tensor, make, inputs)
    return tensor
