"""From an offer to its class, its validated config and the component itself. Each failure names its plugin."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.errors import MdfError, PluginError
from mdf.registry.discovery.guard import imported_file
from mdf.registry.discovery.hooks import Plugin, new_manager, register
from mdf.registry.kinds import base_class
from mdf.registry.listener import Listener, listener
from mdf.registry.origin import Offer
from mdf.registry.reasons import blame, cure, describe

if TYPE_CHECKING:
    from mdf.core.component import ComponentConfig
    from mdf.core.plain import Table
    from mdf.registry.kinds import AnyComponent, Argument


class MissingExtraError(PluginError):
    """A component needs an optional extra that is not installed."""


def load_class(offer: Offer) -> type[AnyComponent]:
    """Import the component's class.

    Raises
        PluginError: importing it fails, or it is no complete class of its kind.
        MissingExtraError: it needs an optional extra that is not installed.
    """
    base = base_class(offer.kind)
    module, _, path = offer.spec.target.partition(":")
    with _guarded(offer, "could not be imported"):
        if offer.file:  # in a worker, to which the catalog was handed over, nobody has imported it yet
            imported_file(Path(offer.file))
        loaded = importlib.import_module(module)
        for name in path.split("."):
            if not hasattr(loaded, name):
                raise _unfit(offer, f"`{module}` has no `{path}`")
            loaded = getattr(loaded, name)
    if not (isinstance(loaded, type) and issubclass(loaded, base)):
        raise _unfit(offer, f"`{offer.spec.target}` is not a subclass of {base.__module__}.{base.__name__}")
    if inspect.isabstract(loaded):
        missing = ", ".join(sorted(getattr(loaded, "__abstractmethods__", ())))
        raise _unfit(offer, f"`{offer.spec.target}` leaves {missing} unimplemented")
    return loaded


def config_class(offer: Offer) -> type[ComponentConfig]:
    """The component's nested `Config`. Raises PluginError where it has none of the right base."""
    from mdf.core.component import ComponentConfig

    schema = getattr(load_class(offer), "Config", None)
    if isinstance(schema, type) and issubclass(schema, ComponentConfig):
        return schema
    raise _unfit(offer, f"`{offer.spec.target}.Config` is not a mdf.core.component.ComponentConfig")


def json_schema(offer: Offer) -> Table:
    """The JSON schema of its options, with defaults and descriptions."""
    schema = config_class(offer)
    with _guarded(offer, "could not describe its options"):
        return schema.model_json_schema()


def validate(offer: Offer, options: Table, where: str) -> ComponentConfig:
    """`options` as the component's own frozen config; `where` stands before an option's name in messages.

    Raises
        ConfigError: an option is wrong.
        PluginError: the component's own defaults or validators are wrong.
    """
    from pydantic import ValidationError

    from mdf.registry.options import option_error

    schema = config_class(offer)
    with _guarded(offer, "could not check its options"):
        try:
            return schema(**options)
        except ValidationError as error:
            invalid = error
    raise option_error(offer, schema, options, where, invalid)


def create(offer: Offer, config: ComponentConfig, variant: str, args: tuple[Argument, ...]) -> AnyComponent:
    """The component, constructed as the contract of its kind says. An MdfError of its own passes through."""
    make: Callable[..., AnyComponent] = load_class(offer)
    if offer.kind == "dataset":
        args = (variant, *args)
    elif offer.spec.variant:
        args = (*args, variant)
    fields = type(config).model_fields
    changed = sorted(name for name in config.model_fields_set if getattr(config, name) != fields[name].default)
    with _guarded(offer, "could not be built", changed):
        return make(config, *args)


def listen(offer: Offer, logger: Plugin) -> Listener:
    """`logger`, which `offer` made, as a listener of its own name. Raises PluginError where it has no hook of ours."""
    try:
        with _guarded(offer, "cannot follow a study"):
            manager = new_manager()
            register(logger, offer.spec.name, manager)
    except PluginError as error:
        raise _unfit(offer, error.message) from error
    follower = listener(replace(offer, plugin=offer.spec.name), manager)
    if follower is None:
        raise _unfit(offer, "it implements no life-cycle hook")
    return follower


@contextlib.contextmanager
def _guarded(offer: Offer, happened: str, changed: Sequence[str] = ()) -> Iterator[None]:
    """Runs other people's code: what it prints goes to stderr, and whatever it raises names its plugin.

    `changed` are the options that are not at their defaults: they may be the cause.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (KeyboardInterrupt, MdfError):
        raise
    except (Exception, SystemExit) as error:
        message = f"{offer.kind} `{offer.spec.name}` of {_owner(offer)} {happened}: {describe(error)}"
        if offer.spec.extra and isinstance(error, ImportError):
            hint = f'`pip install "{offer.owner}[{offer.spec.extra}]"`'
            raise MissingExtraError(message, hint) from error
        options = f"check its options {', '.join(changed)}; else " if changed else ""
        raise PluginError(message, options + cure(error, offer)) from error


def _unfit(offer: Offer, problem: str) -> PluginError:
    message = f"{offer.kind} `{offer.spec.name}` of {_owner(offer)}: {problem}"
    return PluginError(message, blame(offer))


def _owner(offer: Offer) -> str:
    return "mdf itself" if offer.builtin else offer.description
