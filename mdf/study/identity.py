"""A trial's id: a hash of everything that can change its result. Torch-free."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from mdf import __version__
from mdf.core.config import ExperimentConfig, to_table
from mdf.registry import Offer

ID_LENGTH = 12
DECIDES_RESULTS = ("core", "plugins", "study/assemble.py", "study/data.py", "study/readable.py")


def digest(value: object) -> str:
    """A short hash of plain data, the same on every machine."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:ID_LENGTH]


def trial_id(config: ExperimentConfig, fingerprint: str, stamp: Mapping[str, Any], plugins: Mapping[str, str]) -> str:
    """The id of `config` on data of `fingerprint`, run as `stamp` says, with third-party `plugins` by version."""
    machine = {key: stamp[key] for key in ("device", "precision", "channels_last", "threads", "torch")}
    return digest([to_table(config), fingerprint, machine, __version__, code_hash(), dict(plugins)])


def version_of(offer: Offer) -> tuple[str, str]:
    """A third party's distribution and its version; where it has none, its module and a hash of that file."""
    if offer.version:
        return offer.owner, offer.version
    module = offer.spec.target.partition(":")[0]
    spec = importlib.util.find_spec(module)
    source = Path(spec.origin).read_bytes() if spec and spec.origin else b""
    return module, hashlib.blake2b(source, digest_size=16).hexdigest()[:ID_LENGTH]


@cache
def code_hash() -> str:
    """A hash of the sources of mdf that decide results."""
    root = Path(str(resources.files("mdf")))
    found = hashlib.blake2b(digest_size=16)
    for part in DECIDES_RESULTS:
        place = root / part
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            found.update(path.relative_to(root).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()
