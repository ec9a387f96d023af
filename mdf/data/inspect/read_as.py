"""What the files of a data set are read as, in words."""

from __future__ import annotations

from mdf.core.dataset import Dataset
from mdf.core.errors import DataError


def read_as(dataset: Dataset) -> dict[str, str]:
    """What each kind of file is read as; where files leave that open, what they leave open."""
    try:
        return dict(dataset.read_as())
    except DataError as error:
        return {"undecided": error.message}
