"""Checks a plugin's hooks and the lines that they return before anything else of it is used."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import pluggy

from mdf.core.errors import PluginError
from mdf.core.hooks import LIFE_CYCLE_HOOKS, PROJECT, REGISTRATION_HOOKS, LifeCycle, Registration
from mdf.core.names import suggest
from mdf.core.spec import Spec

Plugin: TypeAlias = object
"""A module, or any object whose methods are hooks: pluggy asks for nothing more."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
MARKED = f"{PROJECT}_impl"
HOOKS = (*REGISTRATION_HOOKS.values(), *LIFE_CYCLE_HOOKS)


class _Every(Registration, LifeCycle):
    """Every hook in one class: pluggy needs time for each class that it looks through."""


def new_manager() -> pluggy.PluginManager:
    """A manager that knows our hooks and no plugin."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(_Every)
    return manager


def register(plugin: Plugin, name: str, manager: pluggy.PluginManager) -> None:
    """Register `plugin` alone in `manager`.

    Raises
        PluginError, or an error of pluggy's own: it is no plugin, or has a hook that there is not.
    """
    if inspect.isclass(plugin):
        raise PluginError(f"it names the class {plugin.__name__}", "name a module, or an instance of the class")
    _check_unmarked(plugin)
    manager.register(plugin, name)
    offered = {hook for hook, _ in vars(manager.hook).items() if not hook.startswith("_")}
    for hook in sorted(offered - set(HOOKS)):
        raise PluginError(f"there is no hook `{hook}`", _close_hook(hook))
    manager.check_pending()
    if not manager.get_hookcallers(plugin):
        raise PluginError("it implements no hook", "mark a function such as `mdf_losses` with `@hookimpl`")


def collect(manager: pluggy.PluginManager) -> Iterator[tuple[str, Spec]]:
    """Kind and line of every component that the one plugin of `manager` offers. Raises PluginError on the first bad
    line."""
    seen = set()
    for kind, hook in REGISTRATION_HOOKS.items():
        for spec in _called(manager, hook):
            problem = _problem(spec)
            if problem:
                raise PluginError(f"`{hook}` offers a line called {spec.name!r}: {problem}", "see mdf.core.spec.Spec")
            if (kind, spec.name) in seen:
                raise PluginError(f"`{hook}` offers `{spec.name}` twice", "give each component its own name")
            seen.add((kind, spec.name))
            yield kind, spec


def _called(manager: pluggy.PluginManager, hook: str) -> Iterator[Spec]:
    caller = getattr(manager.hook, hook)
    results = caller()
    if len(results) < len(caller.get_hookimpls()):
        raise PluginError(f"`{hook}` returned None", "return a list of `Spec`")
    for result in results:
        if isinstance(result, (Spec, str)) or not isinstance(result, Iterable):
            raise PluginError(f"`{hook}` returned {result!r}", "return a list of `Spec`")
        for item in result:
            if not isinstance(item, Spec):
                raise PluginError(f"`{hook}` offers {item!r}", "each line is a `mdf.core.spec.Spec`")
            yield item


def _problem(spec: Spec) -> str:
    """What is wrong with a line; "" where nothing is."""
    texts = (spec.name, spec.target, spec.summary, spec.variant, spec.default_loss, spec.extra)
    lists = (spec.tasks, spec.default_metrics, spec.representatives, spec.recordings, spec.addresses)
    if not all(isinstance(text, str) and text.isprintable() for text in texts):
        return "name, target, summary, variant, default_loss and extra are one printable line each"
    if not all(
        isinstance(names, tuple) and all(isinstance(n, str) and n.isprintable() for n in names) for names in lists
    ):
        return "tasks, default_metrics, representatives, recordings and addresses are tuples of names"
    if not NAME.fullmatch(spec.name) or spec.name.isdigit():
        return "a name is lower case letters, digits, `-` and `_`"
    if not TARGET.fullmatch(spec.target):
        return "the target is not `package.module:Class`"
    if spec.representatives and not spec.variant:
        return "it has representatives and takes no variant"
    return "" if spec.summary else "the summary is empty"


def _check_unmarked(plugin: Plugin) -> None:
    """Raises PluginError for a function that is named like a hook but not marked as one: pluggy would ignore it."""
    for name in dir(plugin):
        if not name.startswith(f"{PROJECT}_"):
            continue
        value = inspect.getattr_static(plugin, name, None)
        if inspect.isfunction(value) and not hasattr(value, MARKED):
            raise PluginError(f"`{name}` is not marked as a hook", "put `@mdf.core.hooks.hookimpl` above it")


def _close_hook(hook: str) -> str:
    return suggest(hook, HOOKS)
