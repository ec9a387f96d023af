"""Checks of components of every kind: their options and their registration."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from pydantic import ValidationError

from mdf.registry.discovery.find import Discovered
from mdf.testing.compare import require
from mdf.testing.finding import SkippedError
from mdf.testing.subject import AnySubject

PROBE = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from mdf.registry import Catalog
catalog = Catalog(pickle.load(sys.stdin.buffer))
sys.stderr.write("".join(n.message for n in catalog.notices if n.concern == "torch"))
"""


def config_survives_json(subject: AnySubject) -> None:
    """The config is the same after it was written as JSON and read again, as with every stored result."""
    config = subject.config
    again = type(config).model_validate_json(config.model_dump_json())
    require(again == config, f"{config!r} comes back as {again!r}")


def config_is_frozen_and_strict(subject: AnySubject) -> None:
    """No option can be changed later, an unknown one is refused, and each is described for `plugins show`."""
    schema = type(subject.config)
    require(bool(schema.model_config.get("frozen")), "its Config is not frozen")
    for name, field in schema.model_fields.items():
        require(bool(field.description), f"option `{name}` has no description")
    try:
        schema(**{**subject.options, "no-such-option": 1})
    except ValidationError:
        return
    require(False, "its Config accepts the unknown option `no-such-option`")


def registration_imports_no_torch(subject: AnySubject) -> None:
    """Its registration module can be imported without torch (tried in a new process)."""
    offer = subject.offer
    if offer.builtin:
        raise SkippedError("built in: the start-up tests of mdf check it")
    sources = subject.catalog.discovered.sources
    mine = tuple(s for s in sources if (s.plugin, s.distribution) == (offer.plugin, offer.distribution))
    module = offer.spec.target.partition(":")[0]
    if module in [Path(source.target).stem for source in mine if source.target.endswith(".py")]:
        raise SkippedError("one file holds the component and its line, and imports torch; a package can part them")
    sent = pickle.dumps(sys.path) + pickle.dumps(Discovered(mine))
    done = subprocess.run([sys.executable, "-c", PROBE], input=sent, capture_output=True, timeout=300)
    message = done.stderr.decode(errors="replace").strip()
    require(done.returncode == 0 and not message, message or f"its registration ended with code {done.returncode}")


CHECKS = (config_survives_json, config_is_frozen_and_strict, registration_imports_no_torch)
