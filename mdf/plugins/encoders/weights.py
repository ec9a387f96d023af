"""Pretrained weights: one local or downloaded safetensors file, identified by its SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import ConfigError

FILE = "model.safetensors"


class WeightsConfig(ComponentConfig):
    """Where an encoder's initial weights come from."""

    weights: str = Field(
        "none", description="none (random), hub (download from the Hugging Face Hub) or the path of a .safetensors file"
    )
    sha256: str | None = Field(
        None, description="SHA-256 of the weights file; filled in automatically, and checked if you set it"
    )


SomeWeightsConfig = TypeVar("SomeWeightsConfig", bound=WeightsConfig)


def with_digest(config: SomeWeightsConfig, repository: str | None, label: str) -> SomeWeightsConfig:
    """`config` with the SHA-256 of its weights file filled in.

    Raises
        ConfigError: the file is missing, or its SHA-256 differs from the one in `config`.
    """
    path = weights_file(config, repository, label)
    if path is None:
        return config
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if config.sha256 not in (None, digest):
        raise ConfigError(
            f"{path} is not the weights file of this configuration: its SHA-256 is {digest}, not {config.sha256}",
            "give the file that was used before, or remove `encoder.sha256`",
        )
    return config.model_copy(update={"sha256": digest})


def weights_file(config: WeightsConfig, repository: str | None, label: str) -> Path | None:
    """The weights file to load, or None for random weights.

    Reads
        repository: the repository's name on the Hugging Face Hub; None = the encoder has no weights there.
        label: the encoder's name, for messages.
    Raises
        ConfigError: there is no such file, or it cannot be downloaded.
    """
    if config.weights == "none":
        return None
    if config.weights == "hub":
        return _download(repository, label)
    path = Path(config.weights).expanduser()
    if path.suffix != ".safetensors" or not path.is_file():
        problem = "this file does not exist" if path.suffix == ".safetensors" else "only .safetensors files are read"
        raise ConfigError(
            f"encoder `{label}`: weights {config.weights}: {problem}",
            "set `encoder.weights` to `none`, `hub` or the path of a .safetensors file",
        )
    return path


def _download(repository: str | None, label: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError

    if repository is None:
        raise ConfigError(
            f"encoder `{label}` has no weights on the Hugging Face Hub",
            "set `encoder.weights` to `none` or to the path of a .safetensors file",
        )
    try:
        return Path(hf_hub_download(repository, FILE))
    except (OSError, HfHubHTTPError, EntryNotFoundError, RepositoryNotFoundError, ValueError) as error:
        raise ConfigError(
            f"encoder `{label}`: {FILE} of {repository} is not on this machine and could not be downloaded "
            f"({type(error).__name__})",
            f"download https://huggingface.co/{repository}/resolve/main/{FILE} on a machine with internet access, "
            "then use `--set encoder.weights=PATH/TO/FILE`",
        ) from error
