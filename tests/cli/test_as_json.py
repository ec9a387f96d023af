"""`--json` is made in one place, from whatever the API returns."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import mdf
from mdf.cli.as_json import plain, print_json

CLI = Path(mdf.__file__).parent / "cli"


@dataclass(frozen=True, slots=True)
class Inner:
    path: Path
    tags: frozenset[str]


@dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    scores: Mapping[str, float]
    hidden: str = field(default="secret", repr=False)


def test_a_dataclass_is_an_object_of_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    scores = {"a": 0.5, "b": float("nan"), "c": float("-inf")}
    print_json(Outer((Inner(Path("a") / "b", frozenset("zy")),), scores))
    assert json.loads(capsys.readouterr().out) == {
        "inner": [{"path": str(Path("a") / "b"), "tags": ["y", "z"]}],
        "scores": {"a": 0.5, "b": None, "c": None},
    }


def test_text_in_another_encoding_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"file": "caf\udce9.png", "é": True})
    assert json.loads(capsys.readouterr().out) == {"file": "caf\udce9.png", "é": True}


@pytest.mark.parametrize("value", [object(), Inner, 1j])
def test_what_has_no_json_form_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        plain(value)


def test_no_command_makes_json_itself() -> None:
    users = {
        path.name
        for path in CLI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "json.dumps"
    }
    assert users == {"as_json.py", "plugins.py"}  # the second prints default values of options in a table
