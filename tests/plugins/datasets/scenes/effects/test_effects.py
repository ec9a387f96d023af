"""Effects of `scenes`: each is a switch and a tag, changes the images as it says, and leaves the truth exact."""

from __future__ import annotations

import pytest
import torch

from mdf.core.sample import Batch
from mdf.plugins.datasets.scenes import Scenes

EFFECTS = (
    "clutter",
    "waving",
    "long_shadows",
    "standing_shadows",
    "moved_light",
    "reflections",
    "glass",
    "rain",
    "snow",
    "dirt",
    "defocus",
    "haze",
    "exposure",
    "white_balance",
    "infrared",
    "interlacing",
    "rolling_noise",
    "time_stamp",
    "compression",
    "dark",
)
"""Effects that do not move the camera."""

PLAIN = {"size": (48, 64), "train": 8, "val": 1, "test": 1, "frames": 2, "noise": 0.0, "low_light": 0.0}


def read(**options: object) -> Batch:
    return Scenes(Scenes.Config(**{**PLAIN, **options}), "").read(range(8))


@pytest.fixture(scope="module", params=["rooms", "shapes"])
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def plain(style: str) -> Batch:
    return read(style=style)


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_changes_frames_and_tags_and_not_the_truth(name: str, style: str, plain: Batch) -> None:
    changed = read(style=style, **{name: 1.0})
    assert not torch.equal(changed.fg_bg, plain.fg_bg)
    assert changed.tags == tuple(tags | {name} for tags in plain.tags)
    for task, target in plain.targets.items():
        assert torch.equal(changed.targets[task], target)
        assert torch.equal(changed.valid[task], plain.valid[task])


def test_a_share_of_the_scenes_has_an_effect_and_the_others_are_as_without_it() -> None:
    plain, half = (read(style="shapes", train=40, frames=1, snow=share) for share in (0.0, 0.5))
    same = [torch.equal(a, b) for a, b in zip(plain.fg_bg, half.fg_bg, strict=True)]
    assert same == ["snow" not in tags for tags in half.tags]
    assert 0 < sum(same) < len(same)


def test_a_shaken_camera_moves_mask_and_depth_with_the_frame() -> None:
    plain, shaken = read(empty=0.0), read(empty=0.0, shake=1.0)
    assert torch.equal(shaken.bg, plain.bg)
    assert not torch.equal(shaken.targets["mask"], plain.targets["mask"])
    for before, after in zip(plain.targets["mask"].bool(), shaken.targets["mask"].bool(), strict=True):
        assert int((before & after).sum()) > 0.6 * int((before | after).sum())
    nearer = shaken.targets["depth"][shaken.targets["mask"].bool()].mean()
    assert float(nearer) < float(shaken.targets["depth"][~shaken.targets["mask"].bool()].mean())


def test_streets_have_a_sky_and_far_walls() -> None:
    streets = read(outdoor=1.0)
    assert all("outdoor" in tags for tags in streets.tags)
    assert float(streets.targets["depth"].amax()) > 15


@pytest.mark.parametrize(("name", "low", "high"), [("tiny", 0.0, 0.06), ("huge", 0.12, 0.8)])
def test_actors_are_as_small_or_large_as_asked(name: str, low: float, high: float) -> None:
    batch = read(empty=0.0, size=(96, 128), **{name: 1.0})
    sized = [i for i, tags in enumerate(batch.tags) if name in tags]
    shares = batch.targets["mask"][sized].float().mean((1, 2, 3))
    assert len(sized) >= 4
    assert low <= float(shares.mean()) <= high


def test_shadows_of_actors_are_dark_and_not_foreground() -> None:
    plain, shadowed = (read(empty=0.0, shadow=0.0, long_shadows=share) for share in (0.0, 1.0))
    darker = plain.fg_bg.float().mean(1, keepdim=True) - shadowed.fg_bg.float().mean(1, keepdim=True) > 15
    assert int((darker & ~shadowed.targets["mask"].bool()).sum()) > 200
    assert int((darker & shadowed.targets["mask"].bool()).sum()) < 0.05 * int(darker.sum())


def test_waving_moves_the_background_between_the_images() -> None:
    plain, waving = (read(empty=1.0, waving=share) for share in (0.0, 1.0))
    changes = [(b.fg_bg.float() - b.bg.float()).abs().mean() for b in (plain, waving)]
    assert float(changes[1]) > float(changes[0]) + 2
    assert int(waving.targets["mask"].sum()) == 0


def test_infrared_images_have_one_tint() -> None:
    grey = read(infrared=1.0, size=(32, 32)).fg_bg.float().flatten(2)
    ratio = grey.mean(2)
    spread = (grey / ratio[..., None].clamp_min(1)).std(dim=1).mean()
    assert float(spread) < 0.1


def test_all_effects_together_keep_types_and_sizes() -> None:
    batch = read(style="mixed", shake=1.0, outdoor=0.5, tiny=0.3, huge=0.3, **dict.fromkeys(EFFECTS, 1.0))
    assert batch.bg.dtype == batch.fg_bg.dtype == torch.uint8
    assert batch.fg_bg.shape == (8, 3, 48, 64)
    assert set(batch.targets["mask"].unique().tolist()) <= {0, 1}
    assert bool(batch.targets["depth"].isfinite().all())
