"""The plugin of faults, loaded once."""

from __future__ import annotations

import pytest
from faulty_set import make_plugin


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The plugin's file."""
    return make_plugin(tmp_path_factory.mktemp("plugin"), "faulty_plugin")
