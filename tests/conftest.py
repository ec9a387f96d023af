"""What every test stands on: a cache folder of its own, no plugins from outside, and where real images are."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mdf.workers import process

settings.register_profile("mdf", deadline=None)  # a busy machine is no failure
settings.load_profile("mdf")

REAL_DATA = Path(os.environ.get("MDF_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: no process is left alone with one at the end, and what hangs is seen early."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def mdf_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set before any worker starts: workers are forked from a server that keeps the environment it began with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MDF_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("MDF_PLUGINS", "MDF_DISABLE_PLUGINS"):
            patch.delenv(name, raising=False)
        process.expect_training()
        gc.freeze()  # what every test imports is no garbage: each collection would look through it
        yield


@pytest.fixture(scope="session")
def mdf_test_data() -> Path:
    """The folder of real images; the test is skipped where there is none."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real images: {REAL_DATA} is absent (MDF_TEST_DATA names the folder)")
    return REAL_DATA
