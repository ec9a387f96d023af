"""What the page and its server say to each other. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Corners = Annotated[list[tuple[Share, Share]], Field(min_length=3, max_length=100)]
NAME = r"^[^\s=\x00-\x1f]([^=\x00-\x1f]*[^\s=\x00-\x1f])?$"
ZoneName = Annotated[str, Field(max_length=40, pattern=NAME)]


class Zones(BaseModel):
    """The zones of a camera by name, as corners in shares of the picture's width and height."""

    model_config = ConfigDict(extra="forbid")

    zones: Annotated[dict[ZoneName, Corners], Field(max_length=50)]


class Saved(BaseModel):
    """Where changed zones are kept: the name of the config file; "" = until the end of this run."""

    file: str


class ObjectMessage(BaseModel):
    """One object of a picture. `label`: its number and distance in words. `colour`: red, green, blue."""

    id: int
    outline: list[tuple[float, float]]
    label: str
    colour: tuple[int, int, int]


class ViewMessage(BaseModel):
    """One picture of a camera and what is known of it. `picture`: a data URL; "" = there is none.

    `limits`: depths of the first and the last colour. `number` −1 = no picture yet.
    """

    number: int = -1
    clock: str = ""
    width: int = 0
    height: int = 0
    depth_unit: str = ""
    limits: tuple[float, float] = (0.0, 1.0)
    objects: list[ObjectMessage] = []
    picture: str = ""


class CameraMessage(BaseModel):
    """One camera. `age`: seconds since its newest frame; None = there is none yet. `troubles`: open events about it."""

    name: str
    source: str
    state: str
    health: float
    age: float | None
    troubles: list[str]
    counts: Mapping[str, float]
    zones: dict[str, list[tuple[float, float]]]


class StateMessage(BaseModel):
    """All cameras. `file`: the config file that drawn zones are written to; "" = there is none."""

    file: str
    cameras: list[CameraMessage]


class EventMessage(BaseModel):
    """One event. `began`, `ended`: the wall clock; "" = it has not ended."""

    serial: int
    id: str
    kind: str
    camera: str
    zone: str
    began: str
    ended: str
    reason: str
    label: str
    has_snapshot: bool
