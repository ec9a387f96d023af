"""`init` and `teacher`: runs whose networks are used, found in the parent and known by their content. Torch-free."""

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
USES: dict[str, str] = {"init": "begin with", "teacher": "learn from"}
"""The keys that name a run, and what its network is for."""


def located(config: ExperimentConfig, runs: Path) -> ExperimentConfig:
    """`config` with the runs that it names told by their ids, the folders where they lie now, and a SHA-256 of
    what their networks are made of.

    Raises MdfError where there is no such run, it left no network, or its files are not those that were named.
    """
    named = {key: asked for key in USES if (asked := getattr(config, key)) is not None}
    if config.predictor is not None:  # it has no weights, and learns from none
        return config.model_copy(update=dict.fromkeys(named))
    return config.model_copy(update={key: _located(asked, key, runs) for key, asked in named.items()})


def _located(asked: Run, key: str, runs: Path) -> Run:
    there = bool(asked.folder) and (Path(asked.folder) / WEIGHTS).is_file()
    folder = (Path(asked.folder) if there else find_model(asked.run, runs)).resolve()
    files = [folder / name for name in (CONFIG, MODEL, WEIGHTS)]
    if not all(file.is_file() for file in files):
        raise ConfigError(
            f"the run {folder.name} left no network to {USES[key]}", f"`--{key} latest` means one that did"
        )
    found = _sha256(files)
    if asked.sha256 not in ("", found):
        raise ConfigError(
            f"the files of the run {asked.run} are not those that `{key}` names (SHA-256 {asked.sha256[:12]}…, "
            f"found {found[:12]}…)",
            f"give the run's name alone to {USES[key]} what is there",
        )
    return asked.model_copy(update={"run": trial_of(folder), "folder": str(folder), "sha256": found})


def _sha256(files: Sequence[Path]) -> str:
    """Of the files' own: a depth scale in another file than the weights changes what these say."""
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").digest())
    return hashlib.sha256(b"".join(digests)).hexdigest()
