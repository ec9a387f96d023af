"""Plugin packages, most of them broken: as sources that pip installs, or as `pip install` would leave them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HEAD = """
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec
"""

LINE = 'Spec("{name}", "{target}", "A loss.")'

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "1.5"
dependencies = {requires}

[project.entry-points.mdf]
{name} = {entry}

[tool.hatch.build.targets.wheel]
include = ["/*.py"]
bypass-selection = true
"""

BUILD = """
import os, sys
from hatchling.build import build_wheel
for project in sys.argv[2:]:
    os.chdir(project)
    build_wheel(sys.argv[1])
"""
"""The packages' own build back end, called as PEP 517 says, in one process for all of them."""


def offering(*lines: str, hook: str = "mdf_losses") -> str:
    """The source of a plugin whose one hook returns `lines`."""
    return f"{HEAD}\n@hookimpl\ndef {hook}():\n    return [{', '.join(lines)}]\n"


@dataclass(frozen=True)
class Package:
    """One installed distribution `name` with a plugin module of the same name.

    `stage`, `error` and `hint` are what must be told about it; all empty where it works. One that is not `buildable`
    was installed by tools that look less closely than today's.
    """

    name: str
    source: str = ""
    entry: str = ""
    requires: str = ""
    stage: str = ""
    error: str = ""
    hint: str = ""
    entry_points: str = ""
    files: dict[str, str] = field(default_factory=dict)
    buildable: bool = True

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    def write(self, folder: Path) -> None:
        """Write its sources: a project that any front end builds."""
        folder.mkdir()
        entry = json.dumps(self.entry or self.module)
        requires = json.dumps([self.requires] if self.requires else [])
        (folder / "pyproject.toml").write_text(PROJECT.format(name=self.name, requires=requires, entry=entry))
        self._write_modules(folder)

    def _write_modules(self, folder: Path) -> None:
        modules = {f"{self.module}.py": self.source} if self.source else {}
        for name, text in {**modules, **self.files}.items():
            (folder / name).write_text(text)

    def install(self, site: Path) -> None:
        """Write it into a folder that is on `sys.path`."""
        info = site / f"{self.module}-1.5.dist-info"
        info.mkdir(parents=True)
        requires = f"Requires-Dist: {self.requires}\n" if self.requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {self.name}\nVersion: 1.5\n{requires}")
        entry = self.entry or self.module
        (info / "entry_points.txt").write_text(self.entry_points or f"[mdf]\n{self.name} = {entry}\n")
        (info / "RECORD").write_text("")
        self._write_modules(site)


GOOD = Package(
    "good-plugin",
    offering(LINE.format(name="good", target="good_plugin_loss:Good")),
    requires="mask-depth-framework>=0.0.1",
    files={
        "good_plugin_loss.py": """
from pydantic import Field
from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss

class Good(Loss):
    "A loss of a third party."

    class Config(ComponentConfig):
        scale: float = Field(2.0, gt=0, description="what it is multiplied by")

    def __call__(self, prediction, target, valid):
        return (prediction.sum() + target.sum() + valid.sum()) * self.config.scale
"""
    },
)

REFUSED = [
    Package("stale-module", entry="stale_module.gone", stage="load", error="no module `stale_module`", hint="stale"),
    Package("stale-attribute", HEAD, entry="stale_attribute:gone", stage="load", error="has no `gone`", hint="stale"),
    Package("entry-nonsense", HEAD, entry="entry nonsense!", stage="load", error="is not `package.module:attr"),
    Package(
        "import-raises", "x = 1 / 0", stage="load", error="ZeroDivisionError: division by zero (import_raises.py:1)"
    ),
    Package("import-exits", "import sys; sys.exit('bye')", stage="load", error="SystemExit: bye", hint="must not end"),
    Package("syntax-error", "def broken(:\n", stage="load", error="SyntaxError"),
    Package(
        "dependency-missing",
        "import surely_not_installed",
        stage="load",
        error="No module named 'surely_not_installed'",
        hint="pip install --force-reinstall dependency-missing",
    ),
    Package(
        "unspeakable",
        "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute",
        stage="load",
        error="Mute (unspeakable.py:3)",
    ),
    Package("misspelt-hook", offering(hook="mdf_loses"), stage="register", error="`mdf_loses`", hint="`mdf_losses`"),
    Package("unknown-hook", offering(hook="zzz"), stage="register", error="no hook `zzz`", hint="mdf_encoders, "),
    Package("unmarked-hook", "def mdf_losses(): return []", stage="register", error="`mdf_losses` is not marked"),
    Package("no-hook", "x = 1", stage="register", error="implements no hook"),
    Package("a-class", "class Plugin: pass", entry="a_class:Plugin", stage="register", error="the class Plugin"),
    Package(
        "stray-argument",
        f"{HEAD}\n@hookimpl\ndef mdf_losses(catalog): return []",
        stage="register",
        error="Argument(s) {'catalog'}",
    ),
    Package("hook-raises", offering("1 / 0"), stage="hook", error="ZeroDivisionError"),
    Package("hook-returns-none", f"{HEAD}\n@hookimpl\ndef mdf_losses(): pass", stage="hook", error="returned None"),
    Package("hook-returns-text", f"{HEAD}\n@hookimpl\ndef mdf_losses(): return 'l1'", stage="hook", error="'l1'"),
    Package("not-a-spec", offering("'l1'"), stage="hook", error="`mdf_losses` offers 'l1'", hint="Spec"),
    Package(
        "equal-names",
        offering(*[LINE.format(name="twin", target="equal_names:A")] * 2),
        stage="hook",
        error="offers `twin` twice",
    ),
    Package("bad-name", offering(LINE.format(name="L 1", target="a:B")), stage="hook", error="lower case"),
    Package("number-name", offering(LINE.format(name="05", target="a:B")), stage="hook", error="lower case"),
    Package("bad-target", offering(LINE.format(name="x", target="a.B")), stage="hook", error="`package.module:Class`"),
    Package("bad-tasks", offering('Spec("x", "a:B", "S.", tasks="mask")'), stage="hook", error="tuples of names"),
    Package("no-family", offering('Spec("x", "a:B", "S.", representatives=("y",))'), stage="hook", error="no variant"),
    Package("no-summary", offering('Spec("x", "a:B", "")'), stage="hook", error="summary is empty"),
    Package("escape-codes", offering(r'Spec("x", "a:B", "\x1b[2J")'), stage="hook", error="printable line"),
    Package(
        "another-framework",
        "raise AssertionError('it must not be imported')",
        requires="mask-depth-framework>=99",
        stage="find",
        error="requires mask-depth-framework>=99",
        hint='pip install "mask-depth-framework>=99"',
    ),
    Package(
        "requirement-nonsense",
        offering(),
        requires="mask-depth-framework ~~ 1",
        buildable=False,
        stage="find",
        error="requires mask-depth-framework ~~ 1",
    ),
    Package(
        "broken-entry-points",
        entry_points="[mdf]\nno equals sign\n",
        stage="find",
        error="Error",
        buildable=False,
    ),
]
"""Plugins of which nothing can be used: told at discovery."""

