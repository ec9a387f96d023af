"""What the user declared is followed: splits by column or folder, and tables as spreadsheets write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import noise, write

from mdf.core.errors import DataError
from mdf.core.splits import SplitOptions
from mdf.plugins.datasets.folder.dataset import Folder
from mdf.plugins.datasets.folder.declared import declared_splits, folder_splits
from mdf.plugins.datasets.folder.table import read_table

SIZE = (6, 8)


def opened(path: Path, **options: object) -> Folder:
    return Folder(Folder.Config(**options), str(path))


def room(root: Path, number: int, frames: int = 4, under: str = "", outer: str = "") -> None:
    write(root / outer / "bg" / under / f"room{number}.png", np.full((*SIZE, 3), 40 * number))
    for frame in range(frames):
        write(root / outer / "fg_bg" / under / f"room{number}_{frame}.png", noise(frame, *SIZE, 3))
        write(root / outer / "mask" / under / f"room{number}_{frame}.png", 255 * (noise(frame, *SIZE) > 200))


def names(data: Folder) -> dict[str, set[str]]:
    splits = data.splits()
    return {part: {data.sample(i).id for i in splits.of(part)} for part in ("train", "val", "test")}  # type: ignore[arg-type]


WORDS = {"train": "train", "Training": "train", "val": "val", "valid": "val", "VALIDATION": "val", "test": "test"}


@pytest.mark.parametrize("layout", ["fg_bg/train", "train/fg_bg"])
@pytest.mark.parametrize("val", ["val", "valid", "Validation"])
def test_folders_that_are_called_as_splits_are_splits(tmp_path: Path, layout: str, val: str) -> None:
    for number, part in enumerate(("train", "train", "train", val, "test")):
        where = {"under": part} if layout == "fg_bg/train" else {"outer": part}
        room(tmp_path, number, **where)
    data = opened(tmp_path)
    found = names(data)
    assert data.splits().by == "scene"
    assert found["test"] == {f"test/room4_{n}" for n in range(4)}
    assert found["val"] == {f"{val}/room3_{n}" for n in range(4)}
    assert len(found["train"]) == 12


def test_one_folder_of_backgrounds_serves_all_splits_and_is_told(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        room(tmp_path, 1, under=part)
    for part in ("train", "val", "test"):
        (tmp_path / "bg" / part / "room1.png").unlink()
        (tmp_path / "bg" / part).rmdir()
    write(tmp_path / "bg" / "room1.png", np.zeros((*SIZE, 3)))
    data = opened(tmp_path)
    assert (names(data)["test"], data.splits().by) == ({f"test/room1_{n}" for n in range(4)}, "time")


def test_folders_of_which_some_are_splits_are_refused(tmp_path: Path) -> None:
    for number, part in enumerate(("kitchen", "hall", "test")):
        room(tmp_path, number, under=part)
    with pytest.raises(DataError, match=r"frames lie in test/ as in a split, and others in hall, kitchen") as error:
        opened(tmp_path).splits()
    assert "split to scene" in error.value.hint
    assert opened(tmp_path, split="scene").splits().by == "scene"


def test_folders_that_are_no_splits_are_none() -> None:
    assert folder_splits(["kitchen/1", "hall/1"], "auto") is None
    assert folder_splits(["1", "2"], "auto") is None
    assert folder_splits(["train/1", "train/2"], "auto") is None


def table(
    root: Path, rows: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8", head: str = ""
) -> None:
    text = io.StringIO()
    text.write(head)
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    (root / "pairs.csv").write_bytes(text.getvalue().encode(encoding))


def rows(column: str = "split", words: tuple[str, ...] = ("test", "val", "train", "train")) -> list[dict[str, str]]:
    return [
        {
            "fg_bg": f"fg_bg/room{number}_{frame}.png",
            "bg": f"bg/room{number}.png",
            "mask": f"mask/room{number}_{frame}.png",
            column: word,
        }
        for number, word in enumerate(words)
        for frame in range(4)
    ]


def rooms(root: Path) -> Path:
    for number in range(4):
        room(root, number)
    return root


def test_a_column_of_splits_is_followed(tmp_path: Path) -> None:
    table(rooms(tmp_path), rows())
    data = opened(tmp_path)
    splits = data.splits()
    assert [sorted({data.sample(i).scene for i in splits.of(part)}) for part in ("train", "val", "test")] == [  # type: ignore[arg-type]
        ["bg/room2", "bg/room3"],
        ["bg/room1"],
        ["bg/room0"],
    ]
    before = data.fingerprint()
    table(tmp_path, rows(words=("train", "val", "test", "train")))
    assert opened(tmp_path).fingerprint() != before


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("head", ["", "sep"])
def test_tables_of_every_spreadsheet_are_one_table(tmp_path: Path, delimiter: str, encoding: str, head: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    table(rooms(tmp_path), rows(), delimiter, encoding, mark + (f"sep={delimiter}\r\n" if head else ""))
    bare = "utf-16-le" if encoding.startswith("utf-16") else "utf-8"
    with (tmp_path / "pairs.csv").open("ab") as file:
        file.write(f"{3 * delimiter}\r\n\r\n{3 * delimiter}\r\n".encode(bare))
    assert len(names(opened(tmp_path))["test"]) == 4
    assert len(read_table(tmp_path / "pairs.csv")) == 16


def test_names_are_found_whatever_their_slashes_case_and_unicode(tmp_path: Path) -> None:
    room(tmp_path, 1)
    for kind in ("fg_bg", "mask"):
        (tmp_path / kind / "room1_0.png").rename(tmp_path / kind / "Einfahrt-Su\u0308d.png")
    row = {"fg_bg": "fg_bg\\Einfahrt-S\u00fcd.png", "bg": "BG\\Room1.PNG", "mask": "mask/einfahrt-s\u00fcd.png"}
    table(tmp_path, [row])
    assert opened(tmp_path).sample(0).id == "fg_bg/Einfahrt-S\u00fcd"


@pytest.mark.parametrize("word", ["", "holdout"])
def test_a_row_without_a_split_is_told_and_in_none(tmp_path: Path, word: str) -> None:
    table(rooms(tmp_path), rows(words=("test", "val", "train", word)))
    data = opened(tmp_path)
    splits = data.splits()
    assert sorted([*splits.train, *splits.val, *splits.test]) == list(range(12))
    with pytest.raises(DataError, match=rf"line 14 of .*pairs\.csv has `{word}` in the column split"):
        data.sample(12)


def test_a_column_of_splits_by_another_name_is_not_passed_over(tmp_path: Path) -> None:
    table(rooms(tmp_path), rows("subset"))
    with pytest.raises(DataError, match="column `subset` that holds splits") as error:
        opened(tmp_path)
    assert "Call it split" in error.value.hint
    table(tmp_path, rows("weather", ("sun", "rain", "sun", "test")))
    assert len(opened(tmp_path)) == 16


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("subset", ("trainval", "trainval", "", "test_set")),
        ("is_test", ("0", "0", "0", "1")),
        ("is_train", ("TRUE", "TRUE", "FALSE", "FALSE")),
        ("Validation", ("no", "no", "no", "yes")),
    ],
)
def test_what_else_may_declare_a_split_is_not_passed_over(
    tmp_path: Path, column: str, words: tuple[str, str, str, str]
) -> None:
    table(rooms(tmp_path), rows(column, words))
    with pytest.raises(DataError, match="only the column `split` is followed"):
        opened(tmp_path)


def test_a_table_of_any_case_is_read_and_other_tables_are_refused(tmp_path: Path) -> None:
    table(rooms(tmp_path), rows())
    (tmp_path / "pairs.csv").rename(tmp_path / "Pairs.CSV")
    split = names(opened(tmp_path))
    assert split["test"] == {f"fg_bg/room0_{n}" for n in range(4)}
    for name in ("pairs.tsv", "pairs.csv.txt", "pairs.xlsx"):
        (tmp_path / "Pairs.CSV").rename(tmp_path / name)
        with pytest.raises(DataError, match=f"{name} is there, and only pairs.csv is read") as error:
            opened(tmp_path)
        assert "Save it as pairs.csv" in error.value.hint
        (tmp_path / name).rename(tmp_path / "Pairs.CSV")


def listed(root: Path, place: str, **lists: list[str]) -> None:
    (root / place).mkdir(parents=True, exist_ok=True)
    for name, lines in lists.items():
        (root / place / f"{name}.txt").write_text("\n".join(["", *lines, ""]), encoding="utf-8-sig")


@pytest.mark.parametrize("place", ["", "splits", "ImageSets/Main"])
@pytest.mark.parametrize("form", ["{}", "fg_bg/{}.png", "./{}.jpg", "{}  1", "set\\fg_bg\\{}.png"])
def test_lists_of_frames_are_splits(tmp_path: Path, place: str, form: str) -> None:
    rooms(tmp_path)
    frames = [[form.format(f"room{room}_{n}") for n in range(4)] for room in range(4)]
    listed(tmp_path, place, train=frames[0] + frames[1], valid=frames[2], test=[*frames[3], "elsewhere_7"])
    listed(tmp_path, place, trainval=[name for room in frames[:3] for name in room])
    found = names(opened(tmp_path))
    assert found["test"] == {f"room3_{n}" for n in range(4)}
    assert found["val"] == {f"room2_{n}" for n in range(4)}
    assert len(found["train"]) == 8


def test_a_list_of_both_is_training_where_it_stands_alone(tmp_path: Path) -> None:
    rooms(tmp_path)
    frames = [[f"room{room}_{n}" for n in range(4)] for room in range(4)]
    listed(tmp_path, "", trainval=[name for room in frames[:3] for name in room], test=frames[3])
    found = names(opened(tmp_path, gap=0))
    assert found["test"] == set(frames[3])
    assert found["train"] | found["val"] == {name for room in frames[:3] for name in room}


def test_a_text_that_names_no_frame_is_no_list(tmp_path: Path) -> None:
    listed(rooms(tmp_path), "", test=["what was tested on Monday"])
    assert len(names(opened(tmp_path))["train"]) == 8


def test_a_frame_in_two_lists_is_refused(tmp_path: Path) -> None:
    listed(rooms(tmp_path), "", train=["room0_0", "room0_1"], test=["room0_1"])
    with pytest.raises(DataError, match="both name room0_1"):
        opened(tmp_path)


def test_another_split_than_the_declared_one_is_refused(tmp_path: Path) -> None:
    table(rooms(tmp_path), rows())
    with pytest.raises(DataError, match="split by hand, and split = scene would split them again") as error:
        opened(tmp_path, split="scene").splits()
    assert "take away the column" in error.value.hint


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["train", "val", "test"]), min_size=4, max_size=9), st.booleans())
def test_a_test_set_by_hand_is_never_trained_on(words: list[str], one_camera: bool) -> None:
    scenes = ["hall" if one_camera else f"room{n}" for n in range(len(words)) for _ in range(6)]
    declared = [word for word in words for _ in range(6)]
    try:
        splits = declared_splits(scenes, declared, SplitOptions(gap=1), "folder")  # type: ignore[arg-type]
    except DataError:
        assert "train" not in words or words.count("train") < 3
        return
    for part in ("train", "val", "test"):
        mine = {i for i, word in enumerate(declared) if word == part}
        got = set(splits.of(part))  # type: ignore[arg-type]
        if part == "train":
            assert got <= mine, "no sample is trained on that was declared for something else"
        elif mine:
            assert got == mine
        else:
            assert got, "a split that was not declared is taken from the training samples"
            assert got <= {i for i, word in enumerate(declared) if word == "train"}
    assert not set(splits.train) & set(splits.val) | set(splits.train) & set(splits.test)
    shared = {scenes[i] for i in splits.train} & ({scenes[i] for i in splits.val} | {scenes[i] for i in splits.test})
    assert splits.by == "time" if shared else splits.by in ("scene", "time")


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8), min_size=2, max_size=5))
def test_any_cell_is_read_as_it_was_written(cells: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for delimiter in ",;\t":
            table(Path(folder), [{"fg_bg": cell or "x", "bg": "b"} for cell in cells], delimiter)
            found = [row.files["fg_bg"] for row in read_table(Path(folder) / "pairs.csv")]
            assert found == [cell.strip() if cell else "x" for cell in cells]
