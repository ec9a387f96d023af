"""Where a component comes from, and what is said of its plugin: an offer, a fault, a notice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from mdf.core.spec import Spec

DISTRIBUTION = "mask-depth-framework"

Stage = Literal["find", "load", "register", "hook", "config", "build"]
Concern = Literal["clash", "slow", "torch", "printed", "extra", "unknown"]


def name_key(name: str) -> str:
    """The normal form of a distribution's name: `My_Dist` and `my.dist` are one distribution."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class Origin:
    """A plugin, and the installed distribution that brought it ("" for one given by `-p` or MDF_PLUGINS)."""

    plugin: str
    distribution: str
    version: str

    @property
    def builtin(self) -> bool:
        """Whether it belongs to mdf itself."""
        return self.distribution == DISTRIBUTION

    @property
    def owner(self) -> str:
        """What stands before the slash of a full name: the distribution, else the plugin's own name."""
        return self.distribution or self.plugin

    @property
    def label(self) -> str:
        """A few words for tables."""
        return "built in" if self.builtin else f"{self.owner} {self.version}".strip()

    @property
    def description(self) -> str:
        """The plugin and where it comes from, for sentences."""
        if self.distribution:
            return f"plugin `{self.plugin}` ({self.label})"
        return f"plugin `{self.plugin}`"


@dataclass(frozen=True)
class Source(Origin):
    """A plugin that can be loaded, here or in a worker process.

    `target` is `package.module`, `package.module:attribute` or the absolute path of a `.py` file.
    """

    target: str


@dataclass(frozen=True)
class Offer(Origin):
    """One component on offer: its plugin, its kind and its line. `file` is the path of a plugin that is one file."""

    kind: str
    spec: Spec
    file: str = ""

    @property
    def full_name(self) -> str:
        """The name that always works, even if others offer the bare one."""
        return f"{self.owner}/{self.spec.name}"

    @property
    def usage(self) -> str:
        """How it is written where no name clashes: `cdnet:PATH`."""
        return f"{self.spec.name}:{self.spec.variant}" if self.spec.variant else self.spec.name


@dataclass(frozen=True)
class Fault(Origin):
    """A plugin that could not be used: at which stage, why (in one line), and the cure."""

    stage: Stage
    error: str
    hint: str
    trace: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Notice(Origin):
    """Something to know about a plugin that works, or about a name that no plugin has."""

    concern: Concern
    message: str
    hint: str

    @property
    def line(self) -> str:
        """The whole notice in one sentence."""
        return f"{self.description}: {self.message}; {self.hint}"
