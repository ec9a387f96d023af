"""Finds the trained network that a name means, and identifies it by its content. Torch-free.

One function decides what a name means wherever a trained network is taken: `mdf predict`, `--init`, `--model`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mdf.core.config import ExperimentConfig, StoredRun
from mdf.core.errors import ConfigError, MdfError
from mdf.core.names import did_you_mean
from mdf.core.shared.pointer import fetched
from mdf.models.export.card import is_exported
from mdf.models.packed import ENDING, is_packed
from mdf.runs.attempts import trial_of
from mdf.runs.find import UnknownRunError, find_network
from mdf.runs.result import CONFIG, MODEL, WEIGHTS

Run = TypeVar("Run", bound=StoredRun)
PURPOSES: dict[str, str] = {"init": "start from", "teacher": "learn from", "model": "score"}
"""The config's keys that name a trained network, and what it is used for."""
SHIPPED = Path(__file__).parent / "shipped"
"""Where the networks lie that come with mdf: `<name>.safetensors`, a packed model each."""


def shipped_models() -> Mapping[str, Path]:
    """The file of each network that comes with mdf, by its name."""
    return {path.stem: path for path in sorted(SHIPPED.glob(f"*{ENDING}"))}


def find_model(name: str | Path, runs: Path) -> Path:
    """Where the trained network lies that `name` means: a run's folder, or one packed file.

    `name` is that of a network that comes with mdf, a packed file, a run's folder, the start of its id, or `latest`,
    the last run that left a network. A name that comes with mdf means the same everywhere: a folder of that name in the
    current one is written `./name`.

    Raises MdfError if none or several are meant; it names what comes close.
    """
    text, path = str(name), Path(name)
    if shipped := shipped_models().get(text):
        return shipped
    if is_packed(path):
        return path.parent if path.name == WEIGHTS and (path.parent / CONFIG).is_file() else path
    try:
        return find_network(text, runs)
    except UnknownRunError as error:
        if path.suffix == ENDING:
            raise MdfError(f"there is no file {path}", "check its path") from error
        message = f"{error.message}, and no model of that name comes with mdf"
        raise MdfError(message, _models_hint(text, error)) from error


def find_loadable(name: str | Path, runs: Path) -> Path:
    """Where a network lies that can be used: a folder that `mdf export` wrote, or what `find_model` finds.

    Raises MdfError where there is none; one that holds exported folders names them.
    """
    place = Path(name)
    if is_exported(place):
        return place
    try:
        return find_model(name, runs)
    except MdfError as error:
        inside = [str(path) for path in sorted(place.glob("*")) if is_exported(path)]
        if not inside:
            raise
        message = f"{place} is no network, but holds some that were exported"
        raise MdfError(message, f"name one: {', '.join(inside)}") from error


def name_of(place: Path) -> str:
    """What the network at `place` is called: the name that it comes with, a packed file's name, or the run's id."""
    return place.stem if place.suffix == ENDING else place.name


def reference_of(place: Path) -> str:
    """What to write to mean the network at `place`: the name that it comes with, or else its path."""
    return place.stem if shipped_models().get(place.stem) == place else str(place)


def located(config: ExperimentConfig, runs: Path) -> ExperimentConfig:
    """`config` with each network that it names given by its name, its place, and a SHA-256 of its files.

    A method without a network uses none: these keys become None.

    Raises MdfError where there is no such network, a run left none, or its files are not those of the SHA-256 given.
    """
    named = {key: run for key in PURPOSES if (run := getattr(config, key)) is not None}
    if config.predictor is not None:
        return config.model_copy(update=dict.fromkeys(named))
    return config.model_copy(update={key: _located(run, key, runs) for key, run in named.items()})


def _located(run: Run, key: str, runs: Path) -> Run:
    known = bool(run.folder) and bool(_existing_files(Path(run.folder)))
    place = (Path(run.folder) if known else find_model(run.run, runs)).resolve()
    files = _existing_files(place)
    if not files:
        raise ConfigError(
            f"the run {place.name} left no network to {PURPOSES[key]}", f"`--{key} latest` means one that did"
        )
    sha256 = _sha256(files)
    if run.sha256 not in ("", sha256):
        raise ConfigError(
            f"the files of the model {run.run} have changed: `{key}` gives the SHA-256 {run.sha256[:12]}…, "
            f"they have {sha256[:12]}…",
            f"give the name alone to {PURPOSES[key]} its files as they are now",
        )
    name = name_of(place) if is_packed(place) else trial_of(place)
    return run.model_copy(update={"run": name, "folder": str(place), "sha256": sha256})


def _existing_files(place: Path) -> Sequence[Path]:
    """The files of the network at `place`; none where one of them is missing. A shared one is fetched."""
    files = [place] if is_packed(place) else [place / name for name in (CONFIG, MODEL, WEIGHTS)]
    return files if all(fetched(file).is_file() for file in files) else ()


def _sha256(files: Sequence[Path]) -> str:
    """One hash of all files: the depth scale in `model.json` changes what the weights mean."""
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").digest())
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _models_hint(text: str, error: MdfError) -> str:
    shipped = list(shipped_models())
    guess = did_you_mean(text, shipped)
    known = f"{', '.join(shipped)} come with mdf; " if shipped else ""
    return f"{f'{guess} ' if guess else ''}{known}{error.hint}"
