"""Defects that a component of any kind may have; put in front of a good class."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

import multiprocessing


class Unbuildable:
    """Fails when it is made."""

    def __init__(self, *arguments: object) -> None:
        raise RuntimeError("planted")


class MainOnly:
    """Lives in the main process alone."""

    def __init__(self, *arguments: object) -> None:
        if multiprocessing.parent_process() is not None:
            raise RuntimeError("planted: not in a worker")
        super().__init__(*arguments)
