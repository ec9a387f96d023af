"""`init`: the run that training begins with, found in the parent and known by its content. Torch-free."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mdf.core.config import ExperimentConfig, Init
from mdf.core.errors import ConfigError
from mdf.study.attempts import trial_of
from mdf.study.find import find_model
from mdf.study.results import WEIGHTS


def located(config: ExperimentConfig, runs: Path) -> ExperimentConfig:
    """`config` with its `init` told as the run's id, the folder where it lies now, and the SHA-256 of its weights.

    Raises MdfError where there is no such run, it left no network, or its weights are not those that `init` names.
    """
    asked = config.init
    if asked is None:
        return config
    if config.predictor is not None:  # it has no weights
        return config.model_copy(update={"init": None})
    there = bool(asked.folder) and (Path(asked.folder) / WEIGHTS).is_file()
    folder = (Path(asked.folder) if there else find_model(asked.run, runs)).resolve()
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ConfigError(f"the run {folder.name} left no network to begin with", "`--init latest` means one that did")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if asked.sha256 not in ("", found):
        raise ConfigError(
            f"the weights of the run {asked.run} are not those that `init` names (SHA-256 {asked.sha256[:12]}…, "
            f"found {found[:12]}…)",
            "give the run's name alone to begin with what is there",
        )
    return config.model_copy(update={"init": Init(run=trial_of(folder), folder=str(folder), sha256=found)})
