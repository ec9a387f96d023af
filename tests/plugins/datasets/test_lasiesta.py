"""LASIESTA: frames and coloured labels in folders beside each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from built_in_data import FRAMES, SCENES, make_folder, make_lasiesta
from PIL import Image

from mdf.core.errors import DataError
from mdf.plugins.datasets.lasiesta.dataset import Lasiesta
from mdf.plugins.datasets.real.dataset import RealScenes

LABELS = {"black": 0, "red": 1, "lime": 1, "yellow": 1, "white": 1, (128, 128, 128): None}
"""Each colour: foreground, background, or not known."""


def sequence(root: Path, name: str = "I_SI_01", frames: range = range(9, 13)) -> Path:
    """Frame n of level n; the first pixels of each truth have every colour. Frame 10 comes after frame 9."""
    (root / name / name).mkdir(parents=True)
    (root / name / f"{name}-GT").mkdir()
    for number in frames:
        Image.new("RGB", (8, 6), (number,) * 3).save(root / name / name / f"{name}-{number}.bmp")
        truth = Image.new("RGB", (8, 6))
        for at, colour in enumerate(LABELS):
            truth.paste(colour, (at, 0, at + 1, 1))
        truth.save(root / name / f"{name}-GT" / f"{name}-GT_{number}.png")
    return root


def opened(root: Path, **options: object) -> Lasiesta:
    return Lasiesta(Lasiesta.Config(split="none", **options), str(root))


def test_colours_are_what_lasiesta_says(tmp_path: Path) -> None:
    batch = opened(sequence(tmp_path)).read([1])
    mask, valid = batch.targets["mask"][0, 0], batch.valid["mask"][0, 0]
    for at, meaning in enumerate(LABELS.values()):
        assert bool(valid[0, at]) == (meaning is not None)
        if meaning is not None:
            assert int(mask[0, at]) == meaning
    assert int(batch.fg_bg[0, 0, 0, 0]) == 10
    assert (batch.ids, batch.scenes, batch.tags) == (("I_SI_01/I_SI_01-10",), ("I_SI_01",), (frozenset({"I_SI"}),))


def test_frames_need_no_labels_and_labels_need_frames(tmp_path: Path) -> None:
    root = sequence(tmp_path)
    (root / "I_SI_01" / "I_SI_01-GT" / "I_SI_01-GT_9.png").unlink()
    assert len(opened(root)) == 3
    (root / "I_SI_01" / "I_SI_01" / "I_SI_01-11.bmp").unlink()
    with pytest.raises(DataError, match=r"I_SI_01-GT_11.png has no frame"):
        opened(root)


def test_a_colour_that_means_nothing_is_an_error(tmp_path: Path) -> None:
    root = sequence(tmp_path)
    path = root / "I_SI_01" / "I_SI_01-GT" / "I_SI_01-GT_9.png"
    Image.fromarray(np.full((6, 8, 3), (0, 0, 200), np.uint8)).save(path)
    with pytest.raises(DataError, match=r"#0000c8 at 48 pixels"):
        opened(root).read([0])


def test_moving_cameras_are_used_only_where_they_are_named(tmp_path: Path) -> None:
    root = sequence(sequence(tmp_path), "I_MC_01")
    assert {opened(root).read([i]).scenes[0] for i in range(4)} == {"I_SI_01"}
    assert opened(root, videos=("I_MC*",)).read([0]).scenes == ("I_MC_01",)
    with pytest.raises(DataError, match=r"no sequence is called 'I_SL\*'"):
        opened(root, videos=("I_SL*",))


def test_labels_count_for_the_fingerprint(tmp_path: Path) -> None:
    root = sequence(tmp_path)
    before = opened(root).fingerprint()
    Image.new("RGB", (8, 6)).save(root / "I_SI_01" / "I_SI_01-GT" / "I_SI_01-GT_9.png")
    assert opened(root).fingerprint() != before


def test_real_finds_its_sequences(tmp_path: Path) -> None:
    root = sequence(make_lasiesta(tmp_path / "lasiesta"), "O_MC_01")
    data = RealScenes(RealScenes.Config(), str(tmp_path))
    assert len(data) == SCENES * FRAMES
    found = {data.read([index]).scenes[0] for index in range(len(data))}
    assert found == {f"I_SI_{number:02d}" for number in range(1, SCENES + 1)}
    assert root.is_dir()


def test_two_sequences_of_one_name_are_never_taken_for_one(tmp_path: Path) -> None:
    root = sequence(tmp_path)
    sequence(root / "old", frames=range(20, 22))
    with pytest.raises(DataError, match=r"old.* have one name"):
        opened(root)
    data = RealScenes(RealScenes.Config(), str(root))
    found = {data.read([index]).ids[0]: int(data.read([index]).fg_bg[0, 0, 0, 0]) for index in range(len(data))}
    assert sorted(found.values()) == [9, 10, 11, 12, 20, 21]
    assert all(name.endswith(f"-{level}") for name, level in found.items())


def test_real_opens_a_sequence_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    assert len(RealScenes(RealScenes.Config(), str(sequence(tmp_path, "door[1]")))) == 4


def test_real_reads_pairs_as_such_beside_a_folder_of_labels(tmp_path: Path) -> None:
    own = make_folder(tmp_path / "own")
    expected = len(RealScenes(RealScenes.Config(), str(own)))
    (tmp_path / "own_GT").mkdir()
    assert len(RealScenes(RealScenes.Config(), str(tmp_path))) == expected
