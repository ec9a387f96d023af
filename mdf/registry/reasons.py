"""Describes exceptions of plugins in one line, with the likely cure."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path

import pluggy

from mdf.core.errors import MdfError
from mdf.registry.origin import Fault, Origin, Stage

LONGEST = 300
REGISTRY = Path(__file__).parent
MACHINERY = {Path(module.__file__ or "").parent for module in (importlib, pluggy)} | {REGISTRY, REGISTRY / "discovery"}
"""Folders whose frames say nothing about where a plugin failed."""


def fault_of(origin: Origin, stage: Stage, error: BaseException) -> Fault:
    """`error` as the fault of one plugin."""
    return Fault(
        plugin=origin.plugin,
        distribution=origin.distribution,
        version=origin.version,
        stage=stage,
        error=one_line(error.message) if isinstance(error, MdfError) else describe(error),
        hint=one_line(error.hint) if isinstance(error, MdfError) else cure(error, origin),
        trace="" if isinstance(error, MdfError) else "".join(traceback.format_exception(error)),
    )


def describe(error: BaseException) -> str:
    """Type, message and place of an exception, in one line."""
    try:
        message = one_line(str(error))
    except Exception:  # its own __str__ is at fault
        message = ""
    kind = type(error).__name__
    return (f"{kind}: {message}" if message else kind) + _place(error)


def one_line(text: str) -> str:
    """The text on one line, printable, cut to a length that can be read."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def cure(error: BaseException, origin: Origin) -> str:
    """What a user can do about an exception that brings no hint of its own."""
    if isinstance(error, ModuleNotFoundError) and origin.distribution:
        return f"`pip install --force-reinstall {origin.distribution}` installs what it needs"
    if isinstance(error, ModuleNotFoundError):
        return f"install the package that has the module `{error.name}`"
    if isinstance(error, SystemExit):
        return "importing a plugin must not end the program: tell its authors"
    return blame(origin)


def blame(origin: Origin) -> str:
    """What a user can do about a plugin that is simply wrong."""
    if origin.builtin:
        return f"reinstall {origin.distribution}"
    return f"tell its authors, or leave it out: MDF_DISABLE_PLUGINS={origin.plugin}"


def _place(error: BaseException) -> str:
    """The last line of the plugin's own code that was running, where there is one."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_machinery(f.filename)]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _is_machinery(filename: str) -> bool:
    return filename.startswith("<") or Path(filename).parent in MACHINERY
