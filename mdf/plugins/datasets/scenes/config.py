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

    outdoor: Share = Field(0.0, description="share of rooms that are streets or yards: higher camera, lower sun, sky")
    table: Share = Field(
        0.0, description="share of rooms that are table-tops or trays seen from above, with low things on them"
    )
    tiny: Share = Field(0.0, description="share of frames whose actors are far away: from 0.1 % of the image")
    huge: Share = Field(0.0, description="share of frames with an actor near the camera: up to 60 % of the image")
    clutter: Share = Field(0.0, description="share of scenes whose surfaces are covered with small things")
    waving: Share = Field(0.0, description="share of scenes with leaves or water that move; they are background")
    shake: Share = Field(0.0, description="share of scenes whose camera moves by up to 3 pixels and half a degree")
    exposure: Share = Field(0.0, description="share of scenes whose exposure changes by up to 1.3 stops")
    white_balance: Share = Field(0.0, description="share of scenes whose white balance changes by up to 25 %")
    haze: Share = Field(0.0, description="share of scenes whose contrast changes: glare or fog")
    infrared: Share = Field(0.0, description="share of scenes in grey or in one tint")
    moved_light: Share = Field(0.0, description="share of scenes whose light changes from place to place")
    long_shadows: Share = Field(0.0, description="share of scenes in which actors cast long hard shadows")
    standing_shadows: Share = Field(0.0, description="share of scenes with shadows that come, go or move by themselves")
    reflections: Share = Field(0.0, description="share of scenes with a floor that mirrors actors")
    glass: Share = Field(0.0, description="share of scenes seen through a reflecting window")
    rain: Share = Field(0.0, description="share of scenes with rain")
    snow: Share = Field(0.0, description="share of scenes with snow")
    dirt: Share = Field(0.0, description="share of scenes with spots on the lens")
    defocus: Share = Field(0.0, description="share of scenes out of focus")
    rolling_noise: Share = Field(0.0, description="share of scenes with bands of light that roll over the image")
    interlacing: Share = Field(0.0, description="share of scenes whose moving parts are interlaced")
    time_stamp: Share = Field(0.0, description="share of scenes with date and time burnt in")
    dark: Share = Field(0.0, description="share of scenes with black clothes and black cars, which are no shadows")
    compression: Share = Field(
        0.0, description="share of scenes compressed as JPEG, some with blocks of a video encoder"
    )

    @property
    def height_width(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size
