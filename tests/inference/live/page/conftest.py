"""A page that serves, and the browser that it is tested in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import browser
from served_page import Served, serve

__all__ = ["browser"]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A page for this machine."""
    yield from serve(monkeypatch)
