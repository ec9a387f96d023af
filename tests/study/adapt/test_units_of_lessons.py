"""What a network learned in one unit is not gone on with in another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mdf.core.errors import ConfigError
from mdf.study.adapt.learn import check_units


def data(**units: str) -> Any:
    return SimpleNamespace(units=units)


def test_another_unit_is_refused() -> None:
    with pytest.raises(ConfigError, match="`depth` in the unit `relative`, and the camera's is in `m`") as caught:
        check_units(data(depth="m"), data(depth="relative"))
    assert "--background-depth" in caught.value.hint


@pytest.mark.parametrize(
    ("camera", "before"), [({"depth": "m"}, {"depth": "m"}), ({"depth": "m"}, {}), ({}, {"depth": "m"})]
)
def test_the_same_unit_or_none_is_fine(camera: dict[str, str], before: dict[str, str]) -> None:
    check_units(data(**camera), data(**before))
