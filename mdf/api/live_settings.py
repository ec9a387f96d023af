"""The settings of cameras that are watched, read again when their file changes, when asked, or when zones are drawn."""

from __future__ import annotations

import threading
import time
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.core.address import shown
from mdf.core.errors import ConfigError, MdfError
from mdf.core.files import whole
from mdf.runs.observer import Observer

if TYPE_CHECKING:
    from mdf.inference.live.settings.settings import WatchSettings

LOOK_EVERY = 1.0
"""Seconds between two looks at the file."""


class LiveSettings:
    """Gives new settings once there are any. `draw` and `ask` may be called from any thread or signal handler.

    Attributes:
        file: the config file; None = there is none.
    """

    def __init__(self, file: Path | None, resolve: Callable[[], WatchSettings], observer: Observer) -> None:
        """`resolve` reads the settings, and raises MdfError where they are wrong."""
        self.file, self._resolve, self._observer = file, resolve, observer
        self._drawn: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._looked_at = time.monotonic()
        self._asked = False

    def ask(self) -> None:
        """Read everything again, changed or not."""
        self._asked = True

    def poll(self) -> WatchSettings | None:
        """New settings; None where nothing has changed. Bad ones are told in a line, and are none."""
        if not self._is_due():
            return None
        try:
            with self._lock:
                return self._with_drawn(self._resolve())
        except MdfError as error:
            self._observer.warned(f"the new settings are refused, and the old ones stay: {shown(error.message)}")
            return None

    def draw(self, camera: str, zones: Mapping[str, str]) -> bool:
        """Give a camera other zones, and write them into the config file; whether they hold after a restart too.

        Raises
            MdfError: the file is wrong or cannot be written. Nothing is changed then.
        """
        with self._lock:
            if self.file is not None:
                self._resolve()  # a file that is wrong is left alone
                write_zones(self.file, camera, zones)
            self._drawn.pop(camera, None)
            lasts = self.file is not None and dict(self._resolve().cameras[camera].zones) == dict(zones)
            if not lasts:
                self._drawn[camera] = dict(zones)
        self.ask()
        return lasts

    def _with_drawn(self, settings: WatchSettings) -> WatchSettings:
        cameras = {
            name: one.model_copy(update={"zones": self._drawn[name]}) if name in self._drawn else one
            for name, one in settings.cameras.items()
        }
        return settings.model_copy(update={"cameras": cameras})

    def _is_due(self) -> bool:
        if self._asked:
            self._asked, self._stamp = False, self._look()
            return True
        now = time.monotonic()
        if self.file is None or now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        stamp = self._look()
        if stamp is None or stamp == self._stamp:  # None: an editor is just replacing it
            return False
        self._stamp = stamp
        return True

    def _look(self) -> tuple[int, int, int] | None:
        """What changes when the file does."""
        try:
            about = self.file.stat() if self.file is not None else None
        except OSError:
            return None
        return (about.st_mtime_ns, about.st_size, about.st_ino) if about is not None else None


def write_zones(file: Path, camera: str, zones: Mapping[str, str]) -> None:
    """Write a camera's zones into a config file, and leave everything else as it is, comments and permissions too.

    Raises
        ConfigError: `tomlkit` is missing, or the file is written in a way that does not allow it.
        StorageError: the file cannot be written.
    """
    try:
        import tomlkit
    except ImportError as error:
        raise ConfigError(
            f"zones are not written into {file}: tomlkit is missing", '`pip install "mask-depth-framework[page]"`'
        ) from error
    before = file.read_text(encoding="utf-8")
    document, expected = tomlkit.parse(before), tomllib.loads(before)
    _put(_place(document, camera), zones, tomlkit.inline_table())
    _put(_place(expected, camera), zones, {})
    text = tomlkit.dumps(document)
    if tomllib.loads(text) != expected:
        raise ConfigError(f"zones cannot be written into {file}", f"write them into its table [camera.{camera}]")
    target = file.resolve()
    with whole(target) as beside:
        beside.touch(mode=0o600)  # it may hold passwords: nobody else reads it meanwhile
        beside.chmod(target.stat().st_mode)
        beside.write_text(text, encoding="utf-8")


def _place(document: MutableMapping[str, Any], camera: str) -> MutableMapping[str, Any]:
    """Where the keys of a camera stand: in its own table, or outside of all tables where there is one camera."""
    cameras = document.get("camera")
    place: MutableMapping[str, Any] = document if cameras is None else cameras[camera]
    return place


def _put(place: MutableMapping[str, Any], zones: Mapping[str, str], empty: MutableMapping[str, Any]) -> None:
    """Put the zones into a table of their own where there is one, else into `empty`."""
    known = place.get("zones")
    if isinstance(known, MutableMapping) and known:
        for name in list(known):
            del known[name]
        known.update(zones)
        return
    empty.update(zones)
    place["zones"] = empty
