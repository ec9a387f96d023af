"""Composed samples: exact truth, perspective, determinism, splits, memory, and every fault."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import DATA, needs, noise, write
from PIL import Image
from pydantic import ValidationError

from mdf.core.errors import DataError
from mdf.core.sample import Sample
from mdf.plugins.datasets.composite import Composite

SIZE = (60, 80)
FOCAL = 70.0


def room_depth(height: int = SIZE[0], width: int = SIZE[1]) -> np.ndarray:
    """A floor 1.2 m below a level camera, up to a wall 5 m away, in millimetres."""
    down = (np.arange(height) + 0.5 - height / 2) / (FOCAL * height / SIZE[0])
    floor = np.where(down > 0, 1.2 / np.maximum(down, 1e-6), np.inf)
    return np.repeat((1000 * np.minimum(floor, 5.0))[:, None], width, axis=1).round()


def make_sources(root: Path, backgrounds: int = 4, cutouts: int = 5, measured: bool = True) -> str:
    for number in range(backgrounds):
        write(root / "rooms" / "color" / f"room{number}.png", noise(number, *SIZE, 3) // 4 + 120)
        if measured:
            write(root / "rooms" / "depth" / f"room{number}.png", room_depth(), np.uint16)
    for number in range(cutouts):
        pixels = np.zeros((40, 20, 4), np.uint8)
        pixels[5:35, 4:16] = (200, 30 * number, 40, 255)
        write(root / "cutouts" / f"thing{number}.png", pixels)
    rooms = root / "rooms" if measured else root / "rooms" / "color"
    return f"{rooms},{root / 'cutouts'}"


def opened(where: str, **options: object) -> Composite:
    return Composite(Composite.Config(**{"size": SIZE, "focal": FOCAL, **options}), where)


def exact(where: str, **options: object) -> Composite:
    """Without any softness, so that each pixel belongs to one thing."""
    plain = {"feather": 0, "noise": 0, "exposure": 0, "shadow": 0, "harmonise": 0, "empty": 0}
    return opened(where, **{**plain, **options})


def digest(sample: Sample) -> str:
    parts = [sample.bg, sample.fg_bg, *sample.targets.values(), *sample.valid.values()]
    return sha256(b"".join(p.numpy().tobytes() for p in parts) + repr(sorted(sample.tags)).encode()).hexdigest()


def test_without_softness_the_mask_is_what_changed_and_the_rest_is_the_background(tmp_path: Path) -> None:
    data = exact(make_sources(tmp_path), train=40)
    seen = 0
    for index in range(40):
        sample = data.sample(index)
        changed = (sample.bg != sample.fg_bg).any(0)
        assert torch.equal(changed, sample.targets["mask"][0] == 1)
        seen += int(changed.sum())
    assert seen > 500


def test_depth_is_the_backgrounds_and_on_cutouts_their_own_nearer_one(tmp_path: Path) -> None:
    data = exact(make_sources(tmp_path), train=30, most=1)
    room = torch.from_numpy(room_depth() / 1000).float()
    for index in range(30):
        sample = data.sample(index)
        mask, depth = sample.targets["mask"][0] == 1, sample.targets["depth"][0]
        assert torch.allclose(depth[~mask], room[~mask])
        if mask.any():
            assert len(depth[mask].unique()) == 1
            assert (depth[mask] < room[mask]).all()


def test_the_depth_of_the_background_is_known_and_is_the_truth_where_nothing_stands(tmp_path: Path) -> None:
    data = exact(make_sources(tmp_path), train=12)
    found = data.known(range(12))["background_depth"]
    truth = data.read(range(12))
    nothing = truth.targets["mask"] == 0
    assert torch.equal(found[nothing], truth.targets["depth"][nothing])
    assert (truth.targets["depth"][~nothing] < found[~nothing]).all()
    plain = opened(make_sources(tmp_path / "plain", measured=False))
    assert (plain.knows, plain.known([0])) == ((), {})


def test_a_thing_is_as_large_as_its_height_and_distance_make_it(tmp_path: Path) -> None:
    data = exact(make_sources(tmp_path), train=60, most=1, height=(0.8, 0.8))
    measured = 0
    for index in range(60):
        sample = data.sample(index)
        rows = torch.nonzero(sample.targets["mask"][0].any(1)).flatten()
        if len(rows) and "occluded" not in sample.tags and rows[0] > 0 and rows[-1] < SIZE[0] - 1:
            metres = float(sample.targets["depth"][0][sample.targets["mask"][0] == 1][0])
            assert abs((rows[-1] - rows[0] + 1) - FOCAL * 0.8 / metres) <= 1.5
            foot = SIZE[0] / 2 + FOCAL * 1.2 / metres  # where the floor is at that distance
            assert abs(float(rows[-1]) + 1 - foot) <= 2.5
            measured += 1
    assert measured >= 10


def test_what_the_scene_has_nearer_hides_a_thing(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    depth = room_depth()
    depth[10:50, 30:50] = 900  # a post in the middle, before everything
    for number in range(4):
        write(tmp_path / "rooms" / "depth" / f"room{number}.png", depth, np.uint16)
    data = exact(where, train=80)
    tags = set()
    for index in range(80):
        sample = data.sample(index)
        behind = sample.targets["depth"][0][10:50, 30:50]
        hidden = sample.targets["mask"][0][10:50, 30:50] == 0
        assert torch.allclose(behind[hidden], torch.tensor(0.9))
        assert torch.equal(sample.bg[:, 10:50, 30:50][:, hidden], sample.fg_bg[:, 10:50, 30:50][:, hidden])
        tags |= sample.tags
    assert "occluded" in tags


def test_where_the_background_was_not_measured_depth_is_invalid_except_on_things(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    depth = room_depth()
    depth[:, 20:40] = 0
    for number in range(4):
        write(tmp_path / "rooms" / "depth" / f"room{number}.png", depth, np.uint16)
    data = exact(where, train=20)
    for index in range(20):
        sample = data.sample(index)
        hole = sample.valid["depth"][0][:, 20:40]
        assert torch.equal(hole, sample.targets["mask"][0][:, 20:40] == 1)
        assert sample.valid["mask"].all()
        assert (sample.targets["depth"][~sample.valid["depth"]] == 0).all()


def test_a_shadow_darkens_and_is_no_foreground(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    lit, dark = (exact(where, train=20, shadow=shadow) for shadow in (0, 1))
    darker = 0
    for index in range(20):
        one, other = lit.sample(index), dark.sample(index)
        assert torch.equal(one.targets["mask"], other.targets["mask"])
        background = one.targets["mask"].expand(3, -1, -1) == 0
        assert (other.fg_bg[background] <= one.fg_bg[background]).all()
        darker += int((other.fg_bg[background] < one.fg_bg[background]).sum())
    assert darker > 200


def test_both_images_have_an_exposure_and_noise_of_their_own(tmp_path: Path) -> None:
    data = opened(make_sources(tmp_path), empty=1.0, noise=3.0, exposure=0.05)
    sample = data.sample(0)
    difference = sample.fg_bg.float() - sample.bg.float()
    assert sample.tags == {"empty"}
    assert sample.targets["mask"].sum() == 0
    assert 3.0 < difference.std() < 6.0  # two noises of 3 levels each: 4.2
    assert any(abs(float((s.fg_bg.float() - s.bg.float()).mean())) > 2 for s in map(data.sample, range(8)))


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(6)))
def test_any_order_gives_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    root = tmp_path_factory.getbasetemp() / "composite-order"
    where = f"{root}/rooms,{root}/cutouts" if root.exists() else make_sources(root)
    data, again = opened(where), opened(where)
    expected = [digest(data.sample(index)) for index in range(6)]
    assert {index: digest(again.sample(index)) for index in order} == dict(enumerate(expected))


def test_another_process_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    script = (
        f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[2])!r}]\n"
        "from test_composite import digest, opened\n"
        f"print(digest(opened({where!r}).sample(3123)))"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert other.stdout.strip() == digest(opened(where).sample(3123))
    assert digest(opened(where, seed=1).sample(3123)) != other.stdout.strip()


def test_a_split_does_not_change_when_another_one_grows(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    small, large = opened(where, train=10), opened(where, train=1000)
    assert digest(small.sample(small.splits().test[5])) == digest(large.sample(large.splits().test[5]))


def test_splits_share_neither_background_nor_cutout(tmp_path: Path) -> None:
    data = exact(make_sources(tmp_path, 6, 6), train=30, val=20, test=20)
    splits = data.splits()
    assert splits.by == "scene"
    scenes, colours = [], []
    for part in (splits.train, splits.val, splits.test):
        samples = [data.sample(i) for i in part]
        scenes.append({s.scene for s in samples})
        # a cut-out's green channel says which one it is
        colours.append({int(g) for s in samples for g in s.fg_bg[1][s.targets["mask"][0] == 1].unique()})
    for found in (scenes, colours):
        assert all(found)
        assert not (found[0] & found[1] | found[0] & found[2] | found[1] & found[2])


def test_too_few_backgrounds_are_shared_and_said_to_be(tmp_path: Path) -> None:
    data = opened(make_sources(tmp_path, 1, 2), train=4, val=2, test=2)
    assert data.splits().by == "time"
    assert {data.sample(i).scene for i in range(8)} == {"room0"}


def test_plain_backgrounds_give_masks_alone(tmp_path: Path) -> None:
    data = opened(make_sources(tmp_path, measured=False))
    assert (data.tasks, data.units) == (("mask",), {})
    assert sum(int(data.sample(i).targets["mask"].sum()) for i in range(10)) > 100


def test_other_layouts_and_sizes_of_backgrounds(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    for number in range(3):
        for kind in ("background", "input"):
            write(tmp_path / "pairs" / f"{number}-{kind}.color.png", noise(number, 120, 200, 3))
            write(tmp_path / "pairs" / f"{number}-{kind}.depth.png", room_depth(120, 200), np.uint16)
        write(tmp_path / "own" / "bg" / f"{number}.jpg", noise(number, 90, 90, 3))
    pairs = opened(f"{tmp_path / 'pairs'},{where.rpartition(',')[2]}", focal=140)
    assert [b.name for b in pairs.backgrounds] == [f"{n}-background" for n in range(3)]
    assert pairs.sample(1).targets["depth"].shape == (1, *SIZE)
    assert opened(f"{tmp_path / 'own'},{where.rpartition(',')[2]}").sample(1).bg.shape == (3, *SIZE)


@pytest.mark.parametrize("layout", ["bg_depth", "beside"])
def test_depth_is_found_where_other_data_sets_keep_it(tmp_path: Path, layout: str) -> None:
    where, rooms = make_sources(tmp_path), tmp_path / "rooms"
    wanted = exact(where).sample(3)
    if layout == "bg_depth":
        (rooms / "color").rename(rooms / "bg")
        (rooms / "depth").rename(rooms / "bg_depth")
    else:
        for kind, ending in (("color", ".png"), ("depth", ".depth.png")):
            for path in (rooms / kind).iterdir():
                path.rename(rooms / f"{path.stem}{ending}")
            (rooms / kind).rmdir()
    assert digest(exact(where).sample(3)) == digest(wanted)
    (rooms / ("bg_depth/room2.png" if layout == "bg_depth" else "room2.depth.png")).unlink()
    with pytest.raises(DataError, match=r"room2\.png has no depth"):
        opened(where)


def test_what_lies_beside_colours_and_depths_is_neither(tmp_path: Path) -> None:
    where, rooms = make_sources(tmp_path), tmp_path / "rooms"
    wanted = exact(where).sample(3)
    for kind in ("color", "depth"):
        for path in (rooms / kind).iterdir():
            path.rename(rooms / f"{path.stem}.{kind}.png")
        (rooms / kind).rmdir()
    write(rooms / "room1.normal.png", noise(0, *SIZE, 3))
    assert digest(exact(where).sample(3)) == digest(wanted)
    (rooms / "room1.color.png").unlink()
    with pytest.raises(DataError, match=r"room1\.depth\.png has no image"):
        opened(where)


@pytest.mark.parametrize("flaw", ["8 bit", "one is missing"])
def test_depth_that_is_none_can_be_passed_over(tmp_path: Path, flaw: str) -> None:
    where = make_sources(tmp_path)
    measured = exact(where).fingerprint()
    path = tmp_path / "rooms" / "depth" / "room2.png"
    path.unlink()
    if flaw == "8 bit":
        write(path, noise(0, *SIZE))
    with pytest.raises(DataError, match=r"room2\.png") as error:
        opened(where)
    assert "`depth` to false" in error.value.hint
    data = exact(where, depth=False)
    plain = exact(make_sources(tmp_path / "plain", measured=False))
    assert (data.tasks, data.knows, data.fingerprint()) == (("mask",), (), plain.fingerprint())
    assert digest(data.sample(3)) == digest(plain.sample(3))
    assert data.fingerprint() != measured


def test_heights_go_by_the_longest_beginning_of_the_path() -> None:
    config = Composite.Config(height=(1, 2), heights={"people": (1.5, 1.9), "people/children": (0.9, 1.2)})
    assert config.metres("people/children/1") == (0.9, 1.2)
    assert config.metres("people__fireman") == (1.5, 1.9)
    assert config.metres("animals/cow") == (1, 2)
    with pytest.raises(ValidationError, match="the smaller number must come first"):
        Composite.Config(height=(2, 1))


def test_four_hundred_thousand_samples_cost_no_more_memory_than_four_hundred(tmp_path: Path) -> None:
    where = make_sources(tmp_path)

    def peak(train: int) -> int:
        tracemalloc.start()
        data = opened(where, train=train)
        splits = data.splits()
        for index in (*splits.train[:2], splits.train[train // 2], splits.train[-1], splits.test[-1]):
            data.sample(index)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(400)  # imports
    assert peak(400_000) < peak(400) + 200_000


def test_few_samples_and_every_cutout_tell_whether_all_can_be_read(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    data = opened(where, train=400_000)
    probe_indices = data.probe_indices()
    splits = data.splits()
    shown = [{data.sample(i).scene for i in probe_indices if i in splits.of(name)} for name in ("train", "val", "test")]
    assert sorted(scene for scenes in shown for scene in scenes) == [f"room{n}" for n in range(4)]
    assert len(probe_indices) == 4
    cutout = tmp_path / "cutouts" / "thing3.png"
    cutout.write_bytes(cutout.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"thing3\.png cannot be read"):
        opened(where, train=400_000).probe_indices()


def test_the_fingerprint_follows_files_and_options(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    first = opened(where).fingerprint()
    assert opened(where, keep=True).fingerprint() == first
    assert opened(where, seed=2).fingerprint() != first
    write(tmp_path / "cutouts" / "thing0.png", noise(0, 20, 20, 4))
    assert opened(where).fingerprint() != first


def test_opening_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = make_sources(tmp_path)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("pixels were decoded"))
    assert len(opened(where)) == 3700


FAULTS: list[tuple[str, Callable[[Path], object]]] = [
    ("holds no backgrounds", lambda root: [p.unlink() for p in (root / "rooms").rglob("*.png")]),
    ("holds no cut-outs", lambda root: [p.unlink() for p in (root / "cutouts").iterdir()]),
    (r"room1\.png has no depth in", lambda root: (root / "rooms" / "depth" / "room1.png").unlink()),
    (r"room1\.png is 2×1 pixels", lambda root: write(root / "rooms" / "depth" / "room1.png", [[1, 2]], np.uint16)),
    (r"room1\.png has 8 bits", lambda root: write(root / "rooms" / "depth" / "room1.png", noise(0, *SIZE))),
    (r"thing1\.png has no alpha", lambda root: write(root / "cutouts" / "thing1.png", noise(0, 9, 9, 3))),
    (r"thing1\.png cannot be read", lambda root: (root / "cutouts" / "thing1.png").write_bytes(b"x")),
]


@pytest.mark.parametrize(("message", "break_it"), FAULTS, ids=[message for message, _ in FAULTS])
def test_a_fault_is_told_at_once(tmp_path: Path, message: str, break_it: Callable[[Path], object]) -> None:
    where = make_sources(tmp_path)
    break_it(tmp_path)
    with pytest.raises(DataError, match=message) as error:
        opened(where)
    assert error.value.hint


def test_a_cutout_that_shows_nothing_is_named_when_it_is_used(tmp_path: Path) -> None:
    where = make_sources(tmp_path, cutouts=0)
    write(tmp_path / "cutouts" / "ghost.png", np.zeros((9, 9, 4)))
    with pytest.raises(DataError, match=r"ghost\.png shows nothing"):
        opened(where, empty=0).sample(0)


@pytest.mark.parametrize("variant", ["", "/somewhere", "/nowhere,/at/all"])
def test_two_folders_must_be_named(variant: str) -> None:
    with pytest.raises(DataError, match=r"two folders|no folder") as error:
        opened(variant)
    assert "BACKGROUNDS,CUTOUTS" in error.value.hint


@needs("rgbd_rooms")
@needs("cutouts")
def test_real_rooms_have_a_floor_and_things_stand_on_it() -> None:
    where = f"{DATA / 'rgbd_rooms'},{DATA / 'cutouts'}"
    data = Composite(Composite.Config(size=(120, 160), focal=525, train=24, empty=0), where)
    samples = [data.sample(i) for i in range(24)]
    shares = [float(s.targets["mask"].float().mean()) for s in samples]
    assert 0.03 < np.mean(shares) < 0.3
    assert max(shares) < 0.6
    for sample in samples:
        mask = sample.targets["mask"] == 1
        assert sample.valid["depth"][mask].all()
        depth = sample.targets["depth"][sample.valid["depth"]]
        assert depth.min() > 0.3
        assert depth.max() < 3


def test_opaque_cutouts_are_told(tmp_path: Path) -> None:
    where = make_sources(tmp_path)
    assert [doubt.message for doubt in opened(where).doubts()] == []
    write(tmp_path / "cutouts" / "photo.png", np.dstack([noise(0, 20, 20, 3), np.full((20, 20), 255, np.uint8)]))
    (doubt,) = opened(where).doubts()
    assert (doubt.level, "opaque everywhere (photo.png)" in doubt.message) == ("warning", True)
