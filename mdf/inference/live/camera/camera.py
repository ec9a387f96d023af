"""One camera's story: frame → background → light, health → gate → network → mask, depth → objects → events → sinks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from mdf.core.event import Event, TrackedObject
from mdf.core.footage import Footage
from mdf.inference.live.camera.rules import Rules, change_times
from mdf.inference.live.camera.views import make_view
from mdf.inference.live.capture.feed import Arrived
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.network.network import Answer, LiveNetwork, Question
from mdf.inference.live.objects.detect import Found, detect
from mdf.inference.live.objects.doubts import Doubts
from mdf.inference.live.objects.events import Events
from mdf.inference.live.objects.follow import Objects
from mdf.inference.live.objects.metric import Metric
from mdf.inference.live.objects.still import Still
from mdf.inference.live.picture.gate import Blocks, Gate, block_means
from mdf.inference.live.picture.latest import Latest
from mdf.inference.live.picture.scene import Scene


class Camera:
    """A fixed camera that is watched. `look` says what the network is to see of a frame, `finish` takes its answer.

    Attributes:
        name: its name.
        scene: its empty scene, and whether the picture fits it.
        gate: what the network has to see.
        events: what is told of it.
    """

    def __init__(
        self,
        name: str,
        network: LiveNetwork,
        scene: Scene,
        gate: Gate,
        objects: Objects,
        still: Still,
        events: Events,
        rules: Rules,
        metric: Metric,
        sinks: Sequence[Delivery],
    ) -> None:
        self.name, self.scene, self.gate, self.events = name, scene, gate, events
        self._network, self._objects, self._still = network, objects, still
        self._rules, self.sinks = rules, sinks
        self._metric = metric
        self._latest = Latest(network.size)
        self._doubts = Doubts()
        self._found: list[Found] = []
        self._time, self._wall = 0.0, 0.0
        self._new_background()

    def look(self, frame: Arrived) -> tuple[Question | None, list[Event]]:
        """What the network is to see of a frame (None = nothing), and what the frame tells by itself."""
        blocks = block_means(frame.small)
        self._time, self._wall = frame.time, frame.wall
        told = list(self._look_at_scene(frame, blocks))
        if not self.scene.fits:
            return None, told
        region = self.gate.decide(blocks, frame.time)
        if region is None:
            return None, told
        return Question(self.scene.empty, frame.small, region), told

    def _look_at_scene(self, frame: Arrived, blocks: Blocks) -> Iterator[Event]:
        version = self.scene.version
        for condition in self.scene.step(frame.small, blocks, frame.time):
            yield from self.events.condition(
                condition.kind, condition.holds, frame.time, frame.wall, condition.details, condition.reason
            )
        if self.scene.version != version:
            self._new_background()

    def _new_background(self) -> None:
        self.gate.forget()
        self._objects.scale = self._metric.scale(self.scene.known_depth, self.scene.empty_depth)

    def finish(self, frame: Arrived, question: Question | None, answer: Answer | None, live: bool) -> list[Event]:
        """The events of a frame, once the network has answered."""
        objects: list[TrackedObject] = []
        told: list[Event] = []
        if self.scene.fits:
            if question is not None and answer is not None:
                self._latest.take(question.region, answer)
                self.gate.answered(self._latest.foreground)
                self._found = self._detected()
            objects = self._objects.step(self._found, frame.time, self._network.size)
            last_seen = self._objects.last_seen()
            self._doubt(objects, last_seen, frame)
            told = [*self._healed(objects, frame)]
            objects = [one for one in objects if one.id not in self._still.gone | self._doubts.doubted]
            told += self.events.step(objects, last_seen, frame.time, frame.wall)
            self.scene.freshen(frame.small, self._latest.foreground, frame.time)
        self._show(frame, objects, live)
        return told

    def _detected(self) -> list[Found]:
        latest, rules = self._latest, self._rules
        return detect(latest.foreground & ~rules.ignored, latest.probability, latest.depth, rules.settings.smallest)

    def _doubt(self, objects: Sequence[TrackedObject], last_seen: Collection[int], frame: Arrived) -> None:
        pixels, foreground = self.scene.pixels, self._latest.foreground
        is_told = self.events.is_told
        self._doubts.step(objects, last_seen, is_told, self._found, frame.small, pixels, foreground, frame.time)

    def _healed(self, objects: Sequence[TrackedObject], frame: Arrived) -> Iterator[Event]:
        """Give what stands still to the background: ghosts at once, objects once they have stopped for long."""
        known = self._objects
        verdicts = self._still.judge(
            objects, known.still_since, known.walked, self._found, frame.small, self.scene.pixels, frame.time
        )
        for verdict in verdicts:
            if verdict.stopped and verdict.object.id not in self._doubts.doubted:
                yield from self.events.stopped(verdict.object, frame.time, frame.wall)
            if verdict.moved:
                yield from self.events.moves_again(verdict.object, frame.time, frame.wall)
            if verdict.absorbed is not None:
                self.scene.absorb(frame.small, verdict.absorbed)
                self.gate.forget()
                yield from self.events.end_object(verdict.object.id, verdict.reason, frame.time, frame.wall)

    def interrupted(self, reason: str, wall: float) -> list[Event]:
        """End every event about objects: nothing is known of them any more."""
        return list(self.events.end_objects(reason, self._time, wall))

    def lost(self, is_lost: bool, why: str, wall: float) -> list[Event]:
        """The source dropped, or came back."""
        return list(self.events.condition("camera lost", is_lost, self._time, wall, {"why": why}, "back"))

    def end(self, reason: str, wall: float) -> list[Event]:
        """End every event."""
        return list(self.events.end_all(reason, self._time, wall))

    def change(self, rules: Rules, sinks: Sequence[Delivery], wall: float) -> list[Event]:
        """Go on by other rules and with other sinks. What is followed is followed on, under its number."""
        self._rules, self.sinks = rules, sinks
        asked = rules.settings
        self._objects.change(rules.zones, asked.cool_off)
        self._still.change(asked.absorb, asked.stopped == "keep")
        self.gate.is_on = asked.gate == "auto"
        self._found = self._detected()
        change_times(self.events, asked)
        return list(self.events.end_zones({zone.name for zone in rules.zones}, self._time, wall))

    def _show(self, frame: Arrived, objects: Sequence[TrackedObject], live: bool) -> None:
        wanting = [sink for sink in self.sinks if sink.wants_views]
        if wanting and frame.native is not None:
            latest = self._latest if self.scene.fits else None
            view = make_view(self.name, frame, self.scene, latest, self._objects.scale, objects, self._rules.shapes)
            for sink in wanting:
                sink.offer(view, wait=not live)
        recording = [sink for sink in self.sinks if sink.wants_footage]
        if recording and frame.stream is not None:
            footage = Footage(self.name, frame.time, frame.wall, frame.stream, frame.packets)
            for sink in recording:
                sink.offer(footage, wait=not live)
