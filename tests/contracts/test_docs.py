"""The documentation agrees with the program: generated pages are current, and the tutorial for plugins works."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

import mdf
from mdf.core import hooks

ROOT = Path(mdf.__file__).parents[1]
DOCS = ROOT / "docs"
STEP = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
OFFLINE = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("mdf_docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_current() -> None:
    for page, text in generator().pages().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name} is stale: `python docs/generate.py` writes it"


@pytest.mark.parametrize("cls", [hooks.Registration, hooks.LifeCycle])
def test_every_hook_has_a_heading_with_its_exact_signature(cls: type) -> None:
    page = (DOCS / "reference/hooks.md").read_text(encoding="utf-8")
    specified = {name: hook for name, hook in vars(cls).items() if name.startswith("mdf_")}
    assert specified
    for hook in specified.values():
        source = inspect.getsource(hook)
        line = next(line for line in source.splitlines() if line.lstrip().startswith("def "))
        exact = line.strip().removeprefix("def ").removesuffix(":").replace("(self, ", "(").replace("(self)", "()")
        assert f"### `{exact}`\n" in page
        assert inspect.getdoc(hook) in page


def test_every_built_in_component_is_in_the_table() -> None:
    from mdf.registry import Catalog

    page = (DOCS / "reference/components.md").read_text(encoding="utf-8")
    for offer in Catalog.discover():
        if offer.builtin:
            assert f"| `{offer.usage}` |" in page
            assert offer.spec.summary in page


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    text = (DOCS / "how-to/mdf-watch.service").read_text(encoding="utf-8")
    unit = tmp_path / "mdf-watch.service"
    unit.write_text(text.replace("/opt/mdf/bin/mdf", sys.executable))  # systemd asks for a program that is there
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def a_home(folder: Path) -> dict[str, str]:
    """Makes an empty virtual environment that sees this one's packages, with `mdf` and an offline `pip`. Returns its
    environment variables."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (site / "outer.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    for name, command in {
        "mdf": f'exec "{python}" -m mdf "$@"',
        "pip": f'exec "{python}" -m pip "$@" {shlex.join(OFFLINE)}',
    }.items():
        script = folder / "bin" / name
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return environ | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the commands are run by a POSIX shell")
def test_the_tutorial_for_plugins_runs_as_written(tmp_path: Path) -> None:
    for tool in ("pip", "hatchling", "editables"):
        pytest.importorskip(tool, reason="the walk-through installs the package that it writes")
    page = (DOCS / "write-a-plugin.md").read_text(encoding="utf-8")
    section = page.split("\n## ")[1]
    environ = a_home(tmp_path / "home")
    work = tmp_path / "work"
    work.mkdir()
    output = ""
    for step in STEP.finditer(section):
        if step["file"]:
            assert (work / step["file"]).is_file(), "the walk-through changes one file that is there"
            (work / step["file"]).write_text(step["text"], encoding="utf-8")
        elif step["language"] == "console":
            script = f"set -e\n{step['text']}"
            done = subprocess.run(
                ["sh", "-c", script], cwd=work, env=environ, capture_output=True, text=True, timeout=550
            )
            assert done.returncode == 0, f"{step['text']}\n{done.stdout}\n{done.stderr}"
            output += done.stdout
    assert "SoftLog" in output
    rows = [line for line in output.splitlines() if line.startswith("unet · ") and "depth soft-log" in line]
    assert len(rows) == 2
