"""Watching cameras."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdf.api.catalog import open_catalog
from mdf.api.live_settings import LiveSettings
from mdf.api.quiet import Quiet
from mdf.core.address import shown
from mdf.core.errors import ConfigError
from mdf.core.overrides import parse_override, put
from mdf.core.plain import Plain
from mdf.core.validation import translate
from mdf.runs.observer import Observer

if TYPE_CHECKING:
    from mdf.core.event import Event
    from mdf.inference.live.settings.settings import WatchSettings

REFERENCE = "docs/how-to/watch.md lists the keys"
SHARED = (
    *("run", "runs", "device", "precision", "size", "threads", "fast", "sink"),
    *("metrics", "metrics_token_file", "page", "page_token_file", "page_hosts", "show"),
)
"""Keys that are about all cameras together. In a config file, all others may stand outside of `[camera.NAME]`: each
camera has them then."""
PAGE = "127.0.0.1:8080"
"""Where `show` serves its page where no window can be opened."""


class Watching:
    """The events of all cameras, one after another, until all sources have ended.

    Attributes:
        settings: what is asked, resolved.
    """

    def __init__(self, live: LiveSettings, settings: WatchSettings, plugins: Sequence[str], observer: Observer) -> None:
        from mdf.inference.live.watch import Watch

        self.settings = settings
        self._live = live
        self._watch = Watch(settings, plugins, observer, live)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._watch)

    def stop(self) -> None:
        """End after the frame that is being computed. May be called from a signal handler or another thread."""
        self._watch.stopped = True

    def reload(self) -> None:
        """Read the config file again, and apply zones, thresholds and sinks. May be called as `stop`. A changed file is
        read again by itself."""
        self._live.ask()

    @property
    def page(self) -> str:
        """The address of the page; "" = there is none."""
        return self._watch.page

    def summary(self) -> Mapping[str, Mapping[str, float]]:
        """By camera: frames that arrived, were passed over, and were computed; how often it was opened; `p95_ms`, the
        milliseconds from a frame's arrival to its events that 95 % of the last 1000 frames took at most."""
        return {one.name: one.counts for one in self._watch.facts()}


def watch(
    run: str | Path | None = None,
    source: str | int | Path | None = None,
    *,
    config: str | Path | Mapping[str, Plain] | None = None,
    settings: Sequence[str] = (),
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
    **keys: Any,
) -> Watching:
    """Watch a camera, a stream or a file with the model of `run`; iterate over the result for its events.

    ```python
    for event in mdf.watch("latest", "rtsp://camera/stream", zones={"door": "0.1,0.4,0.5,0.9"}):
        if event.kind == "in zone" and event.phase == "begin":
            print(event.object.id, event.object.depth)
    ```

    Args:
        run: a run's folder, the start of its id, or `latest`.
        source: a file, a folder or glob of images, a camera's number, an address, or `-` for standard input.
        config: a TOML file with keys and a table `[camera.NAME]` for each of several cameras; or such a table.
        settings: changes such as `"source.timeout=5"`, `"tracker.keep=3"` or `"absorb=10m"`.
        keys: any other key of the config, such as `background="auto"`, `zones=`, `events="events.jsonl"`.

    The network and the events are computed in this process, while the iteration runs; each source is read by a process
    of its own.

    Raises:
        MdfError: as `load`; a key is wrong; a source cannot be read (while iterating).
    """
    watcher = observer or Quiet()
    open_catalog(plugins, watcher)
    given = {**keys, "run": run, "source": source}

    def resolve() -> WatchSettings:
        table: dict[str, Any] = {} if config is None else _read(config)
        table |= {key: _text(value) for key, value in given.items() if value is not None and value != ()}
        return _checked(_with_settings(table, settings))

    file = None if config is None or isinstance(config, Mapping) else Path(config)
    live = LiveSettings(file, resolve, watcher)
    return Watching(live, resolve(), plugins, watcher)


def _read(config: str | Path | Mapping[str, Plain]) -> dict[str, Any]:
    if isinstance(config, Mapping):
        return dict(config)
    try:
        return tomllib.loads(Path(config).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no file {config}", "check the path given with `--config`") from None
    except OSError as error:
        raise ConfigError(f"cannot read {config}: {error.strerror}", "check the path given with `--config`") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{config} is not TOML: {error}", f"correct the file; {REFERENCE}") from error


def _text(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _with_settings(table: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """The table with `source.KEY=VALUE`, `tracker.KEY=VALUE`, `sink.NAME.KEY=VALUE` and `KEY=VALUE` applied."""
    for text in settings:
        path, value = parse_override(text)
        if len(path) == 2 and path[0] in ("source", "tracker"):
            key = f"{path[0]}_options"
            table[key] = {**table.get(key, {}), path[1]: value}
        elif len(path) == 1 or (len(path) == 3 and path[0] == "sink"):
            table = put(table, path, value)
        else:
            raise ConfigError(f"`--set {text}` names no key of `mdf watch`", REFERENCE)
    return table


def _checked(table: dict[str, Any]) -> WatchSettings:
    """The settings of a table, each camera's keys completed by those outside of its own table."""
    from pydantic import ValidationError

    from mdf.inference.geometry.metric import check_fov
    from mdf.inference.live.settings.resolve import default_name
    from mdf.inference.live.settings.settings import WatchSettings

    named = table.pop("camera", {})
    shared = _with_window({key: table.pop(key) for key in SHARED if key in table})
    if not isinstance(named, Mapping) or not all(isinstance(one, Mapping) for one in named.values()):
        raise ConfigError("`camera` is no table of cameras", "write `[camera.door]`, and below it `source = …`")
    cameras = {name: _component_tables({**table, **one}) for name, one in named.items()}
    if not cameras:
        if "source" not in table:
            raise ConfigError("there is nothing to watch", "name a source: a file, a camera's number, or an address")
        one = _component_tables(table)
        cameras = {str(one.pop("name", None) or default_name(str(one["source"]))): one}
    try:
        settings = WatchSettings(**shared, cameras=cameras)
    except ValidationError as error:
        problem = translate(error, WatchSettings, "mdf watch")
        raise ConfigError(shown(problem.message), problem.cure or REFERENCE) from None
    for camera in settings.cameras.values():
        check_fov(camera.fov, camera.intrinsics is not None)
    return settings


def _with_window(shared: dict[str, Any]) -> dict[str, Any]:
    """The shared keys, with a page in place of the window that `show` asks for where none can be opened."""
    from mdf.inference.live.window import why_no_window

    if shared.get("show") is True and why_no_window():
        return {"page": PAGE, **shared, "show": False}
    return shared


def _component_tables(table: Mapping[str, Any]) -> dict[str, Any]:
    """A camera's table, with its short forms written out: one name for a list, options beside a component's name."""
    made = dict(table)
    for kind, key in (("source", "address"), ("tracker", "name")):
        if isinstance(made.get(kind), Mapping):
            options = dict(made[kind])
            made[kind] = options.pop(key, None)
            made[f"{kind}_options"] = {**options, **made.get(f"{kind}_options", {})}
    made["source"] = str(made["source"]) if "source" in made else None
    for key in ("events", "out", "record", "snapshots", "ignore", "schedule"):
        if isinstance(made.get(key), str):
            made[key] = (made[key],)
    for key in ("background", "size"):
        if isinstance(made.get(key), int):
            made[key] = str(made[key])
    return {key: value for key, value in made.items() if value is not None}
