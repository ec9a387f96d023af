"""The options that say where a camera's pixels look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def camera_options(command: Command) -> Command:
    """`--fov` and `--intrinsics`: commands that take one take the other."""
    calibration = "The camera's calibration: OpenCV's or ROS's YAML, JSON or TOML."
    command = click.option("--intrinsics", metavar="FILE", help=calibration)(command)
    across = "The camera's field of view across the picture."
    return click.option("--fov", type=float, metavar="DEGREES", help=across)(command)
