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
    """What is composed. `val_share` and `test_share` are shares of the backgrounds and of the cut-outs."""

    train: int = Field(3000, ge=1, description="Number of training samples.")
    val: int = Field(300, ge=1, description="Number of validation samples.")
    test: int = Field(400, ge=1, description="Number of test samples.")
    size: Side | tuple[Side, Side] = Field(
        (240, 320), description="Native size in pixels: one side, or height and width."
    )
    seed: int = Field(0, ge=0, description="A different seed composes different samples.")
    most: int = Field(3, ge=1, le=12, description="Largest number of cut-outs in a sample.")
    empty: Share = Field(0.05, description="Share of samples without a cut-out.")
    height: Between = Field((0.3, 1.4), description="Height of cut-outs in metres: smallest and largest.")
    heights: dict[str, Between] = Field(
        {"people": (1.55, 1.95), "vehicles": (1.2, 2.6)},
        description="The same for cut-outs whose path has this prefix; if several match, the longest prefix counts.",
    )
    fov: float = Field(60.0, gt=5, lt=150, description="Horizontal field of view of the backgrounds in degrees.")
    focal: float | None = Field(
        None, gt=0, description="Focal length in pixels of the background files; replaces `fov`."
    )
    depth: bool = Field(
        True, description="Read the depth of the backgrounds; false if it is not in metres, or if you do not want it."
    )
    depth_scale: float = Field(0.001, gt=0, description="Metres per level of 16-bit depth images.")
    camera_height: Metres = Field(
        1.5, description="Height of the camera above the ground in metres, for backgrounds without depth."
    )
    distance: Between = Field(
        (2.0, 9.0), description="Distance of cut-outs in metres, for backgrounds without depth: smallest and largest."
    )
    flip: Share = Field(0.5, description="Share of cut-outs that are mirrored.")
    harmonise: Share = Field(0.4, description="How much colours are adapted to the surroundings; 0 = not.")
    shadow: Share = Field(
        0.6, description="Darkness of the darkest soft shadow; 0 = no shadows. Shadows are background."
    )
    feather: float = Field(0.6, ge=0, le=5, description="Softness of outlines: standard deviation in pixels; 0 = hard.")
    exposure: float = Field(
        0.03,
        ge=0,
        le=0.5,
        description="How much the exposures of `bg` and `fg_bg` differ: relative standard deviation.",
    )
    noise: float = Field(2.0, ge=0, le=50, description="Noise of the camera: standard deviation in levels.")
    keep: bool = Field(
        False, description="Compose the samples once and keep them in the cache, instead of composing them at each use."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (self.height, self.distance, *self.heights.values()):
            if low > high:
                raise ValueError(f"from {low} to {high} is not a range: the smaller number must come first")
        return self

    @property
    def height_width(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def metres(self, name: str) -> Between:
        """The smallest and largest height of a cut-out with this path, in metres."""
        known = [prefix for prefix in self.heights if name.startswith(prefix)]
        return self.heights[max(known, key=len)] if known else self.height
