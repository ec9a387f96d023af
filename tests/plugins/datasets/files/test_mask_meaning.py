"""Masks in every form that tools write come back pixel by pixel; what files leave open is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mask_files import EXACT, LABEL, VOID, Writer, alpha, colour, levels, outside, palette, white
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.census import mask_census
from mdf.plugins.datasets.files.masks.decide import decide
from mdf.plugins.datasets.files.masks.meaning import MaskMeaning
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.files.masks.picture import read_picture

SIZE = (24, 30)


def box(number: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[3 + number : 12 + number, 4 + 2 * number : 15 + 2 * number] = True
    return mask


def written(root: Path, *writers: Writer, masks: list[np.ndarray] | None = None) -> dict[str, Path]:
    """A set of masks, each writer's turn after the other's."""
    for number, mask in enumerate(masks or [box(number) for number in range(4)]):
        writers[number % len(writers)](root / f"m{number}", mask)
    return {path.stem: path for path in sorted(root.iterdir())}


def decided(files: dict[str, Path], **options: object) -> MaskMeaning:
    return decide(mask_census(files), MaskOptions(**options))


def read(files: dict[str, Path], name: str, **options: object) -> tuple[np.ndarray, np.ndarray]:
    foreground, valid = decided(files, **options).read(read_picture(files[name]), name)
    assert (foreground.dtype, valid.dtype) == (np.uint8, np.bool_)
    return foreground.astype(bool), valid


@pytest.mark.parametrize("kind", EXACT)
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(12, 40), width=st.integers(12, 40))
def test_a_mask_comes_back_as_it_was_drawn(kind: str, seed: int, height: int, width: int) -> None:
    random = np.random.default_rng(seed)
    coarse = random.random((4, height // 4 + 1, width // 4 + 1)) < 0.4
    masks = [np.kron(c, np.ones((4, 4), bool))[:height, :width] for c in coarse]
    for mask in masks:  # a labeller draws something, and leaves something
        mask[1:3, 1:3], mask[0], mask[:, -1] = True, False, False
    with TemporaryDirectory() as folder:
        files = written(Path(folder), EXACT[kind], masks=masks)
        for number, mask in enumerate(masks):
            foreground, valid = read(files, f"m{number}")
            assert np.array_equal(valid, ~outside(mask) if kind in VOID else np.ones_like(mask))
            assert np.array_equal(foreground[valid], mask[valid])
            assert foreground[~valid].sum() == 0


@pytest.mark.parametrize("kind", EXACT)
def test_counts_are_those_of_the_pixels(tmp_path: Path, kind: str) -> None:
    files = written(tmp_path, EXACT[kind])
    meaning = decided(files)
    for fact in mask_census(files):
        foreground, valid = meaning.read(read_picture(tmp_path / fact.name), "")
        assert meaning.counts(fact) == (int(foreground.sum()), int(valid.sum()))


def soft(scale: int, ending: str, **how: object) -> Writer:
    """Drawn large and made small, so that edges are grey."""

    def write(path: Path, mask: np.ndarray) -> None:
        large = Image.fromarray(np.kron(mask, np.ones((scale, scale), bool)).astype(np.uint8) * 255)
        large.resize(SIZE[::-1], Image.Resampling.BILINEAR).rotate(7, Image.Resampling.BICUBIC).save(
            f"{path}.{ending}", **how
        )

    return write


@pytest.mark.parametrize(
    "writer",
    [soft(3, "png"), soft(2, "jpg", quality=75), soft(1, "webp", quality=60), soft(3, "jpg", quality=95)],
    ids=["anti-aliased", "JPEG", "WebP", "fine JPEG"],
)
def test_soft_edges_are_cut_at_half(tmp_path: Path, writer: Writer) -> None:
    files = written(tmp_path, writer)
    for name, path in files.items():
        foreground, valid = read(files, name)
        assert np.array_equal(foreground, np.asarray(Image.open(path).convert("L")) > 127)
        assert valid.all()


def test_a_palette_whose_0_is_not_black_is_read_by_its_colours(tmp_path: Path) -> None:
    def swapped(path: Path, mask: np.ndarray) -> None:
        image = Image.fromarray((~mask).astype(np.uint8), "P")
        image.putpalette([*LABEL, 0, 0, 0])
        image.save(f"{path}.png")

    foreground, valid = read(written(tmp_path, swapped), "m1")
    assert np.array_equal(foreground, box(1))
    assert valid.all()


def test_what_a_file_means_is_said_by_the_whole_set(tmp_path: Path) -> None:
    files = written(tmp_path, EXACT["0, 1 and 255"])
    Image.fromarray(box(0).astype(np.uint8) * 255).save(files["m0"])
    foreground, valid = read(files, "m0")
    assert not foreground.any(), "255 is no foreground where labels are 1"
    assert np.array_equal(valid, ~box(0))


@pytest.mark.parametrize("empty", ["L", "RGB", "P"])
@pytest.mark.parametrize("kind", ["palette", "colour", "zeros and ones", "16 bits, whole range", "0, 1 and 255"])
def test_an_empty_mask_fits_every_set(tmp_path: Path, kind: str, empty: str) -> None:
    files = written(tmp_path, EXACT[kind])
    Image.new(empty, SIZE[::-1]).save(tmp_path / "none.png")
    files["none"] = tmp_path / "none.png"
    foreground, valid = read(files, "none")
    assert (foreground.any(), valid.all()) == (False, True)
    assert read(files, "m1")[0].any()


def trimap(path: Path, mask: np.ndarray) -> None:
    wide = mask | np.roll(mask, 5, axis=1)
    Image.fromarray(np.where(mask, 255, np.where(wide, 128, 0)).astype(np.uint8)).save(f"{path}.png")


def pets(path: Path, mask: np.ndarray) -> None:
    levels = np.where(mask, 1, 2)
    levels[0] = 3
    Image.fromarray(levels.astype(np.uint8)).save(f"{path}.png")


def two_masks(path: Path, mask: np.ndarray) -> None:
    grey = np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2)
    Image.fromarray(np.dstack([grey, np.roll(mask, 6, axis=1) * np.uint8(255)])).save(f"{path}.png")


def photograph(path: Path, mask: np.ndarray) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*mask.shape, 3), np.uint8)).save(f"{path}.png")


def on_white(path: Path, mask: np.ndarray) -> None:
    Image.fromarray(np.where(mask[..., None], (250, 50, 83), 255).astype(np.uint8)).save(f"{path}.png")


def white_at_zero(path: Path, mask: np.ndarray) -> None:
    import tifffile

    tifffile.imwrite(f"{path}.tif", mask)


def negative(path: Path, mask: np.ndarray) -> None:
    np.save(f"{path}.npy", -mask.astype(np.int32))


OPEN: dict[str, tuple[tuple[Writer, ...], str, str, str]] = {
    "no 0 among labels": ((pets,), "No mask holds the level 0; they hold 1, 2, 3", "mask_foreground", "m0.png"),
    "trimap": ((trimap,), "128, 255 beside 0", "mask_foreground", "m0.png"),
    "alpha beside colour": ((two_masks,), "alpha channel that shows something else", "mask_from", "m0.png"),
    "photographs": ((photograph,), "as a photograph has", "mask", "m0.png"),
    "one photograph": ((levels(255), photograph), "as a photograph has", "mask", "m1.png"),
    "coloured things on white": ((on_white,), "No mask has a black pixel", "mask_foreground", "m0.png"),
    "1 here and 255 there": ((levels(1), levels(255)), "differ in what they call", "mask_foreground", "m0.png"),
    "labels in JPEG": ((levels(9, "jpg"),), "compressed with loss", "mask_threshold", "m0.jpg"),
    "colours in JPEG": ((colour(LABEL, "jpg"),), "compressed with loss", "mask_threshold", "m0.jpg"),
    "a TIFF whose 0 is white": ((white_at_zero,), "level 0 is white", "mask_foreground", "m0.tif"),
    "opaque beside alpha": ((alpha("RGBA", white), colour((255, 255, 255))), "opaque everywhere", "mask_from", "m1"),
    "ranges": ((levels(9), levels(9, kind=np.uint16)), "different ranges", "one number of bits", "m0.png"),
    "0 and 255 of a palette": ((palette(255, (224, 224, 192)),), "255 does not count", "mask_foreground", "m0.png"),
    "dark among soft": ((soft(3, "png"), levels(1)), "does not fit", "mask_threshold", "m1.png"),
}


@pytest.mark.parametrize(("writers", "message", "option", "file"), OPEN.values(), ids=OPEN)
def test_what_files_leave_open_is_refused_with_the_option_and_a_file(
    tmp_path: Path, writers: tuple[Writer, ...], message: str, option: str, file: str
) -> None:
    with pytest.raises(DataError, match=message) as error:
        decided(written(tmp_path, *writers))
    assert option in error.value.hint
    assert file in error.value.message


def test_a_file_that_cannot_be_a_mask_has_no_say_and_says_why(tmp_path: Path) -> None:
    files = written(tmp_path, levels(255), negative)
    facts = mask_census(files)
    assert ["whole numbers from -1" in fact.error for fact in facts] == [False, True, False, True]
    assert "255 is foreground" in decide(facts, MaskOptions()).words


def test_almost_no_labels_beside_255_leave_open_what_255_is(tmp_path: Path) -> None:
    large = np.zeros((80, 80), bool)
    large[5:60, 5:60] = True
    files = written(tmp_path, levels(255), masks=[large] * 3)
    spoilt = large.astype(np.uint8) * 255
    spoilt[0, 0] = 1
    Image.fromarray(spoilt).save(files["m1"])
    with pytest.raises(DataError, match=r"1 in a few pixels \(m1\.png\)"):
        decided(files)


def voc(path: Path, mask: np.ndarray) -> None:
    palette(15, (192, 128, 128), void=True)(path, mask)


CHOSEN: dict[str, tuple[Writer, dict[str, object], Callable[[np.ndarray], np.ndarray]]] = {
    "a level": (trimap, {"mask_foreground": 255}, lambda m: m),
    "two levels": (trimap, {"mask_foreground": [128, 255]}, lambda m: m | np.roll(m, 5, axis=1)),
    "a threshold": (trimap, {"mask_threshold": 100}, lambda m: m | np.roll(m, 5, axis=1)),
    "a higher threshold": (trimap, {"mask_threshold": 128}, lambda m: m),
    "the background": (levels(255), {"mask_foreground": [0]}, lambda m: ~m),
    "a colour": (on_white, {"mask_foreground": "#fa3253"}, lambda m: m),
    "alpha": (two_masks, {"mask_from": "alpha"}, lambda m: np.roll(m, 6, axis=1)),
    "colour": (two_masks, {"mask_from": "colour"}, lambda m: m),
    "levels of a TIFF": (white_at_zero, {"mask_foreground": [1]}, lambda m: m),
    "colours above a threshold": (colour(LABEL), {"mask_threshold": 111}, lambda m: m),
    "colours below a threshold": (colour(LABEL), {"mask_threshold": 112}, lambda m: m & False),
    "a palette above a threshold": (voc, {"mask_threshold": 191}, lambda m: m | outside(m)),
    "a palette above a higher one": (voc, {"mask_threshold": 192}, outside),
    "a colour beside alpha": (two_masks, {"mask_foreground": "#ffffff"}, lambda m: m),
    "void is foreground": (voc, {"mask_ignore": []}, lambda m: m | outside(m)),
}


@pytest.mark.parametrize(("writer", "options", "expected"), CHOSEN.values(), ids=CHOSEN)
def test_an_option_decides(
    tmp_path: Path, writer: Writer, options: dict[str, object], expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    files = written(tmp_path, writer)
    for number in range(4):
        foreground, valid = read(files, f"m{number}", **options)
        assert np.array_equal(foreground, expected(box(number)))
        assert valid.all()


def test_colours_in_jpeg_are_read_by_their_brightest_channel(tmp_path: Path) -> None:
    files = written(tmp_path, colour((250, 20, 20), "jpg"))
    foreground, _ = read(files, "m1", mask_threshold=125)
    assert (foreground != box(1)).mean() < 0.03, "compression changes pixels along the outline alone"


@pytest.mark.parametrize(
    "options",
    [
        {"mask_foreground": 1, "mask_threshold": 9},
        {"mask_ignore": 255, "mask_threshold": 9},
        {"mask_foreground": 1, "mask_from": "alpha"},
        {"mask_from": "index", "mask_threshold": 9},
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"keep one|leave out mask_threshold"):
        MaskOptions(**options)
    MaskOptions(mask_ignore=[], mask_threshold=9)


def test_ignored_values_leave_the_rest_as_it_is(tmp_path: Path) -> None:
    foreground, valid = read(written(tmp_path, trimap), "m0", mask_ignore=128)
    wide = box(0) | np.roll(box(0), 5, axis=1)
    assert np.array_equal(foreground, box(0))
    assert np.array_equal(~valid, wide & ~box(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask_foreground": [3]}, "No mask holds what mask_foreground names"),
        ({"mask_foreground": ["person"]}, "names 'person'"),
        ({"mask_foreground": [128], "mask_ignore": [128]}, "both name 128"),
        ({"mask_from": "index"}, "not a picture with a palette"),
    ],
)
def test_an_option_that_cannot_be_meant_is_told(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        decided(written(tmp_path, trimap), **options)
    assert error.value.hint


def test_the_levels_of_cdnet_are_known(tmp_path: Path) -> None:
    def cdnet(path: Path, mask: np.ndarray) -> None:
        labels = np.where(mask, 255, 0).astype(np.uint8)
        labels[:, 0], labels[:, 1], labels[:, 2] = 50, 85, 170
        Image.fromarray(labels).save(f"{path}.png")

    foreground, valid = read(written(tmp_path, cdnet), "m0")
    assert np.array_equal(foreground, box(0))
    assert valid[:, :4].all(0).tolist() == [True, False, False, True]


def test_a_value_that_no_file_held_is_told_of_its_file(tmp_path: Path) -> None:
    files = written(tmp_path, levels(7))
    meaning = decided(files)
    Image.fromarray(box(1).astype(np.uint8) * 9).save(files["m1"])
    with pytest.raises(DataError, match="m1 holds the value 9"):
        meaning.read(read_picture(files["m1"]), "m1")


def test_the_facts_of_files_are_kept_until_one_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path, levels(255))
    first = mask_census(files)
    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "load", lambda _: pytest.fail("pixels were decoded"))
        assert mask_census(files) == first
    Image.fromarray(box(0).astype(np.uint8)).save(files["m0"])
    assert mask_census(files) != first


def test_words_tell_what_was_decided(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert decided(written(tmp_path / "a", voc)).words == "palette: index 15 is foreground, 255 ignored"
    assert "#307020" in decided(written(tmp_path / "b", EXACT["colour"])).words
