"""What `scenes` promises: the same bytes in every process, whole scenes in one split, true tags and shares."""

import pickle
import subprocess
import sys
from hashlib import sha256

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mdf.core.errors import ConfigError
from mdf.core.sample import Batch
from mdf.plugins.datasets.scenes import Scenes

SMALL = {"size": 32, "train": 10, "val": 3, "test": 5, "frames": 4}
STYLES = ("rooms", "shapes", "mixed")


def scenes(**options: object) -> Scenes:
    return Scenes(Scenes.Config(**{**SMALL, **options}), "")


def digest(batch: Batch) -> str:
    tensors = [batch.bg, batch.fg_bg, *batch.targets.values(), *batch.valid.values()]
    words = repr((batch.ids, batch.scenes, [sorted(tags) for tags in batch.tags]))
    return sha256(b"".join(t.contiguous().numpy().tobytes() for t in tensors) + words.encode()).hexdigest()


@pytest.fixture(scope="module")
def rooms() -> Batch:
    """Sixty scenes of the default style at the default size."""
    data = Scenes(Scenes.Config(train=240, val=1, test=1, frames=4), "")
    return data.read(range(240))


@pytest.mark.parametrize("style", STYLES)
def test_the_same_bytes_whatever_the_batch_order_and_threads(style: str) -> None:
    whole = scenes(style=style).read(range(18))
    threads = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            data = scenes(style=style)
            backwards = Batch.concatenate([data.read([index]) for index in reversed(range(18))])
            order = torch.arange(17, -1, -1)
            assert torch.equal(backwards.bg, whole.bg[order])
            assert torch.equal(backwards.fg_bg, whole.fg_bg[order])
            for task in data.tasks:
                assert torch.equal(backwards.targets[task], whole.targets[task][order])
            assert backwards.tags == whole.tags[::-1]
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("style", STYLES)
def test_the_known_depth_of_empty_rooms_is_the_truth_without_actors(style: str) -> None:
    data = scenes(style=style, transparent=0.5)
    truth, found = data.read(range(18)), data.known(range(18))
    assert set(found) == set(data.knows) == ({"background_depth"} if "depth" in data.tasks else set())
    for empty in found.values():
        known = truth.valid["depth"]
        nobody = (truth.targets["mask"] == 0) & known
        assert torch.equal(empty.isnan(), ~known)
        assert torch.equal(empty[nobody], truth.targets["depth"][nobody])
        assert (truth.targets["depth"] <= empty)[known].all()


def digests() -> list[str]:
    return [digest(scenes(size=size).read([0, 7, 17])) for size in (32, (97, 131))]


def test_another_process_with_other_threads_gives_the_same_bytes() -> None:
    script = (
        "import sys, torch; sys.path.insert(0, sys.argv[1]); torch.set_num_threads(3)\n"
        "from test_scenes import digests\n"
        "print(*digests())"
    )
    folder = __file__.rsplit("/", 1)[0]
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    assert torch.get_num_threads() != 3
    assert done.stdout.split() == digests()


def test_seeds_differ_and_fingerprints_depend_on_every_option() -> None:
    first, second = scenes(seed=0), scenes(seed=1)
    assert not torch.equal(first.read([0]).bg, second.read([0]).bg)
    prints = {scenes(**o).fingerprint() for o in ({}, {"seed": 1}, {"size": 48}, {"empty": 0.5}, {"style": "mixed"})}
    assert len(prints) == 5
    assert scenes().fingerprint() == first.fingerprint()


def test_more_training_samples_do_not_change_the_test_set() -> None:
    few, many = scenes(train=10), scenes(train=50)
    assert torch.equal(few.read(few.splits().test).fg_bg, many.read(many.splits().test).fg_bg)


@given(train=st.integers(1, 30), val=st.integers(1, 9), test=st.integers(1, 9), frames=st.integers(1, 7))
def test_splits_cover_all_samples_and_share_no_scene(train: int, val: int, test: int, frames: int) -> None:
    data = scenes(train=train, val=val, test=test, frames=frames)
    splits = data.splits()
    parts = [list(splits.train), list(splits.val), list(splits.test)]
    assert [len(part) for part in parts] == [train, val, test]
    assert [index for part in parts for index in part] == list(range(len(data)))
    places = [{data._place(index).number for index in part} for part in parts]
    assert len(set.union(*places)) == sum(len(place) for place in places)


