"""Options of the `scenes` data set."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mdf.core.component import ComponentConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Side = Annotated[int, Field(ge=16, le=4096)]


class ScenesConfig(ComponentConfig):
    """What is drawn. Shares are probabilities; a scene's or frame's conditions are its tags."""

    style: Literal["rooms", "shapes", "mixed"] = Field(
        "rooms", description="rooms: ray-cast, mask and depth; shapes: pasted, mask only; mixed: half of each"
    )
    size: Side | tuple[Side, Side] = Field(64, description="native size in pixels: a side, or height and width")
    seed: int = Field(0, ge=0, description="another seed draws other scenes")
    train: int = Field(2400, ge=1, description="training samples")
    val: int = Field(250, ge=1, description="validation samples")
    test: int = Field(350, ge=1, description="test samples")
    frames: int = Field(5, ge=1, le=64, description="samples that share a scene (camera and background)")
    most_actors: int = Field(6, ge=1, le=12, description="most figures, boxes and vehicles in a frame")
    shadow: Share = Field(0.55, description="scenes with a light that casts shadows")
    low_light: Share = Field(0.1, description="scenes in low light")
    noise: Share = Field(0.12, description="scenes with a noisy sensor")
    camouflage: Share = Field(0.1, description="frames whose actors are coloured like the background")
    empty: Share = Field(0.04, description="frames in which nobody is there")
    transparent: Share = Field(0.0, description="frames with see-through actors")
    reflective: Share = Field(0.0, description="frames with mirroring actors")
    textured_background: Share = Field(0.15, description="scenes with strongly blotched surfaces")
    repetitive_background: Share = Field(0.15, description="scenes with strong stripes or checks")

    @property
    def height_width(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size
