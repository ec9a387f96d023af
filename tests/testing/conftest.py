"""The catalog with the planted components, and one worker process for all of a module's checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdf.registry import Catalog
from mdf.testing.worker import Worker


@pytest.fixture(scope="session")
def planted_catalog() -> Catalog:
    return Catalog.discover([str(Path(__file__).with_name("planted.py"))])


@pytest.fixture(scope="session")
def kit_worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker
