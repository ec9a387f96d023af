"""Pretrained weights: one safetensors file, from this machine or from the Hugging Face hub, known by its SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError

FILE = "model.safetensors"


class WeightsConfig(ComponentConfig):
    """Where an encoder's first weights come from."""

    weights: str = Field("none", description="none (random), hub (the library's own download) or a .safetensors file")
    sha256: str | None = Field(None, description="of the weights' file; filled in, and checked where it is given")


Given = TypeVar("Given", bound=WeightsConfig)


def with_digest(config: Given, repository: str | None, label: str) -> Given:
    """`config` with the digest of its file. Raises ConfigError where there is no such file, or it is another one."""
    path = weights_file(config, repository, label)
    if path is None:
        return config
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if config.sha256 not in (None, found):
        raise ConfigError(
            f"{path} is not the weights' file of this configuration: its SHA-256 is {found}, not {config.sha256}",
            "give the file that was used, or leave `encoder.sha256` out",
        )
    return config.model_copy(update={"sha256": found})


def weights_file(config: WeightsConfig, repository: str | None, label: str) -> Path | None:
    """The file to load; None where none is asked for. `repository` is the hub's, `label` the encoder's name."""
    if config.weights == "none":
        return None
    if config.weights == "hub":
        return _download(repository, label)
    path = Path(config.weights).expanduser()
    if path.suffix != ".safetensors" or not path.is_file():
        known = "there is no such file" if path.suffix == ".safetensors" else "only .safetensors files are read"
        raise ConfigError(f"encoder `{label}`: weights {config.weights}: {known}", "give `none`, `hub` or a file")
    return path


def _download(repository: str | None, label: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError

    if repository is None:
        raise ConfigError(f"encoder `{label}` has no weights on the hub", "use `weights = none`, or give a file")
    try:
        return Path(hf_hub_download(repository, FILE))
    except (OSError, HfHubHTTPError, EntryNotFoundError, RepositoryNotFoundError, ValueError) as error:
        raise ConfigError(
            f"encoder `{label}`: {FILE} of {repository} is not on this machine and could not be downloaded "
            f"({type(error).__name__})",
            f"fetch https://huggingface.co/{repository}/resolve/main/{FILE} where there is a network, "
            "then `--set encoder.weights=PATH/TO/FILE`",
        ) from error
