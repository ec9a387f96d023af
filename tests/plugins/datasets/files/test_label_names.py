"""Which frames a label file is for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from image_files import write

from mdf.core.errors import DataError
from mdf.plugins.datasets.folder.dataset import Folder
from mdf.plugins.datasets.folder.labels import find_labels

SIZE = (20, 30)


def frames(root: Path, *names: str) -> Path:
    for name in names:
        write(root / "fg_bg" / f"{name}.png", np.zeros((*SIZE, 3)))
    write(root / "bg" / "all.png", np.zeros((*SIZE, 3)))
    return root


def rectangle(left: int) -> dict[str, object]:
    return {"label": "person", "shape_type": "rectangle", "points": [[left, 5], [left + 4, 9]]}


def labelme(path: Path, left: int = 3) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"shapes": [rectangle(left)], "imagePath": "x.png", "imageHeight": SIZE[0], "imageWidth": SIZE[1]}
    path.write_text(json.dumps(content))


def coco(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"id": n, "file_name": name, "height": SIZE[0], "width": SIZE[1]} for n, name in enumerate(names)]
    shape = [[3, 5, 7, 5, 7, 9, 3, 9]]
    drawn = [{"image_id": n, "category_id": 1, "segmentation": shape} for n in range(len(names))]
    categories = [{"id": 1, "name": "person"}]
    path.write_text(json.dumps({"images": images, "annotations": drawn, "categories": categories}))


def labelled(root: Path, *names: str) -> dict[str, str]:
    return {frame: label.name for frame, label in (find_labels(root, names) or {}).items()}


def test_a_label_file_beside_its_frame_is_for_no_other_frame_of_that_name(tmp_path: Path) -> None:
    frames(tmp_path, "cam1/0001", "cam2/0001", "cam2/0002")
    labelme(tmp_path / "fg_bg" / "cam1" / "0001.json")
    labelme(tmp_path / "fg_bg" / "cam2" / "0002.json", left=9)
    data = Folder(Folder.Config(), str(tmp_path))
    columns = np.flatnonzero(data.sample(2).targets["mask"][0].numpy().any(axis=0))
    assert (columns[0], columns[-1]) == (9, 12)
    with pytest.raises(DataError, match=r"cam2/0001\.png has no mask: no label file names it"):
        data.sample(1)


def test_an_image_that_could_be_several_frames_is_refused(tmp_path: Path) -> None:
    coco(tmp_path / "labels.json", "0001.png")
    with pytest.raises(DataError, match="several frames have this name: cam1/0001, cam2/0001"):
        find_labels(tmp_path, ["cam1/0001", "cam2/0001"])
    (tmp_path / "labels.json").unlink()
    labelme(tmp_path / "annotations" / "0001.json")
    with pytest.raises(DataError, match="several frames have this name"):
        find_labels(tmp_path, ["cam1/0001", "cam2/0001"])


def test_several_images_that_could_be_one_frame_are_refused(tmp_path: Path) -> None:
    coco(tmp_path / "labels.json", "a/0001.png", "b/0001.png")
    with pytest.raises(DataError, match="several images that could be 0001: a/0001, b/0001"):
        find_labels(tmp_path, ["0001"])


def test_paths_are_matched_by_their_ends(tmp_path: Path) -> None:
    coco(tmp_path / "labels.json", "images/train/cam1/0001.png", "cam2\\0001.jpg", "0003.png", "cam9/0004.png")
    assert labelled(tmp_path, "cam1/0001", "cam2/0001", "cam2/0003", "cam1/0004") == {
        "cam1/0001": "images/train/cam1/0001",
        "cam2/0001": "cam2/0001",
        "cam2/0003": "0003",
    }, "cam9/0004 is no image of cam1"


def test_label_files_that_are_called_as_splits_declare_them(tmp_path: Path) -> None:
    names = [f"{split}_{number}" for split in ("a", "b", "c") for number in range(2)]
    frames(tmp_path, *names)
    for split, files in {"train": names[:3], "val": names[3:5], "test": names[5:]}.items():
        coco(tmp_path / "annotations" / f"instances_{split}2017.json", *(f"{name}.jpg" for name in files))
    splits = Folder(Folder.Config(), str(tmp_path)).splits()
    assert (splits.train, splits.val, splits.test) == ([0, 1, 2], [3, 4], [5])


def test_label_files_of_other_names_declare_no_splits(tmp_path: Path) -> None:
    coco(tmp_path / "annotations" / "train_station.json", "0001.png")
    coco(tmp_path / "annotations" / "kitchen.json", "0002.png")
    labels = find_labels(tmp_path, ["0001", "0002"])
    assert labels is not None
    assert {label.split for label in labels.values()} == {None}


@pytest.mark.parametrize("name", ["labels/0001.txt", "annotations/0001.xml", "via_region_data.json"])
def test_labels_of_other_tools_are_told(tmp_path: Path, name: str) -> None:
    frames(tmp_path, "0001")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("<annotation/>" if name.endswith("xml") else "{}")
    with pytest.raises(DataError, match="is not read as labels: COCO's JSON") as error:
        Folder(Folder.Config(), str(tmp_path)).splits()
    assert name in error.value.message
