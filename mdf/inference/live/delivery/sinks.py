"""All sinks of a watch: made, shared by cameras, changed while watching, and closed. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mdf.inference.live.delivery.changed import changed_sinks, closed_aside
from mdf.inference.live.delivery.deliver import Delivery
from mdf.inference.live.settings.resolve import sinks_of
from mdf.inference.live.settings.settings import WatchSettings
from mdf.registry import Catalog


class Sinks:
    """The sinks of all cameras. Cameras that name the same target share its sink.

    Attributes:
        shown: the window and the page, which every camera has and no change takes away.
    """

    def __init__(
        self,
        settings: WatchSettings,
        targets: Mapping[str, Sequence[str]],
        catalog: Catalog,
        shown: Sequence[Delivery],
    ) -> None:
        """`targets` are those of each camera. Raises MdfError where one cannot be used."""
        self._settings, self._targets, self._catalog, self.shown = settings, targets, catalog, shown
        self._by_target = changed_sinks({}, settings, settings, targets, catalog)
        self._retired: list[Delivery] = []

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """Those that were asked for. May be called from any thread."""
        return list(self._by_target.values())

    def of(self, camera: str) -> Sequence[Delivery]:
        """The sinks of a camera."""
        return [*(self._by_target[target] for target in self._targets[camera]), *self.shown]

    def change(self, settings: WatchSettings) -> None:
        """Go on with the sinks of other settings. Those that are wanted no more take what waits, and finish.

        Raises
            MdfError: one cannot be used; nothing is changed then.
        """
        targets = targets_of(settings, self._catalog)
        made = changed_sinks(self._by_target, self._settings, settings, targets, self._catalog)
        retired = [one for one in self._by_target.values() if one not in made.values()]
        self._settings, self._targets, self._by_target = settings, targets, made
        self._retired += retired
        for one in retired:
            closed_aside(one)

    def report(self, tell: Callable[[str], None]) -> None:
        """Tell what there is to tell of them since the last time."""
        self._report([*self._retired, *self.deliveries, *self.shown], tell)

    def close(self, tell: Callable[[str], None]) -> None:
        """Let all finish, at the same time, and tell what they did not take. Of what is only looked at nothing is."""
        asked_for = [*self._retired, *self.deliveries]
        for one in (*asked_for, *self.shown):
            one.finish()
        for one in (*asked_for, *self.shown):
            one.close()
        self._report(asked_for, tell)

    def _report(self, deliveries: Sequence[Delivery], tell: Callable[[str], None]) -> None:
        for one in deliveries:
            for message in one.take_messages():
                tell(message)


def targets_of(settings: WatchSettings, catalog: Catalog) -> dict[str, list[str]]:
    """The targets of each camera's sinks as `name:address`. Raises ConfigError where no sink takes one."""
    return {name: sinks_of(one, catalog) for name, one in settings.cameras.items()}
