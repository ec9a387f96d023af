"""Help, listings and usage errors that need no component import no heavy package such as torch, pydantic or NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mdf

ROOT = Path(mdf.__file__).parents[1]
HEAVY = {
    "torch",
    "torchvision",
    "timm",
    "pydantic",
    "numpy",
    "numba",
    "PIL",
    "segmentation_models_pytorch",
}

PROBE = """
import sys
before = set(sys.modules)
from mdf.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}), file=sys.stderr)
sys.exit(code)
"""


def imported(*args: str) -> tuple[int, set[str]]:
    """The exit code of a command in a fresh process, and the top-level packages that it imported."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MDF_")} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args], env=environ, capture_output=True, text=True, timeout=120
    )
    return done.returncode, set(done.stderr.splitlines()[-1].split())


def third_party(names: set[str]) -> set[str]:
    return {name for name in names if name not in sys.stdlib_module_names and not name.startswith("_")}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--version"], 0),
        (["plugins", "--help"], 0),
        (["runs", "--help"], 0),
        (["plugins", "list"], 0),
        (["plugins", "list", "--json"], 0),
        (["plugins", "list", "--kind", "loss"], 0),
        (["plugins", "list", "--kind", "los"], 2),
        (["plugins", "show", "loss", "no-such-loss"], 2),
        (["plugins", "show", "los", "l1"], 2),
        (["plguins"], 2),
        (["--no-such-option"], 2),
    ],
    ids=str,
)
def test_nothing_heavy_is_imported(args: list[str], code: int) -> None:
    returned, names = imported(*args)
    assert returned == code
    assert not names & HEAVY


@pytest.mark.parametrize("args", [["--help"], [], ["--version"], ["plguins"]], ids=str)
def test_help_imports_only_click(args: list[str]) -> None:
    _, names = imported(*args)
    assert third_party(names) == {"click", "mdf"}


def test_json_output_imports_no_tables() -> None:
    _, names = imported("plugins", "list", "--json")
    assert third_party(names) == {"click", "mdf", "pluggy"}


def test_the_catalog_and_name_errors_import_no_component() -> None:
    code = (
        "import sys; from mdf.registry import Catalog; from mdf.core.spec import KINDS; c = Catalog.discover()\n"
        "for kind in KINDS:\n"
        "    try: c.find(kind, 'zzz')\n"
        "    except Exception as e: assert 'zzz' in str(e)\n"
        f"assert not set(sys.modules) & {HEAVY!r}, sorted(sys.modules)"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, timeout=120)
