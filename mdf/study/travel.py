"""What a request takes along to a machine without this disk: plugin files, stored networks. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mdf.core.config import ExperimentConfig
from mdf.models.locate import PURPOSES
from mdf.runs.result import CONFIG, MODEL, WEIGHTS


def carried(configs: Sequence[ExperimentConfig], plugins: Sequence[str]) -> list[Path]:
    """The files that `configs` and `plugins` name, each once."""
    files = [Path(plugin) for plugin in plugins if plugin.endswith(".py")]
    for config in configs:
        runs = [run for key in PURPOSES if (run := getattr(config, key)) is not None and run.folder]
        files += [Path(run.folder) / name for run in runs for name in (CONFIG, MODEL, WEIGHTS)]
    return list(dict.fromkeys(files))


def relocated_config(config: ExperimentConfig, places: Mapping[Path, Path]) -> ExperimentConfig:
    """`config` whose stored runs lie where `places` says. It describes the same trial: folders are no part of it."""
    moved = {}
    for key in PURPOSES:
        run = getattr(config, key)
        if run is not None and Path(run.folder) in places:
            moved[key] = run.model_copy(update={"folder": str(places[Path(run.folder)])})
    return config.model_copy(update=moved) if moved else config


def relocated_plugins(plugins: Sequence[str], places: Mapping[Path, Path]) -> list[str]:
    """The plugins, those that are files by the paths that they have there."""
    return [str(places.get(Path(plugin), plugin)) for plugin in plugins]
