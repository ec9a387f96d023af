"""A plugin's life-cycle hooks, called so that whatever they do, only they can fail."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, field

import pluggy

from mdf.core.hooks import LIFE_CYCLE_HOOKS
from mdf.registry.origin import Fault, Origin
from mdf.registry.reasons import fault_of


@dataclass(frozen=True)
class Listener(Origin):
    """A plugin, or a logger that was asked for, with life-cycle hooks; `manager` holds it alone."""

    manager: pluggy.PluginManager = field(repr=False, compare=False)

    def call(self, hook: str, **told: object) -> Fault | None:
        """Call its `hook`, if it has one; what it prints goes to stderr. Only KeyboardInterrupt leaves."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                getattr(self.manager.hook, hook)(**told)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return fault_of(self, "hook", error)
        return None


def listener(origin: Origin, manager: pluggy.PluginManager) -> Listener | None:
    """The manager's one plugin as a listener; None where it has no life-cycle hook."""
    if not any(getattr(manager.hook, hook).get_hookimpls() for hook in LIFE_CYCLE_HOOKS):
        return None
    return Listener(origin.plugin, origin.distribution, origin.version, manager)