@settings(max_examples=8, deadline=None)
@given(
    size=st.tuples(st.integers(16, 70), st.integers(16, 70)),
    style=st.sampled_from(STYLES),
    seed=st.integers(0, 10_000),
    share=st.sampled_from((0.0, 0.5, 1.0)),
)
def test_any_config_gives_well_formed_batches(size: tuple[int, int], style: str, seed: int, share: float) -> None:
    shares = dict.fromkeys(("shadow", "low_light", "noise", "camouflage", "transparent", "reflective"), share)
    data = scenes(size=size, style=style, seed=seed, **shares)
    batch = data.read([0, 4, 9])
    assert batch.size == size == data.native_size(0)
    assert batch.bg.shape == batch.fg_bg.shape == (3, 3, *size)
    assert batch.bg.dtype == batch.fg_bg.dtype == torch.uint8
    assert set(batch.targets) == set(batch.valid) == set(data.tasks)
    assert batch.targets["mask"].dtype == torch.uint8
    assert int(batch.targets["mask"].max()) <= 1
    for task in data.tasks:
        assert batch.targets[task].shape == batch.valid[task].shape == (3, 1, *size)
        assert batch.valid[task].dtype == torch.bool
    if "depth" in data.tasks:
        valid = batch.valid["depth"]
        depth = batch.targets["depth"]
        assert depth.dtype == torch.float32
        assert bool(depth.isfinite().all())
        assert bool(((depth > 0.5) & (depth < 26))[valid].all())
        assert bool((depth[~valid] == 0).all())


def test_styles_have_their_tasks() -> None:
    assert scenes(style="rooms").tasks == ("mask", "depth")
    assert scenes(style="rooms").units == {"depth": "m"}
    assert scenes(style="shapes").tasks == ("mask",)
    mixed = scenes(style="mixed", train=16).read(range(16))
    assert mixed.valid["depth"].flatten(1).all(1).tolist() == [True] * 4 + [False] * 4 + [True] * 4 + [False] * 4
    assert bool(mixed.valid["mask"].all())


def test_foreground_fills_between_2_and_30_percent(rooms: Batch) -> None:
    share = rooms.targets["mask"].float().flatten(1).mean(1)
    empty = torch.tensor(["empty" in tags for tags in rooms.tags])
    assert bool((share[empty] == 0).all())
    present = share[~empty]
    assert float(((present >= 0.02) & (present <= 0.30)).float().mean()) >= 0.98
    assert 0.08 <= float(present.median()) <= 0.15
    assert 0.005 <= float(empty.float().mean()) <= 0.1


def test_depths_are_spread_over_the_range(rooms: Batch) -> None:
    depth = rooms.targets["depth"]
    assert bool(rooms.valid["depth"].all())
    low, middle, high = torch.quantile(depth[::8].flatten(), torch.tensor((0.02, 0.5, 0.98))).tolist()
    assert low < 3.5
    assert 4 < middle < 8
    assert high > 10


def test_frames_of_a_scene_share_its_background(rooms: Batch) -> None:
    for first in range(0, 240, 4):
        assert len(set(rooms.scenes[first : first + 4])) == 1
        assert bool((rooms.bg[first : first + 4] == rooms.bg[first]).all())
    assert len(set(rooms.scenes)) == 60
    assert rooms.ids[3] == "scenes-000003"


def test_tags_are_truthful(rooms: Batch) -> None:
    brightness = rooms.bg.float().flatten(1).mean(1)
    dark = torch.tensor(["low_light" in tags for tags in rooms.tags])
    assert float(brightness[dark].max()) < 70 < float(brightness[~dark].min())
    background = rooms.targets["mask"].sum((1, 2, 3)) == 0
    assert bool(background[torch.tensor(["empty" in tags for tags in rooms.tags])].all())
    assert not any("shadow" in tags and "empty" in tags for tags in rooms.tags)
    drawn = set().union(*rooms.tags)
    assert {"shadow", "low_light", "noise", "camouflage", "empty", "textured_background"} <= drawn
    assert not {"transparent", "reflective"} & drawn


def test_camouflage_lowers_the_contrast() -> None:
    def contrast(share: float) -> float:
        calm = {"low_light": 0, "noise": 0, "empty": 0, "shadow": 0, "textured_background": 0}
        batch = scenes(train=40, camouflage=share, **calm).read(range(40))
        mask = batch.targets["mask"].bool().expand_as(batch.bg)
        return float((batch.fg_bg.float() - batch.bg.float()).abs()[mask].mean())

    assert contrast(1.0) < 0.6 * contrast(0.0)


@pytest.mark.parametrize("tag", ["shadow", "camouflage", "transparent", "reflective", "repetitive_background", "noise"])
def test_a_share_of_one_tags_every_frame_with_actors(tag: str) -> None:
    batch = scenes(**{tag: 1.0, "empty": 0.0}).read(range(10))
    assert all(tag in tags for tags in batch.tags)


def test_it_is_cached_and_can_be_pickled() -> None:
    data = scenes()
    assert data.cached
    data.read([0])
    again = pickle.loads(pickle.dumps(data))
    assert digest(again.read([5, 0])) == digest(data.read([5, 0]))


def test_invalid_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="takes nothing after the colon"):
        Scenes(Scenes.Config(), "somewhere")
    for wrong in ({"size": 8}, {"empty": 1.5}, {"style": "cities"}, {"fog": 0.1}):
        with pytest.raises(ValidationError):
            Scenes.Config(**wrong)
    with pytest.raises(IndexError):
        scenes().read([18])
