"""Saves training memory: tensors that are cheap to recompute are not stored for the backward pass.

Autograd stores the tensors that operations read. Inside `sparing`, a tensor that was passed to `remade` is stored as a
recipe instead: the function that made it, and that function's inputs. The backward pass recomputes it, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, UntypedStorage


class _Kept:
    """A stored tensor: the tensor itself, or a recipe for the tensor that it is a view of."""

    def __init__(self, tensor: Tensor, recipe: _Recipe | None = None) -> None:
        self.tensor = None if recipe else tensor
        self.recipe = recipe
        self.version = tensor._version
        self.view = tensor.shape, tensor.stride(), tensor.storage_offset()

    def turn(self, recipe: _Recipe) -> None:
        """Replace the stored tensor by its recipe."""
        recipe.uses += 1
        self.tensor, self.recipe = None, recipe

    def unpack(self) -> Tensor:
        """The tensor, for autograd."""
        return self._whole() if self.recipe is None else self.recipe.take().as_strided(*self.view)

    def again(self) -> Tensor:
        """The tensor, as the input of another recipe."""
        return self._whole() if self.recipe is None else self.recipe.tensor().as_strided(*self.view)

    def _whole(self) -> Tensor:
        assert self.tensor is not None
        if self.tensor._version != self.version:
            raise RuntimeError(
                f"a tensor of shape {tuple(self.view[0])} is needed by the backward pass, but was changed in place "
                "after the operation that read it"
            )
        return self.tensor


class _Recipe:
    """How to recompute `tensor`: `make(*inputs)`, under the autocast settings of the forward pass."""

    def __init__(self, tensor: Tensor, make: Callable[..., Tensor], inputs: Sequence[_Kept]) -> None:
        self.make, self.inputs = make, inputs
        self.version = tensor._version
        device = tensor.device.type
        known = torch.amp.is_autocast_available(device)
        self.autocast = (device, torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)) if known else None
        self.uses = 0
        self.made: Tensor | None = tensor.detach()

    def is_of(self, tensor: Tensor) -> bool:
        """Whether `tensor`, which has the same storage, was not changed since."""
        return tensor._version == self.version

    def tensor(self) -> Tensor:
        """The recomputed tensor."""
        inputs = [kept.again() for kept in self.inputs]
        with torch.no_grad(), torch.autocast(*self.autocast) if self.autocast else nullcontext():
            return self.make(*inputs)

    def take(self) -> Tensor:
        """The tensor, for one of its uses. It is stored until its last use."""
        self.uses -= 1
        tensor = self.made if self.made is not None and self.is_of(self.made) else self.tensor()
        self.version = tensor._version
        self.made = tensor if self.uses > 0 else None
        return tensor


class _Recipes:
    """The recipes of one forward pass, and the tensors that were stored before their recipes were known."""

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
        self.newest = recipe  # the backward pass needs the newest tensor first, so it is not recomputed
        storage = tensor.untyped_storage()
        self.recipes[storage] = recipe
        for kept in self.kept.pop(storage, []):
            if kept.version == recipe.version:
                kept.turn(recipe)

    def close(self) -> None:
        """Ends the forward pass. Autograd keeps its hooks alive, and they must not keep all tensors alive."""
        self.kept.clear()
        self.recipes.clear()
        self.newest = None

    def _recipe(self, tensor: Tensor) -> _Recipe | None:
        recipe = self.recipes.get(tensor.untyped_storage())
        return recipe if recipe is not None and recipe.is_of(tensor) else None


_recipes: ContextVar[_Recipes | None] = ContextVar("_recipes", default=None)


@contextmanager
def sparing() -> Iterator[None]:
    """Inside this context, tensors that were passed to `remade` are recomputed in the backward pass, not stored."""
    recipes = _Recipes()
    token = _recipes.set(recipes)
    try:
        with torch.autograd.graph.saved_tensors_hooks(recipes.pack, _Kept.unpack):
            yield
    finally:
        _recipes.reset(token)
        recipes.close()


def remade(tensor: Tensor, make: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    """Returns `tensor` and notes that `make(*inputs)` recomputes it. Does nothing outside of `sparing`.

    `make` must return the same bits with the same strides, and must have no side effects. `tensor` must not be a view
    of another tensor.
    """
    recipes = _recipes.get()
    if recipes is not None:
        recipes.note(tensor, make, inputs)
    return tensor
