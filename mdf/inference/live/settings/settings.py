"""What is asked of `mdf watch`: cameras and their settings, checked before anything starts. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

TIME = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?\s*")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$"


def seconds(value: object) -> object:
    """`90`, `90s`, `1.5m` or `2h` in seconds; `never` = None; anything else as it is, for pydantic to refuse.

    >>> seconds("5m")
    300.0
    """
    if value == "never":
        return None
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) * UNITS[match[2] or "s"] if match else value


Seconds = Annotated[float, BeforeValidator(seconds), Field(ge=0)]
SecondsOrNever = Annotated[float | None, BeforeValidator(seconds), Field(ge=0)]


class CameraSettings(BaseModel):
    """One camera: what it is, what counts, and where its results go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(description="a file, a folder, a glob, a camera's number, an address, or `-`")
    source_options: Mapping[str, Any] = Field(default_factory=dict, description="options of the source")
    background: str = Field(
        "auto", description="`auto` (learned), `first` (the first frame), an image, or of a file the number of a frame"
    )
    learn: Seconds = Field(3.0, description="least time that a live background is learned over")
    background_depth: str | None = Field(
        None, description="depth of the empty scene in metres: .npy, or a 16-bit PNG in millimetres"
    )
    fov: float | None = Field(None, gt=1, lt=179, description="field of view across the picture, in degrees")
    intrinsics: str | None = Field(None, description="the camera's calibration in place of `fov`: a file")
    zones: Mapping[str, str] = Field(default_factory=dict, description="zones by name, as boxes or polygons")
    ignore: tuple[str, ...] = Field((), description="parts that do not count: boxes, polygons, or an image (white)")
    smallest: float = Field(0.001, gt=0, lt=1, description="share of the picture that an object must have")
    appear: Seconds = Field(0.4, description="how long an object must be seen before it counts")
    cool_off: Seconds = Field(
        3.0,
        description="time for which something must be over before its event ends; an object that "
        "comes back nearby within it is the same visit",
    )
    update: Seconds = Field(10.0, description="time between two updates of an event")
    absorb: SecondsOrNever = Field(300.0, description="time after which what stands still has stopped; `never`")
    stopped: Literal["absorb", "keep"] = Field("absorb", description="whether what stopped becomes background")
    crowd: int | None = Field(None, ge=2, description="objects from which on there is a crowd")
    gap: Seconds = Field(10.0, description="time without frames after which open events end")
    stall: Seconds = Field(10.0, description="time without frames after which a source is opened again")
    schedule: tuple[Annotated[str, Field(pattern=HOURS)], ...] = Field(
        (), description="hours in which events are told, such as 22:00-06:00; none = always"
    )
    gate: Literal["auto", "off"] = Field("auto", description="off = the network sees every frame as a whole")
    tracker: str = Field("kalman", description="what follows objects")
    tracker_options: Mapping[str, Any] = Field(default_factory=dict, description="options of the tracker")
    events: tuple[str, ...] = Field((), description="where events go: files, MQTT brokers, web hooks")
    out: tuple[str, ...] = Field((), description="annotated videos and folders of masks and depths")
    record: tuple[str, ...] = Field((), description="folders of clips, one around each event")
    snapshots: tuple[str, ...] = Field((), description="folders of pictures, one of each event")


class WatchSettings(BaseModel):
    """Everything that one `mdf watch` is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str = Field("latest", description="the run whose network is used")
    runs: str = Field("runs", description="folder of the results")
    device: str | None = Field(None, description="auto, cpu, cuda, cuda:1 or mps")
    precision: str | None = Field(None, description="auto, fp32 or bf16")
    size: str | None = Field(None, description="size of the network's images")
    threads: int | None = Field(None, ge=1, description="CPU threads of the network")
    fast: bool = Field(True, description="read files as fast as it goes; false = at their own speed")
    metrics: str | None = Field(
        None, description="address of Prometheus metrics, such as `:9100`; any but this machine's own needs a token"
    )
    metrics_token_file: str | None = Field(None, description="file with the metrics' token; else MDF_METRICS_TOKEN")
    page: str | None = Field(
        None, description="address of a page to look at, such as `:8080`; any but this machine's own needs a token"
    )
    page_token_file: str | None = Field(None, description="file with the page's token; else MDF_PAGE_TOKEN is it")
    page_hosts: tuple[str, ...] = Field((), description="further host names by which the page may be asked for")
    show: bool = Field(False, description="whether a window shows each camera")
    sink: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, description="options of sinks, by their names")
    cameras: Mapping[str, CameraSettings] = Field(min_length=1, description="cameras by name")
