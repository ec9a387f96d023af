"""Options of the `own-camera` data set."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mdf.core.component import ComponentConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Length = Annotated[float, Field(gt=0.0, le=100.0)]
Side = Annotated[int, Field(ge=16, le=4096)]


class OwnCameraConfig(ComponentConfig):
    """What is drawn in front of the empty frames. Shares are probabilities."""

    train: int = Field(3000, ge=1, description="Number of training samples.")
    val: int = Field(60, ge=1, description="Number of validation samples.")
    test: int = Field(60, ge=1, description="Number of test samples.")
    size: Side | tuple[Side, Side] | None = Field(
        None, description="Size of the samples in pixels: one side, or height and width; by default that of the images."
    )
    seed: int = Field(0, ge=0, description="A different seed draws different samples.")
    most_actors: int = Field(6, ge=1, le=12, description="Largest number of people, boxes and vehicles in a sample.")
    shapes: Share = Field(0.35, description="Share of samples with pasted shapes instead of people, boxes, vehicles.")
    empty: Share = Field(0.15, description="Share of samples in which nothing is drawn.")
    tiny: Share = Field(0.25, description="Share of samples whose actors are far away: from 0.1 % of the image.")
    huge: Share = Field(0.1, description="Share of samples with an actor near the camera: up to 60 % of the image.")
    disturbed: Share | None = Field(
        None,
        description="How often light, colours, shadows, shake and compression are changed besides; by default often "
        "where there is one empty frame, and seldom where several show what changes.",
    )
    intrinsics: tuple[Length, Length, Share, Share] | None = Field(
        None,
        description="Where the camera's pixels look: its focal lengths and its principal point as shares of the "
        "picture (fx/width, fy/height, x/width, y/height); by default drawn anew for each sample, or those of 60° "
        "across where the depth is known.",
    )

    @property
    def height_width(self) -> tuple[int, int] | None:
        """(height, width) in pixels; None = that of the images."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size
