"""`mdf plugins new`: a plugin package that works at once, as a start for an author's own."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

import mdf
from mdf import api
from mdf.core.errors import ConfigError
from mdf.core.hooks import REGISTRATION_HOOKS

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

SUMMARIES = {
    "encoder": "Two strided convolutions.",
    "fusion": "One encoder for both images, the features' difference.",
    "decoder": "One convolution a task on the finest map.",
    "head": "Two convolutions to the logit of the mask.",
    "predictor": "How often each pixel was foreground in training.",
    "loss": "Smooth absolute error of values.",
    "metric": "Mean absolute error, pooled over pixels.",
    "dataset": "Plain scenes with one square each.",
    "schedule": "The first task alone for a while, then all of them.",
    "balance": "Weights that go from one task to the other with time.",
    "logger": "A line for each trial, in a text file.",
    "source": "Frames with a bar that moves to the right.",
    "tracker": "Each detection is the nearest object of the frame before.",
    "sink": "A line for each event that begins, in a text file.",
    "exporter": "A program of torch.export, to be changed to your runtime.",
}
EXTRAS = {
    "head": ('tasks=("mask",)', 'default_loss="bce"', 'default_metrics=("iou",)'),
    "predictor": ('tasks=("mask",)',),
    "loss": ('tasks=("depth", "mask")',),
    "metric": ('tasks=("depth",)',),
    "source": ('variant="FRAMES"', 'representatives=("10",)'),
    "sink": ('variant="FILE"', 'representatives=("visits.txt",)'),
}
"""What the `Spec` line of a kind says beyond name, target and summary."""


def write_package(distribution: str, kind: str, folder: Path) -> list[Path]:
    """Write the package `distribution` with one component of `kind` into `folder`; returns the files.

    Raises UnknownNameError if there is no such kind, ConfigError if the name cannot be a package's, or a folder or a
    module of that name is there already.
    """
    api.check_kind(kind)
    name = distribution.removeprefix("mdf-")
    if not NAME.fullmatch(distribution):
        raise ConfigError(f"`{distribution}` cannot be a package's name", "write it like `mdf-wave`")
    if name[0].isdigit():
        raise ConfigError(f"a class cannot be called as `{name}`", "begin the name with a letter: `mdf-wave`")
    if folder.exists():
        raise ConfigError(f"{folder} is there already", "choose another name, or remove it")
    module = distribution.replace("-", "_")
    if keyword.iskeyword(module) or find_spec(module) is not None:
        raise ConfigError(f"Python has a `{module}` already, and one would hide the other", "choose another name")
    words = {
        "distribution": distribution,
        "name": name,
        "module": module,
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "kind": kind,
        "hook": REGISTRATION_HOOKS[kind],
        "summary": SUMMARIES[kind],
        "extras": "".join(f"\n            {extra}," for extra in EXTRAS.get(kind, ())),
        "version": mdf.__version__,
    }
    contents = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"{module}/__init__.py": "registration",
        f"{module}/{kind}.py": kind,
        f"tests/test_{module}.py": "test",
    }
    return [_write(folder / path, template, words) for path, template in contents.items()]


def _write(path: Path, template: str, words: dict[str, str]) -> Path:
    text = files(__package__).joinpath("templates", f"{template}.txt").read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(text).substitute(words), encoding="utf-8")
    return path
