"""The public names: each is there, the command line uses no others, and it reaches nothing below the API."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import mdf
from mdf import api
from mdf.api.components import ComponentInfo
from mdf.core.spec import Spec

CLI = Path(mdf.__file__).parent / "cli"
FILES = sorted(CLI.rglob("*.py"))
ALLOWED = ("mdf", "mdf.api", "mdf.cli", "mdf.core")


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that the code imports, those for type checkers included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def used(tree: ast.AST) -> set[str]:
    """The names that the code takes from `mdf.api`."""
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "api"
    }
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "mdf.api"
        for alias in node.names
    }
    return attributes | names


@pytest.mark.parametrize("name", api.__all__)
def test_every_public_name_of_the_api_is_there(name: str) -> None:
    assert getattr(api, name) is not None


@pytest.mark.parametrize("name", mdf.__all__)
def test_every_public_name_of_the_package_is_there(name: str) -> None:
    assert getattr(mdf, name) is not None
    assert name in dir(mdf)


def test_the_names_that_are_loaded_late_are_the_public_ones() -> None:
    assert sorted(api._HOMES) == sorted(api.__all__)
    assert set(mdf.__all__) <= {*api.__all__, *mdf._CORE, "__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    for module in (mdf, api):
        with pytest.raises(AttributeError, match="no_such_name"):
            module.no_such_name  # noqa: B018


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CLI)))
def test_a_command_reaches_nothing_below_the_api(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ours = {name for name in imported(tree) if name.partition(".")[0] == "mdf"}
    assert {name for name in ours if ".".join(name.split(".")[:2]) not in ALLOWED} == set()
    assert used(tree) <= set(api.__all__)


def test_the_package_offers_every_api_function_that_a_command_uses() -> None:
    names = set().union(*(used(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES))
    functions = {name for name in names if inspect.isfunction(getattr(api, name))}
    own = {name for name in functions if getattr(api, name).__module__.startswith("mdf.api.")}
    assert {"benchmark", "list_runs", "plan", "check_data", "list_plugins"} <= own
    assert own <= set(mdf.__all__)


def test_a_listed_component_says_all_that_its_line_says() -> None:
    assert {one.name for one in fields(Spec)} <= {one.name for one in fields(ComponentInfo)}
