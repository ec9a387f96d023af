"""`mdf.load`: one answer whatever form the images have, at the frame's size, with the background computed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from trained_run import runs, trained  # noqa: F401

import mdf
from mdf.core.errors import DataError
from mdf.core.sample import Batch
from mdf.engine.evaluation import predictor_of
from mdf.inference.session import LoadedModel
from mdf.models.restore import restore

H, W = 45, 61


@pytest.fixture(scope="module")
def model(runs: Path) -> LoadedModel:  # noqa: F811
    return mdf.load(runs=runs, device="cpu")


def pixels(seed: int, height: int = H, width: int = W) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def chw(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)


def test_mask_and_depth_are_of_the_frames_size(model: LoadedModel) -> None:
    found = model.predict(pixels(0), pixels(1))
    assert found.mask is not None
    assert found.depth is not None
    assert set(found.values) == {"mask", "depth"}
    for values in found.values.values():
        assert values.shape == (H, W)
        assert values.dtype == np.float32
    assert found.mask.min() >= 0
    assert found.mask.max() <= 1
    assert found.depth.min() > 0
    assert found.units == {"mask": "", "depth": "m"}


def test_every_form_of_an_image_gives_the_same(model: LoadedModel, tmp_path: Path) -> None:
    bg, frame = pixels(0), pixels(1)
    Image.fromarray(bg).save(tmp_path / "bg.png")
    Image.fromarray(frame).save(tmp_path / "frame.png")
    wanted = model.predict(bg, frame)
    forms = [
        (str(tmp_path / "bg.png"), tmp_path / "frame.png"),
        (Image.fromarray(bg), Image.fromarray(frame)),
        (chw(bg), chw(frame)),
        (chw(bg).float() / 255, chw(frame).double() / 255),
        (bg[:, ::-1][:, ::-1], np.asfortranarray(frame)),
    ]
    for form in forms:
        found = model.predict(*form)
        assert np.array_equal(found.mask, wanted.mask)
        assert np.array_equal(found.depth, wanted.depth)


def test_several_frames_at_once_are_several_answers(model: LoadedModel) -> None:
    frames = torch.stack([chw(pixels(i)) for i in range(3)])
    together = model.predict(pixels(9), frames)
    assert together.mask.shape == (3, H, W)
    for i in range(3):
        alone = model.predict(pixels(9), pixels(i))
        np.testing.assert_allclose(together.mask[i], alone.mask, atol=1e-5)
        np.testing.assert_allclose(together.depth[i], alone.depth, rtol=1e-4)
    each = model.predict(torch.stack([chw(pixels(9))] * 3), frames)
    np.testing.assert_allclose(each.mask, together.mask, atol=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (45, 61), (20, 90)])
def test_a_session_answers_as_the_network_that_was_trained(model: LoadedModel, size: tuple[int, int]) -> None:
    bg, frame = chw(pixels(0, *size)), chw(pixels(1, *size))
    restored = restore(model.folder, device="cpu").placed()
    batch = Batch(("a",), ("a",), model_size(model, bg), model_size(model, frame))
    whole = predictor_of(restored.model, restored.tasks, restored.runtime)(batch)
    session = model.open(bg)
    session(chw(pixels(7, *size)))  # an earlier frame leaves nothing behind
    found = session(frame)
    for name, values in whole.items():
        native = restored.tasks[name].resize_values(values, size)[0, 0]
        np.testing.assert_allclose(found.values[name], native.numpy(), rtol=1e-5, atol=1e-5)
        assert np.array_equal(found.values[name], model.predict(bg, frame).values[name])


def model_size(model: LoadedModel, image: torch.Tensor) -> torch.Tensor:
    from mdf.engine.prepare.resize import resize_images

    return resize_images(image[None], model.size)


def test_the_background_is_computed_once(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    fusion = model.restored.model.fusion
    calls = []
    compute = fusion.background
    monkeypatch.setattr(fusion, "background", lambda *given: calls.append(1) or compute(*given))
    session = model.open(pixels(0))
    for i in range(4):
        session(pixels(i))
    assert len(calls) == 1


def test_predict_computes_a_background_again_only_where_its_pixels_differ(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fusion = model.restored.model.fusion
    calls = []
    compute = fusion.background
    monkeypatch.setattr(fusion, "background", lambda *given: calls.append(1) or compute(*given))
    bg, frame = chw(pixels(20)).clone(), pixels(1)
    first = model.predict(bg, frame)
    assert np.array_equal(model.predict(pixels(20), frame).mask, first.mask)  # the same pixels in another form
    assert len(calls) == 1
    bg[:] = chw(pixels(21))  # the user's tensor, changed in place
    second = model.predict(bg, frame)
    assert len(calls) == 2
    assert np.array_equal(second.mask, model.open(pixels(21))(frame).mask)
    assert not np.array_equal(second.mask, first.mask)


def test_a_turned_photo_is_turned_back(model: LoadedModel, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for seed, name in enumerate(["bg", "frame"]):
        Image.fromarray(np.rot90(pixels(seed)).copy()).save(tmp_path / f"{name}.png", exif=exif)
    found = model.predict(tmp_path / "bg.png", tmp_path / "frame.png")
    assert np.array_equal(found.mask, model.predict(pixels(0), pixels(1)).mask)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (chw(pixels(0)).permute(1, 2, 0), r"tensor of shape \(45, 61, 3\)"),
        (np.zeros((3, 4, 5), np.uint8), r"array of shape \(3, 4, 5\)"),
        (np.zeros((H, W, 3), np.float32), "float32"),
        (np.zeros((H, W), np.uint8), r"shape \(45, 61\)"),
        (np.zeros((0, W, 3), np.uint8), r"shape \(0, 61, 3\)"),
        (torch.zeros(3, H, W, dtype=torch.int64), "int64"),
        (torch.full((3, H, W), 200.0), "from 200 to 200"),
        (torch.full((3, H, W), -0.5), "from -0.5 to -0.5"),
        (torch.full((3, H, W), torch.nan), "from nan to nan"),
        (42, "is a int"),
        (None, "is a NoneType"),
        ("gone.jpg", "gone.jpg is missing"),
        (pixels(0, W, H), "the frame is 45×61 pixels, the background 61×45"),
    ],
    ids=str,
)
def test_what_is_no_frame_is_told(model: LoadedModel, frame: object, told: str) -> None:
    with pytest.raises(DataError, match=told) as error:
        model.predict(pixels(0), frame)  # type: ignore[arg-type]
    assert error.value.hint


def test_frames_and_backgrounds_that_do_not_pair_are_told(model: LoadedModel) -> None:
    two, three = (torch.stack([chw(pixels(0))] * n) for n in (2, 3))
    with pytest.raises(DataError, match="3 frames and 2 backgrounds"):
        model.predict(two, three)


def test_predictions_are_the_users_own(model: LoadedModel) -> None:
    frame = pixels(1)
    found = model.predict(pixels(0), frame)
    found.mask[:] = 0  # writable, and of no consequence
    assert np.array_equal(frame, pixels(1))
    assert model.predict(pixels(0), frame).mask.any()
