"""A trial's id: a hash of everything that can change its result, and of nothing else. Torch-free."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from mdf import __version__
from mdf.core.config import ExperimentConfig, to_table
from mdf.core.plain import Plain
from mdf.registry import Offer
from mdf.study.code_digest import code_hash, digest_of, modules_of, packages_of
from mdf.study.tokens import code_tokens

if TYPE_CHECKING:
    from mdf.study.cell import Cell

ID_LENGTH = 12
TRIAL = "mdf.study.trial.trial"
"""The module from which a trial is run."""
STAMP = ("precision", "channels_last", "threads", "torch")
"""What of the environment stamp can change a result, beside the kind of device."""
STORING = {"filelock", "huggingface_hub", "platformdirs", "pyarrow", "safetensors", "tomli_w"}
CHECKING = {"packaging", "pluggy", "pydantic"}
NOT_COUNTED = STORING | CHECKING | {"torch"}
"""Packages that a trial imports and whose version is not in its id: those compute no number, and torch is in the stamp.
Any other package counts."""


def digest(value: Plain) -> str:
    """A short hash of plain data, the same on every machine."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:ID_LENGTH]


def trial_id(cell: Cell) -> str:
    """The id of the trial that `cell` makes."""
    machine = {key: cell.stamp[key] for key in STAMP}
    kind = str(cell.stamp["device"]).partition(":")[0]
    table = decisive(cell.config)
    return digest([table, cell.fingerprint, kind, machine, __version__, cell.code, dict(cell.plugins)])


def decisive(config: ExperimentConfig) -> dict[str, Plain]:
    """The part of a config that can change a result: all but `train.recompute`, with which it is the same bit for
    bit."""
    train = config.train.model_dump(mode="json", exclude={"recompute"}, exclude_none=True)
    return {**to_table(config), "train": train}


def modules_used(entries: Iterable[str], offers: Iterable[Offer]) -> frozenset[str]:
    """The modules of mdf that `entries` can run with these components."""
    return modules_of([*entries, *(offer.spec.target.partition(":")[0] for offer in offers if offer.builtin)])


def code_of(modules: Iterable[str], offers: Iterable[Offer]) -> str:
    """A hash of the code of these `modules_used`, and of the line that offers each of the components. Third parties'
    code is in `versions_of`."""
    builtin = sorted((offer for offer in offers if offer.builtin), key=lambda offer: (offer.kind, offer.spec.name))
    lines = [{**asdict(offer.spec), "kind": offer.kind, "summary": ""} for offer in builtin]
    return digest([code_hash(modules), lines])


def versions_of(modules: Iterable[str], offers: Iterable[Offer]) -> dict[str, str]:
    """Versions of what these `modules_used` compute with: libraries, and third parties' packages among the components.

    The libraries are those that a module imports. A third party's package also has a hash of its code, which changes
    under one version while a plugin is written.
    """
    packages = packages_of(modules) - NOT_COUNTED
    names = (name for package in packages for name in _distributions().get(package, [package]))
    versions = {name: version for name in names if (version := _version(name))}
    for offer in offers:
        if not offer.builtin:
            package = offer.spec.target.partition(":")[0].partition(".")[0]
            versions[f"{offer.owner} {package}"] = f"{offer.version} {package_hash(package)}"
    return versions


@cache
def _distributions() -> Mapping[str, Sequence[str]]:
    """The installed distributions by the package that one imports, such as `pillow` by `PIL`. A package that is a
    compiled module alone may be missing."""
    return metadata.packages_distributions()


@cache
def _version(distribution: str) -> str:
    """The version of an installed distribution; "" if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


@cache
def package_hash(package: str) -> str:
    """A hash of the code of a top-level package, or of a module that is one file; "" if there is none."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return ""
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = {path.relative_to(root).as_posix(): path for root in folders for path in root.rglob("*.py")}
    if not folders and spec.origin:
        files = {package: Path(spec.origin)}
    return digest([[name, _file_hash(path)] for name, path in sorted(files.items())])


def _file_hash(path: Path) -> str:
    """Of the tokens of a source file; of the bytes of any other, such as a compiled module."""
    content = path.read_bytes()
    try:
        return digest_of(code_tokens(content.decode("utf-8")))
    except UnicodeDecodeError:
        return hashlib.blake2b(content, digest_size=16).hexdigest()
