"""`FeatureSpec`: what cannot be a pyramid is refused before anything runs."""

from __future__ import annotations

import pytest

from mdf.core.features import FeatureSpec


@pytest.mark.parametrize(
    ("channels", "strides", "multiple"),
    [((), (), 1), ((8,), (1, 2), 2), ((8, 16), (2, 1), 2), ((8, 16), (2, 4), 2), ((8,), (14,), 16)],
)
def test_what_is_no_pyramid_is_refused(channels: tuple[int, ...], strides: tuple[int, ...], multiple: int) -> None:
    with pytest.raises(ValueError, match=r"stride|finest|multiple"):
        FeatureSpec(channels, strides, multiple)


def test_shapes_of_every_map() -> None:
    spec = FeatureSpec((8, 16, 16), (2, 4, 4), 4)
    assert spec.shapes(3, 32, 64) == [(3, 8, 16, 32), (3, 16, 8, 16), (3, 16, 8, 16)]
