"""Suites: studies that come with mdf as a file of keys, and need only to be told where the data are. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import ConfigError, UnknownNameError
from mdf.core.names import suggest
from mdf.core.plain import Plain, Table

FOLDER = Path(__file__).parent / "suites"
ROOT = "{root}"
"""What stands in a suite's file for the folder of the data."""
OF_PREDICTORS = "of_predictors"


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite whose data are found.

    Attributes:
        table: keys of an experiment config, as a config file has them.
        of_predictors: keys of the rows of methods without a network alone.
    """

    table: Table
    of_predictors: Table


def read_suite(name: str, root: str) -> Suite:
    """The suite `name` on the data below `root`.

    Raises UnknownNameError where there is no such suite, ConfigError where there is no such folder.
    """
    files = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}
    if name not in files:
        raise UnknownNameError(f"there is no suite `{name}`", suggest(name, files))
    if not root:
        raise ConfigError(f"the suite `{name}` needs a folder of scenes", "name it: `--data-root PATH`")
    if not Path(root).expanduser().is_dir():
        raise ConfigError(f"there is no folder {root}", "check the path given with `--data-root`")
    table = tomllib.loads(files[name].read_text(encoding="utf-8"))
    of_predictors = table.pop(OF_PREDICTORS, {})
    return Suite(_filled(table, root), of_predictors)


def _filled(table: Mapping[str, Plain], root: str) -> dict[str, Plain]:
    """The keys with `root` in the names of data."""

    def fill(value: Plain) -> Plain:
        if isinstance(value, str):
            return value.replace(ROOT, root)
        return [fill(each) for each in value] if isinstance(value, list) else value

    return {key: fill(value) for key, value in table.items()}
