"""A plugin's life-cycle hooks, called so that nothing but the plugin itself can fail."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pluggy

from mdf.core.hooks import LIFE_CYCLE_HOOKS
from mdf.registry.origin import Fault, Origin
from mdf.registry.reasons import fault_of

if TYPE_CHECKING:
    from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd
    from mdf.core.progress import Epoch

HookArgument: TypeAlias = "Study | Trial | Epoch | TrialEnd | StudyEnd"


@dataclass(frozen=True)
class Listener(Origin):
    """A plugin with life-cycle hooks, or a logger that was asked for; `manager` holds it alone."""

    manager: pluggy.PluginManager = field(repr=False, compare=False)

    def call(self, hook: str, **arguments: HookArgument) -> Fault | None:
        """Call its `hook`, if it has one. What it prints goes to stderr, what it raises is returned as its fault."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                getattr(self.manager.hook, hook)(**arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return fault_of(self, "hook", error)
        return None


def listener(origin: Origin, manager: pluggy.PluginManager) -> Listener | None:
    """The one plugin of `manager` as a listener; None where it has no life-cycle hook."""
    if not any(getattr(manager.hook, hook).get_hookimpls() for hook in LIFE_CYCLE_HOOKS):
        return None
    return Listener(origin.plugin, origin.distribution, origin.version, manager)
