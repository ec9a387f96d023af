"""What new settings change in cameras that are watched, and what has to wait for a restart. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from mdf.inference.live.settings.settings import CameraSettings, WatchSettings

CHANGEABLE = {
    *("zones", "ignore", "smallest", "gate", "events", "out", "record", "snapshots"),
    *("appear", "cool_off", "update", "absorb", "stopped", "crowd", "gap", "stall", "schedule"),
}
"""Keys of a camera that are applied without a restart; of those about all cameras it is `sink`."""


class SettingsSource(Protocol):
    """Where new settings come from while cameras are watched.

    Attributes:
        file: the config file; None = there is none.
    """

    file: Path | None

    def poll(self) -> WatchSettings | None:
        """New settings, once there are any; never waits. Bad ones are told, and are none."""

    def draw(self, camera: str, zones: Mapping[str, str]) -> bool:
        """Give a camera other zones, from any thread; whether they are written into the file. Raises MdfError."""


def applicable(old: WatchSettings, new: WatchSettings) -> tuple[WatchSettings, list[str]]:
    """The old settings with what can be changed now, and the keys that wait for a restart, in words.

    >>> old = WatchSettings(cameras={"yard": CameraSettings(source="0")})
    >>> new = WatchSettings(cameras={"yard": CameraSettings(source="1", zones={"door": "0,0,1,1"})}, run="a")
    >>> made, waiting = applicable(old, new)
    >>> made.cameras["yard"].source, list(made.cameras["yard"].zones), waiting
    ('0', ['door'], ['run', 'source of yard'])
    """
    waiting = _changed(old, new, {"cameras", "sink"})
    cameras: dict[str, CameraSettings] = {}
    for name, camera in old.cameras.items():
        if name not in new.cameras:
            waiting.append(f"the end of {name}")
            cameras[name] = camera
            continue
        other = new.cameras[name]
        waiting += [f"{key} of {name}" for key in _changed(camera, other, CHANGEABLE)]
        cameras[name] = camera.model_copy(update={key: getattr(other, key) for key in CHANGEABLE})
    waiting += [f"the camera {name}" for name in new.cameras if name not in old.cameras]
    return old.model_copy(update={"cameras": cameras, "sink": new.sink}), waiting


def _changed(old: BaseModel, new: BaseModel, but: set[str]) -> list[str]:
    return [key for key in type(old).model_fields if key not in but and getattr(old, key) != getattr(new, key)]
