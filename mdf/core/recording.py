"""The contract of recordings: data sets that play a file of one fixed camera, frame after frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from pydantic import Field

from mdf.core.component import ComponentConfig
from mdf.core.dataset import SampleDataset


class RecordingConfig(ComponentConfig):
    """Options that every recording has; its own ones are added."""

    background: int | str = Field(
        "auto", description="`auto` (estimated), the number (from 0) of a frame of the empty scene, or an image path."
    )


class Recording(SampleDataset):
    """The frames of one fixed camera in order: sample i is frame i, all are of one size and share one background.

    Its `Spec.recordings` names the files that it plays, so that `mdf predict` finds it; the file's path is its variant.
    """

    class Config(RecordingConfig):
        """No options but the background."""

    @property
    @abstractmethod
    def rate(self) -> Fraction:
        """Frames a second, above 0."""

    @property
    def time_base(self) -> Fraction:
        """The step of the times of `shown`, in seconds; by default a frame of the rate."""
        return 1 / self.rate

    def shown(self, index: int) -> tuple[int, int]:
        """When frame `index` is shown, and for how long, in steps of `time_base`; later frames have later times."""
        return index, 1

    def warnings(self) -> Sequence[str]:
        """What is wrong with the recording or its background, and what to do: one line each. By default nothing."""
        return ()
