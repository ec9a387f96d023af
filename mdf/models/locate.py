"""Finds the runs that `init` and `teacher` name, and identifies them by their content. Torch-free."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from mdf.core.config import ExperimentConfig, StoredRun
from mdf.core.errors import ConfigError
from mdf.runs.attempts import trial_of
from mdf.runs.find import find_model
from mdf.runs.result import CONFIG, MODEL, WEIGHTS

Run = TypeVar("Run", bound=StoredRun)
PURPOSES: dict[str, str] = {"init": "start from", "teacher": "learn from"}
"""The config's keys that name a run, and what its network is used for."""


def located(config: ExperimentConfig, runs: Path) -> ExperimentConfig:
    """`config` with each run that it names given by its id, its folder, and a SHA-256 of its network's files.

    A method without a network uses neither run: both keys become None.

    Raises MdfError where there is no such run, it left no network, or its files are not those of the SHA-256 given.
    """
    named = {key: run for key in PURPOSES if (run := getattr(config, key)) is not None}
    if config.predictor is not None:
        return config.model_copy(update=dict.fromkeys(named))
    return config.model_copy(update={key: _located(run, key, runs) for key, run in named.items()})


def _located(run: Run, key: str, runs: Path) -> Run:
    known = bool(run.folder) and (Path(run.folder) / WEIGHTS).is_file()
    folder = (Path(run.folder) if known else find_model(run.run, runs)).resolve()
    files = [folder / name for name in (CONFIG, MODEL, WEIGHTS)]
    if not all(file.is_file() for file in files):
        raise ConfigError(
            f"the run {folder.name} left no network to {PURPOSES[key]}", f"`--{key} latest` means one that did"
        )
    sha256 = _sha256(files)
    if run.sha256 not in ("", sha256):
        raise ConfigError(
            f"the files of the run {run.run} have changed: `{key}` gives the SHA-256 {run.sha256[:12]}…, "
            f"they have {sha256[:12]}…",
            f"give the run's name alone to {PURPOSES[key]} its files as they are now",
        )
    return run.model_copy(update={"run": trial_of(folder), "folder": str(folder), "sha256": sha256})


def _sha256(files: Sequence[Path]) -> str:
    """One hash of all files: the depth scale in `model.json` changes what the weights mean."""
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").digest())
    return hashlib.sha256(b"".join(digests)).hexdigest()
