"""Image files as a source."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError
from mdf.core.image import read_image
from mdf.core.image_formats import ENDINGS
from mdf.core.source import Source, SourceFrame


class Images(Source):
    """The images of a folder, or those that a glob such as `night/*.png` means, in the order of the numbers in their
    names: `frame_2` comes before `frame_10`. All must have the size of the first one."""

    class Config(ComponentConfig):
        """How fast they were taken."""

        fps: float = Field(25.0, gt=0, description="Frames a second.")

    config: Config

    def frames(self) -> Iterator[SourceFrame]:
        """Read every image."""
        for number, path in enumerate(self._paths()):
            yield SourceFrame(partial(read_image, path, "RGB"), number / self.config.fps)

    def _paths(self) -> list[Path]:
        address = str(Path(self.address).expanduser())
        folder = Path(address)
        found = folder.iterdir() if folder.is_dir() else map(Path, glob.glob(address, recursive=True))
        images = [path for path in found if path.suffix.lower() in ENDINGS and not path.name.startswith(".")]
        if not images:
            raise DataError(f"there are no images at {self.address}", f"images end with {', '.join(ENDINGS)}")
        return sorted(images, key=natural)


def natural(path: Path) -> list[tuple[int, str]]:
    """A key by which paths sort in the order of the numbers in them."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
