"""What must be known before a prediction can be told in metres. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mdf.core.errors import ConfigError

if TYPE_CHECKING:
    from mdf.core.pinhole import Intrinsics


def check_metric(units: Mapping[str, str], intrinsics: Intrinsics | None) -> Intrinsics:
    """`intrinsics`, where depths of these units give points in metres with them.

    Raises
        ConfigError: there is no depth, it is relative, or the intrinsics are unknown.
    """
    unit = units.get("depth")
    if unit is None:
        raise ConfigError("the network predicts no depth, and points need one", "use a network with the task `depth`")
    if unit != "m":
        raise ConfigError(
            f"the predicted depth is {unit or 'without a unit'}, and points in metres need metres",
            "give the depth of the empty scene: `--background-depth FILE`, or `model.open(bg, background_depth)`",
        )
    if intrinsics is None:
        raise ConfigError(
            "the camera's intrinsics are unknown, and points need them",
            "give `--fov DEGREES` or `--intrinsics FILE`, or `model.open(bg, background_depth, fov=60)`",
        )
    return intrinsics


def check_fov(fov: float | None, has_intrinsics: bool) -> None:
    """Raise ConfigError where it is no field of view, or is given beside intrinsics."""
    if fov is not None and not 1 < fov < 179:
        raise ConfigError(f"{fov:g}° is no field of view across a picture", "give degrees between 1 and 179")
    if fov is not None and has_intrinsics:
        raise ConfigError("the field of view and the intrinsics say the same thing twice", "give one of the two")
