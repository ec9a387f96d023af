"""Blocks of time and groups of scenes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import DataError
from mdf.core.splits import SplitOptions, scene_groups, split_samples, time_blocks

SHARES = st.floats(0.01, 0.49)


@given(st.integers(0, 3000), SHARES, SHARES, st.integers(0, 60))
def test_blocks_follow_each_other_with_the_gap_between(frames: int, val: float, test: float, gap: int) -> None:
    blocks = time_blocks(frames, val, test, gap)
    assert (blocks is None) == (frames < 2 * gap + 3)
    if blocks is None:
        return
    first, second, third = blocks
    assert all(len(block) >= 1 for block in blocks)
    assert first[0] == 0
    assert second[0] - first[-1] == gap + 1
    assert third[0] - second[-1] == gap + 1
    assert third[-1] == frames - 1


def test_shares_are_of_the_frames_without_the_gaps() -> None:
    blocks = time_blocks(120, 0.15, 0.25, 10)
    assert blocks is not None
    assert [len(block) for block in blocks] == [60, 15, 25]


@given(st.sets(st.text("abcd/", min_size=1, max_size=6), min_size=3, max_size=30), SHARES, SHARES)
def test_every_scene_is_in_one_group_whatever_their_order(scenes: set[str], val: float, test: float) -> None:
    groups = scene_groups(sorted(scenes), val, test)
    assert all(groups)
    assert sorted(scene for group in groups for scene in group) == sorted(scenes)
    assert scene_groups(sorted(scenes, reverse=True), val, test) == groups


def test_two_scenes_make_no_three_groups() -> None:
    with pytest.raises(ValueError, match="three scenes"):
        scene_groups(["a", "b"], 0.2, 0.2)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60), st.sampled_from(["auto", "scene", "time"]))
def test_samples_are_in_one_split_at_most_and_scenes_too_where_they_are_split(scenes: list[str], split: str) -> None:
    options = SplitOptions(split=split, gap=0)
    few = min(map(scenes.count, set(scenes))) < 3
    if (split == "time" and few) or (len(set(scenes)) < 3 and (split == "scene" or few)):
        with pytest.raises(DataError) as error:
            split_samples(scenes, options, "a set")
        assert error.value.hint
        return
    found = split_samples(scenes, options, "a set")
    parts = [set(found.train), set(found.val), set(found.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(scenes)
    assert found.by == ("time" if split == "time" or (split == "auto" and len(set(scenes)) < 3) else "scene")
    if found.by == "scene":
        names = [{scenes[i] for i in part} for part in parts]
        assert sum(map(len, names)) == len(set(scenes))
