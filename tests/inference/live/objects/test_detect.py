"""From a mask and a depth map to detections: where they are, and what is one object or two."""

from __future__ import annotations

import math

import numpy as np

from mdf.inference.live.objects.detect import Found, detect

SIZE = 100, 200
SMALLEST = 0.001


def picture(*boxes: tuple[int, int, int, int]) -> np.ndarray:  # type: ignore[type-arg]
    """True in each box (top, left, bottom, right)."""
    mask = np.zeros(SIZE, bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def found(mask: np.ndarray, depth: np.ndarray | None) -> list[Found]:  # type: ignore[type-arg]
    return detect(mask, np.where(mask, np.float32(0.9), np.float32(0.1)), depth, SMALLEST)


def places(some: list[Found]) -> set[tuple[int, int, int, int]]:
    return {(one.top, one.left, one.top + one.mask.shape[0], one.left + one.mask.shape[1]) for one in some}


def depth_of(*parts: tuple[slice, float]) -> np.ndarray:  # type: ignore[type-arg]
    """Depth by columns, 10 elsewhere."""
    depth = np.full(SIZE, 10.0, np.float32)
    for columns, value in parts:
        depth[:, columns] = value
    return depth


def test_nothing_is_found_in_an_empty_mask() -> None:
    assert found(picture(), depth_of()) == []


def test_one_is_found_where_it_is() -> None:
    (one,) = found(picture((20, 30, 70, 50)), depth_of((slice(30, 40), 3.0), (slice(40, 50), 3.1)))
    assert places([one]) == {(20, 30, 70, 50)}
    assert one.detection.box == (0.15, 0.2, 0.25, 0.7)
    assert one.detection.area == 0.05
    assert math.isclose(one.detection.depth, 3.05, rel_tol=1e-6)
    assert math.isclose(one.detection.depth_spread, 0.05, rel_tol=1e-5)
    assert math.isclose(one.detection.confidence, 0.9, rel_tol=1e-6)
    assert one.outline[0] == (30.0, 20.0)


def test_two_apart_are_two_and_specks_are_none() -> None:
    boxes = (10, 10, 60, 30), (30, 150, 90, 170)
    assert places(found(picture(*boxes, (5, 100, 7, 102)), depth_of())) == set(boxes)


def test_pieces_that_begin_at_one_corner_are_told_apart() -> None:
    """One lies in the bounding box of the other, which is joined with a third below it."""
    block, arc, below = (10, 10, 30, 30), [(10, 60, 60, 80), (50, 10, 60, 80)], (63, 10, 90, 80)
    assert places(found(picture(block, *arc, below), None)) == {block, (10, 10, 90, 80)}


def test_two_side_by_side_at_two_depths_are_two() -> None:
    mask, jump = picture((20, 30, 80, 70)), depth_of((slice(30, 50), 3.0), (slice(50, 70), 5.0))
    assert places(found(mask, jump)) == {(20, 30, 80, 50), (20, 50, 80, 70)}
    assert places(found(mask, depth_of((slice(30, 50), 3.0), (slice(50, 70), 3.2)))) == {(20, 30, 80, 70)}
    assert places(found(mask, None)) == {(20, 30, 80, 70)}


def test_a_belt_parts_nobody_unless_the_depths_differ() -> None:
    mask, depth = picture((20, 30, 48, 50), (52, 30, 80, 50)), depth_of((slice(30, 50), 3.0))
    assert places(found(mask, depth)) == {(20, 30, 80, 50)}
    depth[52:80, 30:50] = 9.0
    assert places(found(mask, depth)) == {(20, 30, 48, 50), (52, 30, 80, 50)}


def test_unknown_depth_is_told_as_unknown() -> None:
    (one,) = found(picture((20, 30, 70, 50)), np.full(SIZE, np.nan, np.float32))
    assert math.isnan(one.detection.depth)
