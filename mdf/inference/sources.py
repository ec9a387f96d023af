"""The files that `mdf predict` is given: images, folders of images, or a video. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mdf.core.errors import ConfigError
from mdf.core.image_formats import ENDINGS
from mdf.core.natural import natural
from mdf.inference.request import is_image

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://(?:[^/]*@)?([^/?#]*)", re.IGNORECASE)
"""An address: its scheme, and its host without user and password."""


def files_of(given: Sequence[str | Path]) -> tuple[Path, ...]:
    """The files that are meant; a folder stands for the images in it, in natural order (`x2` before `x10`).

    Raises
        ConfigError: a stream or a camera; a folder that holds no images or cannot be listed.
    """
    return tuple(path for name in given for path in _files(name))


def _files(name: str | Path) -> list[Path]:
    if match := ADDRESS.match(str(name)):
        raise _stream(f"{match[1]}://{match[2]}")
    path = Path(name).expanduser()
    if path.is_char_device() or path.as_posix().startswith("/dev/video"):
        raise _stream(str(path))
    return _images(path) if path.is_dir() else [path]


def _images(folder: Path) -> list[Path]:
    try:
        files = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise ConfigError(f"{folder} cannot be listed ({error.strerror or error})", "check its permissions") from error
    images = [folder / name for name in natural(path.name for path in files if is_image(path))]
    if not images:
        raise ConfigError(
            f"the folder {folder} holds no images ({', '.join(ENDINGS)})",
            "give the folder that holds them, image files, or one video",
        )
    return images


def _stream(name: str) -> ConfigError:
    return ConfigError(
        f"{name} is a stream, and `mdf predict` reads files",
        "streams are what `mdf watch` reads; to predict on a part, save it first: "
        "ffmpeg -i ADDRESS -t 60 -c copy part.mkv",
    )
