"""A trial's id: a hash of everything that can change its result. Torch-free."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from mdf import __version__
from mdf.core.config import ExperimentConfig, to_table
from mdf.registry import Offer

ID_LENGTH = 12
OF_TRIALS = ("assemble", "data", "readable", "restore", "statistics", "teacher", "trained", "trial")
DECIDES_RESULTS = ("core", "plugins", *(f"study/{name}.py" for name in OF_TRIALS))
LIBRARIES = ("numpy", "pillow", "torchvision", "timm", "segmentation-models-pytorch")
"""Beside torch, which is in the stamp: what any trial may compute with."""
OF_EXTRAS = {
    "opencv": ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
    "video": ("av",),
    "nyuv2": ("h5py",),
}
"""What the built-in components compute with that need an extra; of OpenCV any distribution will do."""


def digest(value: object) -> str:
    """A short hash of plain data, the same on every machine."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:ID_LENGTH]


def trial_id(config: ExperimentConfig, fingerprint: str, stamp: Mapping[str, Any], made_of: Mapping[str, str]) -> str:
    """The id of `config` on data of `fingerprint`, run as `stamp` says with the software that it is `made_of`."""
    machine = {key: stamp[key] for key in ("precision", "channels_last", "threads", "torch")}
    kind = str(stamp["device"]).partition(":")[0]
    return digest([to_table(config), fingerprint, kind, machine, __version__, code_hash(), dict(made_of)])


def made_of(offers: Iterable[Offer]) -> dict[str, str]:
    """Versions of what the components on offer compute with: libraries, and third parties' packages.

    Of the latter a hash of their sources too, which change under one version while a plugin is written.
    """
    found = {name: version for name in LIBRARIES if (version := _version(name))}
    for offer in offers:
        if offer.builtin:
            names = OF_EXTRAS.get(offer.spec.extra, ())
            found |= {name: version for name in names if (version := _version(name))}
        else:
            package = offer.spec.target.partition(":")[0].partition(".")[0]
            found[f"{offer.owner} {package}"] = f"{offer.version} {sources_hash(package)}"
    return found


@cache
def sources_hash(package: str) -> str:
    """A hash of all Python files of a top-level package, or of the one file of a module."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return ""
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = {path.relative_to(root).as_posix(): path for root in folders for path in root.rglob("*.py")}
    if not folders and spec.origin:
        files = {package: Path(spec.origin)}
    return _hash_of(files)[:ID_LENGTH]


@cache
def code_hash() -> str:
    """A hash of the sources of mdf that decide results."""
    root = Path(str(resources.files("mdf")))
    places = [root / part for part in DECIDES_RESULTS]
    paths = [path for place in places for path in ([place] if place.is_file() else place.rglob("*.py"))]
    return _hash_of({path.relative_to(root).as_posix(): path for path in paths})


def _hash_of(files: Mapping[str, Path]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for name, path in sorted(files.items()):
        found.update(name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


@cache
def _version(distribution: str) -> str:
    """The version of an installed distribution, else ""."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
