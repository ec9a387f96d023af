"""Options of the `composite` data set."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from mdf.core.splits import Shares

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Side = Annotated[int, Field(ge=16, le=4096)]
Metres = Annotated[float, Field(gt=0, le=100)]
Between = tuple[Metres, Metres]


class CompositeConfig(Shares):
    """What is composed. `val_share` and `test_share` are of the backgrounds and of the cut-outs."""

    train: int = Field(3000, ge=1, description="Training samples.")
    val: int = Field(300, ge=1, description="Validation samples.")
    test: int = Field(400, ge=1, description="Test samples.")
    size: Side | tuple[Side, Side] = Field((240, 320), description="Native size: a side, or height and width.")
    seed: int = Field(0, ge=0, description="Another seed composes other samples.")
    most: int = Field(3, ge=1, le=12, description="Most cut-outs in a sample.")
    empty: Share = Field(0.05, description="Samples in which there is none.")
    height: Between = Field((0.3, 1.4), description="Metres that cut-outs are high, from and to.")
    heights: dict[str, Between] = Field(
        {"people": (1.55, 1.95), "vehicles": (1.2, 2.6)},
        description="The same for cut-outs whose path begins so; the longest beginning counts.",
    )
    fov: float = Field(60.0, gt=5, lt=150, description="Horizontal field of view of the backgrounds, degrees.")
    focal: float | None = Field(None, gt=0, description="Focal length in pixels of the files, instead of fov.")
    depth: bool = Field(
        True, description="Read the depth of the backgrounds; false where it is no metric one, or not wanted."
    )
    depth_scale: float = Field(0.001, gt=0, description="Metres a level of the backgrounds' 16-bit depth images.")
    camera_height: Metres = Field(1.5, description="Metres of the camera above a ground that no depth shows.")
    distance: Between = Field((2.0, 9.0), description="Metres to cut-outs, on backgrounds without depth.")
    flip: Share = Field(0.5, description="Cut-outs that are mirrored.")
    harmonise: Share = Field(0.4, description="How far colours are drawn to the surroundings; 0 = not.")
    shadow: Share = Field(0.6, description="Largest darkening by a soft shadow, never foreground; 0 = none.")
    feather: float = Field(0.6, ge=0, le=5, description="Softness of outlines, standard deviation in pixels; 0 = hard.")
    exposure: float = Field(0.03, ge=0, le=0.5, description="Spread of the exposures of bg and fg_bg, relative.")
    noise: float = Field(2.0, ge=0, le=50, description="Noise of the camera in levels, standard deviation.")
    keep: bool = Field(False, description="Compose once and keep the samples in the cache, instead of each time anew.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (self.height, self.distance, *self.heights.values()):
            if low > high:
                raise ValueError(f"from {low} to {high} is no range: the smaller number comes first")
        return self

    @property
    def height_width(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def metres(self, name: str) -> Between:
        """From and to how many metres a cut-out of this path is high."""
        known = [prefix for prefix in self.heights if name.startswith(prefix)]
        return self.heights[max(known, key=len)] if known else self.height
