"""Loads plugins one by one, so that a plugin that fails harms no other."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pluggy

from mdf.core.errors import PluginError
from mdf.registry.discovery.hooks import Plugin, collect, new_manager, register
from mdf.registry.listener import Listener, listener
from mdf.registry.origin import Concern, Fault, Notice, Offer, Source, Stage
from mdf.registry.reasons import blame, fault_of, one_line

SLOW_SECONDS = 0.5
ENTRY = re.compile(r"(?P<module>[\w.]+)\s*(:\s*(?P<attribute>[\w.]+))?\s*(\[.*\])?")


@dataclass(frozen=True)
class Loaded:
    """The result of loading one plugin: its offers and life-cycle hooks, or its fault; and notices."""

    offers: tuple[Offer, ...] = ()
    fault: Fault | None = None
    notices: tuple[Notice, ...] = ()
    listener: Listener | None = None


def load(sources: Iterable[Source]) -> Iterator[Loaded]:
    """Import, register, check and call each plugin. Raises nothing but KeyboardInterrupt.

    Each plugin is alone in its plugin manager. A manager is used again after a plugin that loaded well and follows no
    study, because pluggy needs time to read our hooks; after any other plugin there is a new one.
    """
    manager = new_manager()
    for source in sources:
        loaded = _load(source, manager)
        yield loaded
        if loaded.fault or loaded.listener:
            manager = new_manager()


def _load(source: Source, manager: pluggy.PluginManager) -> Loaded:
    stage: Stage = "load"
    had_torch = "torch" in sys.modules
    printed = io.StringIO()
    started = time.perf_counter()
    try:
        with contextlib.redirect_stdout(printed):
            plugin = _imported(source)
            stage = "register"
            register(plugin, source.plugin, manager)
            stage = "hook"
            lines = list(collect(manager))
            follows = listener(source, manager)
            if follows is None:
                manager.unregister(name=source.plugin)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Loaded(fault=fault_of(source, stage, error))
    seconds = time.perf_counter() - started
    took_torch = "torch" in sys.modules and not had_torch
    file = source.target if source.target.endswith(".py") else ""
    offers = (Offer(source.plugin, source.distribution, source.version, kind, spec, file) for kind, spec in lines)
    notices = _notices(source, seconds, took_torch, printed.getvalue())
    return Loaded(tuple(offers), None, tuple(notices), follows)


def _notices(source: Source, seconds: float, took_torch: bool, printed: str) -> Iterator[Notice]:
    def notice(concern: Concern, message: str, hint: str) -> Notice:
        return Notice(source.plugin, source.distribution, source.version, concern, message, hint)

    cure = "keep heavy imports in the components' own modules, named by `Spec.target`"
    if took_torch:
        yield notice("torch", f"its registration imports torch ({seconds:.2f} s)", cure)
    elif seconds > SLOW_SECONDS:
        yield notice("slow", f"its registration took {seconds:.2f} s", cure)
    if printed:
        yield notice("printed", f"it prints when imported: {one_line(printed)}", "stdout is for results")


def _imported(source: Source) -> Plugin:
    if source.target.endswith(".py"):
        return imported_file(Path(source.target))
    entry = ENTRY.fullmatch(source.target.strip())
    if entry is None:
        raise PluginError(f"entry point `{source.target}` is not `package.module:attribute`", blame(source))
    plugin: Plugin = _imported_module(entry["module"], source)
    for name in filter(None, (entry["attribute"] or "").split(".")):
        if not hasattr(plugin, name):
            raise PluginError(f"`{entry['module']}` has no `{entry['attribute']}`", _stale(source))
        plugin = getattr(plugin, name)
    return plugin


def _imported_module(name: str, source: Source) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise PluginError(f"there is no module `{error.name}`", _stale(source)) from error
        raise


def _stale(source: Source) -> str:
    if not source.distribution:
        return "give -p a file.py or a package.module that Python can import from here"
    return f"its entry point is stale: `pip install --force-reinstall {source.distribution}`, or uninstall it"


def imported_file(path: Path) -> ModuleType:
    """The file as a module of its own name, so that targets, pickles and worker processes find it again."""
    name = path.stem
    if not name.isidentifier():
        raise PluginError(f"`{path.name}` cannot be a module's name", "name it like `my_loss.py`")
    known = sys.modules.get(name)
    spec = known.__spec__ if known else importlib.util.find_spec(name)
    if known and spec and spec.origin == str(path):
        return known
    if known or (spec and spec.origin != str(path)):
        raise PluginError(f"there is another module called `{name}`", f"rename {path.name}")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is not a Python file", "give -p a file.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
