"""Clips around events, recorded as the camera codes them."""

from __future__ import annotations

import errno
from collections import deque
from pathlib import Path

import av
from pydantic import Field

from mdf.core.errors import StorageError
from mdf.core.event import Event
from mdf.core.files import CURE
from mdf.core.footage import CodedPacket, CodedStream, Footage
from mdf.core.sink import Sink
from mdf.core.video.clip import ClipFile
from mdf.plugins.sinks.dated import DatedConfig, DatedFolder


class Clips(Sink):
    """Records a clip around each event: some seconds before it, and some after it. Events that overlap share one, which
    bears the id of the first.

    The camera's own coded pictures are copied, nothing is encoded again; only a source that has none (a device that
    gives raw pictures, images) is encoded, once. A clip is written so that it can be played up to a crash or a full
    disk. A clip begins with a key frame, so up to one of the camera's key frame intervals earlier than asked.
    """

    wants_footage = True

    class Config(DatedConfig):
        """What is recorded, and how long it is kept."""

        before: float = Field(5.0, ge=0, description="Seconds before an event.")
        after: float = Field(5.0, ge=0, description="Seconds after it.")
        longest: float = Field(
            300.0, gt=0, description="Seconds of a file; what lasts longer goes on in a further one."
        )

    config: Config

    def __init__(self, config: Config, target: str) -> None:
        super().__init__(config, target)
        self._folder = DatedFolder(target, config)
        self._cameras: dict[str, _Camera] = {}
        self._is_full = False

    def event(self, event: Event) -> None:
        """Record from now on, or until a while after now."""
        if event.kind in self.config.kinds:
            self._camera(event.camera).event(event)

    def footage(self, footage: Footage) -> None:
        """Keep it for a while, or record it."""
        camera = self._camera(footage.camera)
        try:
            self._folder.tidy([path for one in self._cameras.values() for path in one.written])
            self._folder.check_space(again=self._is_full)
            camera.footage(footage)
            self._is_full = False
        except StorageError:
            camera.give_up()
            self._is_full = True
            raise
        except (av.FFmpegError, OSError) as error:
            camera.give_up()
            self._is_full = error.errno == errno.ENOSPC
            why = "the disk is full" if self._is_full else error.strerror or str(error)
            raise StorageError(f"cannot write to {self._folder.folder}: {why}", CURE) from None

    def close(self) -> None:
        """Finish the clips."""
        for camera in self._cameras.values():
            camera.give_up()
        self._folder.tidy(now=True)

    def _camera(self, name: str) -> _Camera:
        return self._cameras.setdefault(name, _Camera(self._folder, self.config))


class _Camera:
    """The clips of one camera: the packets of the last seconds, and the file that is written now."""

    def __init__(self, folder: DatedFolder, config: Clips.Config) -> None:
        self._folder, self._config = folder, config
        self._recent: deque[CodedPacket] = deque()
        self._stream: CodedStream | None = None
        self._next = 0
        self._open: dict[str, Event] = {}
        self._until = float("-inf")
        self._of: Event | None = None
        self._parts = 0
        self._file: ClipFile | None = None

    @property
    def written(self) -> list[Path]:
        """The file that is written now, if there is one."""
        return [] if self._file is None else [self._file.path]

    def event(self, event: Event) -> None:
        if event.phase == "end":
            self._open.pop(event.id, None)
            self._until = max(self._until, event.time + self._config.after)
        elif event.id not in self._open:
            self._open[event.id] = event
            if self._of is None:
                self._of, self._parts = event, 0

    def footage(self, footage: Footage) -> None:
        """Record what is wanted. Raises FFmpegError, OSError."""
        if footage.stream is not self._stream:
            self._finish()
            self._recent.clear()
            self._stream, self._next = footage.stream, 0
        wanted = self._of is not None and (bool(self._open) or footage.time <= self._until)
        if not wanted:
            self._finish()
            self._of = None
        for packet in footage.packets:
            if packet.number != self._next:
                self._recent.clear()  # some are lost: nothing can be decoded before the next key frame
            self._next = packet.number + 1
            if self._recent or packet.is_key:
                self._recent.append(packet)
                if self._file is not None:
                    self._add(packet, footage)
        self._forget(footage.stream)
        if wanted and self._file is None and self._recent:
            self._begin(footage)

    def give_up(self) -> None:
        """Close the file as it is; where the event goes on, another one is begun."""
        file, self._file = self._file, None
        if file is not None:
            file.drop()

    def _begin(self, footage: Footage) -> None:
        assert self._of is not None
        self._parts += 1
        unit = float(footage.stream.unit)
        earlier = (self._recent[-1].dts - self._recent[0].pts) * unit
        path = self._folder.path(self._of, footage.wall - earlier, ClipFile.ending(footage.stream), self._parts)
        self._file = ClipFile(path, footage.stream)
        for packet in self._recent:
            self._file.add(packet)

    def _add(self, packet: CodedPacket, footage: Footage) -> None:
        assert self._file is not None
        if packet.is_key and self._file.seconds >= self._config.longest:
            self._finish()
            self._recent = deque([packet])
            self._begin(footage)
        else:
            self._file.add(packet)

    def _finish(self) -> None:
        if self._file is not None:
            self._file.finish()
            self._file = None

    def _forget(self, stream: CodedStream) -> None:
        """Let go of packets that are older than what is asked for before an event."""
        if not self._recent:
            return
        oldest = self._recent[-1].dts - self._config.before / float(stream.unit)
        keys = [index for index, packet in enumerate(self._recent) if packet.is_key and packet.dts <= oldest]
        for _ in range(keys[-1] if keys else 0):
            self._recent.popleft()
