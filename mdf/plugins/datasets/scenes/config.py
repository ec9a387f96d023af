"""Options of the `scenes` data set."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mdf.core.component import ComponentConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Side = Annotated[int, Field(ge=16, le=4096)]


class ScenesConfig(ComponentConfig):
    """What the scenes look like. Shares are probabilities. The conditions of a frame are its tags."""

    style: Literal["rooms", "shapes", "mixed"] = Field(
        "rooms",
        description="rooms: ray-cast rooms, mask and depth; shapes: pasted shapes, mask only; mixed: half of each",
    )
    size: Side | tuple[Side, Side] = Field(64, description="native size in pixels: one side, or height and width")
    seed: int = Field(0, ge=0, description="a different seed gives different scenes")
    train: int = Field(2400, ge=1, description="number of training samples")
    val: int = Field(250, ge=1, description="number of validation samples")
    test: int = Field(350, ge=1, description="number of test samples")
    frames: int = Field(5, ge=1, le=64, description="number of samples per scene (same camera and background)")
    most_actors: int = Field(6, ge=1, le=12, description="largest number of people, boxes and vehicles in a frame")
    shadow: Share = Field(0.55, description="share of scenes with a light that casts shadows")
    low_light: Share = Field(0.1, description="share of scenes with low light")
    noise: Share = Field(0.12, description="share of scenes with a noisy sensor")
    camouflage: Share = Field(0.1, description="share of frames whose actors have the colours of the background")
    empty: Share = Field(0.04, description="share of frames without actors")
    transparent: Share = Field(0.0, description="share of frames with transparent actors")
    reflective: Share = Field(0.0, description="share of frames with reflective actors")
    textured_background: Share = Field(0.15, description="share of scenes with strongly textured surfaces")
    repetitive_background: Share = Field(0.15, description="share of scenes with strong stripes or checks")

    @property
    def height_width(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size
