"""Plugins given as files, of a name that no other test uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PluginFile = Callable[[str, str], str]

HEAD = """
from typing import Literal
from pydantic import Field
from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec
"""


@pytest.fixture
def plugin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginFile]:
    """Writes `name.py` with imports for plugins in front of `source`; gives its path."""
    for name in ("MDF_PLUGINS", "MDF_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    before = set(sys.modules)

    def write(name: str, source: str) -> str:
        path = tmp_path / f"{name}.py"
        path.write_text(HEAD + source)
        return str(path)

    yield write
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
