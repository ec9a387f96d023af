"""Roboflow's trackers behind `--tracker trackers`."""

from __future__ import annotations

import pytest

from mdf.core.tracker import Detection, Track
from mdf.registry import Catalog

pytest.importorskip("trackers", reason="needs the extra `trackers`")
STEP = 0.1


def somebody(x: float, y: float, depth: float) -> Detection:
    return Detection((x - 0.05, y - 0.4, x + 0.05, y), 0.03, depth, 0.2, 0.95)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("algorithm", ["bytetrack", "sort", "ocsort", "botsort", "cbiou"])
def test_it_follows_two_and_bridges_a_gap(algorithm: str) -> None:
    tracker = Catalog.discover().create("tracker", "trackers", {"algorithm": algorithm, "fps": 1 / STEP})
    told: list[list[Track]] = []
    for number in range(40):
        one, other = somebody(0.2 + 0.01 * number, 0.9, 4.0 - 0.02 * number), somebody(0.8, 0.6, 8.0)
        told.append(tracker.step([one, other] if not 20 <= number < 23 else [one], number * STEP))
    by = {track.detection: track for track in told[-1]}
    assert {track.id for track in told[10]} == {track.id for track in told[-1]} == {by[0].id, by[1].id}
    assert {track.detection for track in told[21]} == {0, None}
    assert by[0].velocity[0] == pytest.approx(0.1, rel=0.2)
    assert by[0].depth_rate == pytest.approx(-0.2, rel=0.3)
    assert (by[1].velocity, by[1].depth) == (pytest.approx((0, 0)), pytest.approx(8.0))
