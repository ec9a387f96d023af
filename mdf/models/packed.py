"""A trained network as one file: its weights, and in the header all that is needed to use them. Torch-free.

The header is safetensors' own: text by key, which any reader of that format shows.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from mdf.core.errors import MdfError

ENDING = ".safetensors"
FORMAT = "mdf-model-1"
CURE = "pack the run again with `mdf runs pack`, or download the file again"


@dataclass(frozen=True, slots=True)
class PackedHeader:
    """What the header of a packed model says.

    Attributes:
        version: of the mdf that packed it.
        recipe: what the network was trained by, such as `recipes/mdf-base.toml`; "" if nobody said.
        run: the id of the run that it comes from.
        config: the run's `config.toml`, as text.
        model: the run's `model.json`, as text: constants, unit and calibration of each task.
    """

    version: str
    recipe: str
    run: str
    config: str
    model: str

    def to_text(self) -> dict[str, str]:
        """What safetensors stores."""
        fields = {"version": self.version, "recipe": self.recipe, "run": self.run}
        return {"format": FORMAT, **fields, "config": self.config, "model": self.model}

    def config_table(self, path: Path) -> dict[str, Any]:
        """The config as a table. Raises MdfError where it is none."""
        try:
            return tomllib.loads(self.config)
        except tomllib.TOMLDecodeError as error:
            raise MdfError(f"the config in {path} is damaged: {error}", CURE) from error

    def model_table(self, path: Path) -> Mapping[str, Any]:
        """The content of `model.json`. Raises MdfError where it is no table."""
        try:
            table = json.loads(self.model)
        except ValueError as error:
            raise MdfError(f"the facts in {path} are damaged: {error}", CURE) from error
        if not isinstance(table, dict):
            raise MdfError(f"the facts in {path} are no table", CURE)
        return table


def is_packed(place: Path) -> bool:
    """Whether a trained network at `place` is one file, not a run's folder."""
    return place.suffix == ENDING and place.is_file()


def read_header(path: Path) -> PackedHeader:
    """The header of the packed model at `path`; no weight is read.

    Raises MdfError where the file cannot be read, or holds weights alone.
    """
    try:
        with safe_open(path, "numpy") as file:
            text = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError) as error:
        raise MdfError(f"{path} is damaged: {error}", CURE) from error
    if text.get("format") != FORMAT:
        raise MdfError(
            f"{path} is no packed model of mdf: its header has no `format = {FORMAT}`",
            "give a run's folder, or a file that `mdf runs pack` has written",
        )
    try:
        return PackedHeader(**{key: text[key] for key in ("version", "recipe", "run", "config", "model")})
    except KeyError as error:
        raise MdfError(f"the header of {path} has no {error}", CURE) from error
