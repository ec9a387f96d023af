"""Watches all cameras: takes the newest frame of each, lets the network see them together, and tells the events."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import wait

from mdf.core.address import shown
from mdf.core.errors import DataError, MdfError
from mdf.core.event import Event
from mdf.inference.live.camera.build import AUTO, Start, make_camera, make_events, token_of
from mdf.inference.live.camera.camera import Camera
from mdf.inference.live.camera.known import known_after, known_of
from mdf.inference.live.camera.rules import change_times, rules_of
from mdf.inference.live.camera.watched import Watched
from mdf.inference.live.capture.feed import Arrived, Ended, Feed, Lost
from mdf.inference.live.capture.messages import Reading
from mdf.inference.live.capture.process import Capture
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.delivery.sinks import Sinks, targets_of
from mdf.inference.live.metrics.numbers import CameraNumbers
from mdf.inference.live.metrics.open import open_metrics
from mdf.inference.live.network.network import LiveNetwork, Question
from mdf.inference.live.page.controls import CameraFacts
from mdf.inference.live.page.open import open_page
from mdf.inference.live.settings.change import SettingsSource, applicable
from mdf.inference.live.settings.resolve import component_for
from mdf.inference.live.settings.settings import CameraSettings, WatchSettings
from mdf.inference.live.window import Window
from mdf.inference.session import load
from mdf.registry import Catalog, discovery
from mdf.runs.observer import Observer

IDLE = 0.05
"""Seconds to wait for frames at most, so that stalls and pauses are noticed."""


class Watch:
    """All cameras of one run of `mdf watch`.

    Attributes:
        cameras: each camera by name.
        stopped: set it to end after the next frame.
    """

    def __init__(
        self,
        settings: WatchSettings,
        plugins: Sequence[str],
        observer: Observer,
        updates: SettingsSource,
    ) -> None:
        """Load the network and make the sources' readers and the sinks. Raises MdfError where one cannot be used."""
        self._settings, self._plugins, self._observer = settings, tuple(plugins), observer
        self._updates = updates
        self._page = open_page(settings, self) if settings.page else None
        self._catalog = Catalog.discover(plugins)
        self.stopped = False
        addresses = {name: component_for("source", one.source, self._catalog) for name, one in settings.cameras.items()}
        targets = targets_of(settings, self._catalog)
        for one in settings.cameras.values():
            self._catalog.config("tracker", one.tracker, dict(one.tracker_options))
        model = load(
            settings.run,
            settings.runs,
            plugins,
            settings.device,
            settings.precision,
            settings.size,
            settings.threads,
        )
        self._run = f"{model.folder.resolve()}"
        self._network = LiveNetwork(model)
        shown = [Delivery("the window", Window())] if settings.show else []
        if self._page is not None:
            shown.append(self._page.sink)
        self._sinks = Sinks(settings, targets, self._catalog, shown)
        self.cameras = {name: self._watched(name, one, addresses[name]) for name, one in settings.cameras.items()}
        self._metrics = open_metrics(settings.metrics, settings.metrics_token_file, self) if settings.metrics else None

    def camera_numbers(self) -> Mapping[str, CameraNumbers]:
        """See `Numbers`; may be called from any thread."""
        return {name: one.numbers for name, one in self.cameras.items()}

    def deliveries(self) -> Sequence[Delivery]:
        """See `Numbers`."""
        return self._sinks.deliveries

    @property
    def page(self) -> str:
        """The address of the page; "" = there is none."""
        return self._page.url if self._page is not None else ""

    @property
    def file(self) -> str:
        """See `Controls`."""
        return self._updates.file.name if self._updates.file is not None else ""

    def facts(self) -> list[CameraFacts]:
        """What is known of each camera now. May be called from any thread."""
        return [
            CameraFacts(name, one.settings.source, one.settings.zones, one.counts) for name, one in self.cameras.items()
        ]

    def draw(self, camera: str, zones: Mapping[str, str]) -> bool:
        """See `Controls`."""
        return self._updates.draw(camera, zones)

    def __iter__(self) -> Iterator[Event]:
        """The events of all cameras until all sources have ended. Sinks have taken everything when it ends.

        Raises
            DataError, ConfigError: a source cannot be read at all.
        """
        with ExitStack() as stack:
            if self._metrics is not None:
                stack.callback(self._metrics.close)
            stack.callback(self._sinks.close, self._observer.warned)
            if self._page is not None:
                self._page.start()
                stack.callback(self._page.close)
            for one in self.cameras.values():
                stack.callback(one.feed.close)
            try:
                while not self.stopped and not all(one.feed.ended for one in self.cameras.values()):
                    yield from self._turn()
            except BaseException:  # GeneratorExit too: whoever iterated wants no more, and sinks still need the ends
                deque(self._end("stopped"), maxlen=0)
                raise
            yield from self._end("stopped" if self.stopped else "source ended")

    def _turn(self) -> Iterator[Event]:
        """Take what has arrived, compute it together, and tell the events."""
        yield from self._changed()
        now = time.monotonic()
        arrived: list[tuple[Watched, Arrived, Question | None]] = []
        for name, one in self.cameras.items():
            frame = yield from self._poll(name, one, now)
            if frame is not None:
                camera = yield from self._camera_of(name, one, frame)
                question, told = camera.look(frame)
                arrived.append((one, frame, question))
                yield from self._told(one, told)
        asked = [question for _, _, question in arrived if question is not None]
        answers = iter(self._network.answer(asked))
        for one, frame, question in arrived:
            assert one.camera is not None
            answer = next(answers) if question is not None else None
            told = one.camera.finish(frame, question, answer, one.feed.live is not False)
            one.frames, one.computed = one.frames + 1, one.computed + (question is not None)
            one.delays.append(time.monotonic() - frame.arrived)
            one.delay_sum += one.delays[-1]
            one.ask()
            yield from self._told(one, told)
        if not arrived:
            self._rest(now)
        self._sinks.report(self._observer.warned)

    def _poll(self, name: str, one: Watched, now: float) -> Generator[Event, None, Arrived | None]:
        """The next frame of a camera that is due (returned), and the events of its source."""
        if one.waiting is not None:
            if now - one.began < one.waiting.time:
                return None
            frame, one.waiting = one.waiting, None
            return frame
        item = one.feed.poll(now)
        if isinstance(item, Arrived):
            yield from self._back(one, now)
            if one.camera is not None and item.time - one.time > one.settings.gap:
                yield from self._told(one, one.camera.interrupted("gap", item.wall))
            one.time = item.time
            one.began = one.began or now
            if self._settings.fast or one.feed.live or now - one.began >= item.time:
                return item
            one.waiting = item
        elif isinstance(item, Lost):
            self._observer.warned(f"{name}: {item.reason}; it is opened again")
            one.lost_since = now if one.lost_since is None else one.lost_since
            yield from self._told(one, one.lost(True, item.reason, now))
        elif isinstance(item, Ended):
            yield from self._told(one, one.end("source ended"))
        if one.lost_since is not None and not one.gap_told and now - one.lost_since >= one.settings.gap:
            one.gap_told = True
            if one.camera is not None:
                yield from self._told(one, one.camera.interrupted("gap", time.time()))
        return None

    def _back(self, one: Watched, now: float) -> Iterator[Event]:
        """The source gives frames again."""
        if one.lost_since is None:
            return
        one.lost_since, one.gap_told = None, False
        yield from self._told(one, one.lost(False, "", now))

    def _camera_of(self, name: str, one: Watched, frame: Arrived) -> Generator[Event, None, Camera]:
        """The camera; made with its first frame, and anew where the size of its frames changes.

        Raises
            MdfError: as `make_camera`, as `known_of`; or the size has changed, and the background is not learned.
        """
        if one.camera is not None and frame.frame_size == one.frame_size:
            return one.camera
        live = one.feed.live is not False
        if one.camera is None:
            known = known_of(one.settings, frame.frame_size, self._network.size)
        else:
            self._check_new_size(name, one, frame, live)
            known, told = known_after(one.settings, frame.frame_size, self._network.size)
            for line in told:
                self._observer.warned(f"{name}: {line}")
            yield from self._told(one, one.camera.end("size changed", frame.wall))
        one.frame_size = frame.frame_size
        start = Start(live, frame.frame_size, frame.small)
        token = token_of(one.settings, self._run, self._plugins, live)
        one.camera = make_camera(name, one.settings, self._network, self._catalog, one.sinks, start, known, token)
        return one.camera

    def _check_new_size(self, name: str, one: Watched, frame: Arrived, live: bool) -> None:
        sizes = " to ".join(f"{width}×{height}" for height, width in (one.frame_size, frame.frame_size))
        if one.settings.background != AUTO or not live:
            raise DataError(
                f"{name}: the stream changed its size from {sizes}",
                "start again with a background of that size, or with `--background auto`",
            )
        self._observer.warned(f"{name}: the stream changed its size from {sizes}; its background is learned anew")

    def _told(self, one: Watched, events: Sequence[Event]) -> Iterator[Event]:
        one.phases += len(events)
        for event in events:
            for sink in one.sinks:
                sink.event(event)
        yield from events

    def _end(self, reason: str) -> Iterator[Event]:
        for one in self.cameras.values():
            yield from self._told(one, one.end(reason))

    def _watched(self, name: str, settings: CameraSettings, address: str) -> Watched:
        options = dict(settings.source_options)
        self._catalog.config("source", address, options)
        reading = Reading(address, options, self._plugins, discovery(), self._network.size)
        others = len(self._settings.cameras) > 1
        feed = Feed(name, partial(Capture, reading, settings.source == "-"), settings.stall, patient=others)
        token = token_of(settings, self._run, self._plugins, live=True)
        return Watched(settings, feed, self._sinks.of(name), make_events(name, settings, token))

    def _changed(self) -> Iterator[Event]:
        """Apply new settings, where there are any. Where they cannot be used the old ones stay, and a line says so."""
        new = self._updates.poll()
        if new is None:
            return
        settings, waiting = applicable(self._settings, new)
        try:
            rules = {
                name: rules_of(settings.cameras[name], self._network.size, one.frame_size)
                for name, one in self.cameras.items()
                if one.camera is not None
            }
            self._sinks.change(settings)
        except MdfError as error:
            self._observer.warned(f"the new settings are refused, and the old ones stay: {shown(error.message)}")
            return
        self._settings = settings
        for name, one in self.cameras.items():
            one.settings, one.feed.stall = settings.cameras[name], settings.cameras[name].stall
            one.sinks = self._sinks.of(name)
            change_times(one.early, one.settings)
            if one.camera is not None:
                yield from self._told(one, one.camera.change(rules[name], one.sinks, time.time()))
        later = f"; only a restart applies {', '.join(waiting)}" if waiting else ""
        self._observer.warned(f"new settings are applied{later}")

    def _rest(self, now: float) -> None:
        """Wait for frames, a little."""
        processes = [one.feed.process for one in self.cameras.values()]
        handles = [process.handle for process in processes if isinstance(process, Capture)]
        due = [one.began + one.waiting.time - now for one in self.cameras.values() if one.waiting is not None]
        limit = max(0.0, min([IDLE, *due]))
        if handles and not due:
            wait(handles, limit)
        else:
            time.sleep(limit)