UNUSABLE = [
    Package(
        "class-import-fails",
        offering(LINE.format(name="class-import-fails", target="class_import_fails_x:A")),
        files={"class_import_fails_x.py": "import surely_not_installed"},
        stage="build",
        error="could not be imported: ModuleNotFoundError",
    ),
    Package(
        "class-import-exits",
        offering(LINE.format(name="class-import-exits", target="class_import_exits_x:A")),
        files={"class_import_exits_x.py": "raise SystemExit(3)"},
        stage="build",
        error="could not be imported: SystemExit",
    ),
    Package(
        "class-gone",
        offering(LINE.format(name="class-gone", target="class_gone:A")),
        stage="build",
        error="`class_gone` has no `A`",
    ),
    Package(
        "no-subclass",
        offering(LINE.format(name="no-subclass", target="no_subclass:A")) + "\nclass A: pass",
        stage="build",
        error="not a subclass of mdf.core.loss.Loss",
    ),
    Package(
        "abstract-class",
        offering(LINE.format(name="abstract-class", target="mdf.core.loss:Loss")),
        stage="build",
        error="leaves __call__ unimplemented",
    ),
    Package(
        "default-invalid",
        offering(LINE.format(name="default-invalid", target="default_invalid_x:A")),
        files={
            "default_invalid_x.py": """
from mdf.core.component import ComponentConfig
from mdf.core.loss import Loss

class A(Loss):
    class Config(ComponentConfig):
        width: int = "wide"

    def __call__(self, prediction, target, valid):
        return prediction.sum() + target.sum() + valid.sum()
"""
        },
        stage="config",
        error="its default of loss.width is invalid",
    ),
    Package(
        "config-no-config",
        offering(LINE.format(name="config-no-config", target="config_no_config_x:A")),
        files={
            "config_no_config_x.py": """
from mdf.core.loss import Loss

class A(Loss):
    Config = dict

    def __call__(self, prediction, target, valid):
        return prediction.sum() + target.sum() + valid.sum()
"""
        },
        stage="config",
        error="is not a mdf.core.component.ComponentConfig",
    ),
]
"""Plugins that register, and whose one component, a loss called as the plugin, fails when it is needed."""

NOTED = {
    "chatty": ("printed", "it prints when imported: hello"),
    "heavy": ("torch", "its registration imports torch ("),
    "slow": ("slow", "its registration took "),
    "name-thief": ("clash", "loss `l1` is also offered by mdf itself"),
}
"""Plugins that work, by name; the concern of the notice about each, and how it begins."""

BEHAVED = [
    Package("chatty", 'print("hello")\n' + offering()),
    Package("heavy", "import torch\n" + offering()),
    Package("slow", "import time\ntime.sleep(0.7)\n" + offering()),
    Package("name-thief", offering(LINE.format(name="l1", target="good_plugin_loss:Good"))),
    Package(
        "deaf-follower",
        f"{HEAD}\n@hookimpl\ndef mdf_trial_end(trial):\n    raise ValueError('nobody listens')\n",
        stage="hook",
        error="ValueError: nobody listens",
    ),
]
"""Plugins that load: told of where they disturb."""


def install_all(packages: Sequence[Package], folder: Path) -> Path:
    """Build every package and install the wheels into one folder, which is returned; no network."""
    projects = [folder / "sources" / package.name for package in packages]
    (folder / "sources").mkdir()
    for package, project in zip(packages, projects, strict=True):
        package.write(project)
    wheels, site = folder / "wheels", folder / "site"
    wheels.mkdir()
    _python("-c", BUILD, str(wheels), *map(str, projects))
    pip = ["-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-index", "--no-deps", "--no-compile"]
    _python(*pip, "--target", str(site), *map(str, sorted(wheels.glob("*.whl"))))
    return site


def _python(*args: str) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, *args], env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
