"""Labels of COCO, LabelMe and CVAT, drawn; against COCO's own tools."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import write
from PIL import Image
from pycocotools import mask as coco_tools

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.labels.runs import coco_runs, flat_runs, unpacked
from mdf.plugins.datasets.files.labels.shapes import Ellipse, Patch, Polygon, box
from mdf.plugins.datasets.files.masks.label_files import describe, draw, read_labels
from mdf.plugins.datasets.files.masks.options import MaskOptions
from mdf.plugins.datasets.folder.dataset import Folder

pytestmark = pytest.mark.filterwarnings("ignore:__array__")  # pycocotools' own
SIZE = (20, 30)
BOX = np.zeros(SIZE, bool)
BOX[5:12, 10:26] = True
CORNERS = [10.0, 5.0, 26.0, 5.0, 26.0, 12.0, 10.0, 12.0]


def as_array(polygon: list[float]) -> tuple[tuple[float, float], ...]:
    return tuple(zip(polygon[::2], polygon[1::2], strict=True))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_run_lengths_are_those_of_coco(height: int, width: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    packed = coco_tools.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert np.array_equal(coco_runs(packed, (height, width)), mask)
    assert np.array_equal(coco_runs(unpacked(packed), (height, width)), mask)


def test_long_runs_are_unpacked() -> None:
    mask = np.zeros((900, 1200), np.uint8)
    mask[100:700, 300:900], mask[800, 5] = 1, 1
    packed = coco_tools.encode(np.asfortranarray(mask))["counts"].decode()
    assert np.array_equal(coco_runs(packed, mask.shape), mask.astype(bool))


@pytest.mark.parametrize("counts", ["0", "o", "~~", "", [3, 4], [-1, 601], [600, 1]])
def test_run_lengths_that_do_not_fit_are_refused(counts: object) -> None:
    with pytest.raises(ValueError, match="run lengths"):
        coco_runs(counts, SIZE)  # type: ignore[arg-type]


@given(st.integers(0, 29), st.integers(0, 19), st.integers(1, 40), st.integers(1, 40))
def test_a_box_covers_its_pixels_and_no_more(left: int, top: int, width: int, height: int) -> None:
    expected = np.zeros(SIZE, bool)
    expected[top : top + height, left : left + width] = True
    drawn = box(left, top, left + width, top + height).draw(SIZE)
    assert np.array_equal(drawn, expected)
    polygon = [left, top, left + width, top, left + width, top + height, left, top + height]
    official = coco_tools.decode(coco_tools.merge(coco_tools.frPyObjects([polygon], *SIZE))).astype(bool)
    assert np.array_equal(drawn, official)


def test_a_centre_on_an_outline_is_of_the_shape_to_its_right_and_below() -> None:
    expected = np.zeros(SIZE, bool)
    expected[3:8, 2:10] = True
    assert np.array_equal(box(2.5, 3.5, 10.5, 8.5).draw(SIZE), expected)
    tiles = [
        box(x, y, x + 3, y + 2).draw(SIZE).astype(int) for x in np.arange(0.5, 27, 3) for y in np.arange(0.5, 18, 2)
    ]
    assert np.unique(sum(tiles)[1:17, 1:27]).tolist() == [1], "neighbours share no pixel and leave none between"


@given(st.integers(0, 2**32 - 1), st.integers(3, 9))
def test_polygons_are_cocos_but_for_outlines(seed: int, corners: int) -> None:
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radius = random.uniform(25, 60, corners)
    points = np.stack([70 + radius * np.cos(angles), 65 + radius * np.sin(angles)], axis=1)
    drawn = Polygon(tuple(map(tuple, points))).draw((130, 140))
    official = coco_tools.decode(coco_tools.merge(coco_tools.frPyObjects([points.ravel().tolist()], 130, 140)))
    length = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1).sum()
    assert (drawn != official.astype(bool)).sum() <= length, "a pixel along the outline"


@given(st.integers(0, 2**32 - 1))
def test_a_shape_beyond_the_image_is_cut_off(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-40, 60, (6, 2))
    large = Polygon(tuple(map(tuple, points + 100))).draw((300, 300))[100:120, 100:130]
    assert np.array_equal(Polygon(tuple(map(tuple, points))).draw(SIZE), large)


def test_ellipses_and_turned_boxes() -> None:
    y, x = np.mgrid[:20, :30] + 0.5
    assert np.array_equal(Ellipse((12, 9), (5, 3)).draw(SIZE), ((x - 12) / 5) ** 2 + ((y - 9) / 3) ** 2 <= 1)
    assert np.array_equal(Ellipse((12, 9), (5, 3), 90).draw(SIZE), Ellipse((12, 9), (3, 5)).draw(SIZE))
    assert np.array_equal(box(8, 6, 16, 10, 90).draw(SIZE), box(10, 4, 14, 12).draw(SIZE))
    clockwise = box(5, 8, 25, 10, 30).draw(SIZE)
    assert clockwise[12, 22]
    assert not clockwise[5, 22], "clockwise as people see it: the right end goes down"
    assert Patch(np.ones((5, 5), bool), (28, -2)).draw(SIZE).sum() == 6


def coco(name: str, **more: object) -> dict[str, object]:
    return {
        "images": [{"id": 3, "file_name": f"{name}.png", "height": SIZE[0], "width": SIZE[1]}],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "glass"}],
        "annotations": [{"image_id": 3, "category_id": 1, "segmentation": [CORNERS], **more}],
    }


def labelme(name: str) -> dict[str, object]:
    shape = {"label": "person", "shape_type": "polygon", "points": as_array(CORNERS)}
    return {"shapes": [shape], "imagePath": f"{name}.png", "imageHeight": SIZE[0], "imageWidth": SIZE[1]}


def cvat(name: str, shape: str = "") -> str:
    points = ";".join(f"{x},{y}" for x, y in as_array(CORNERS))
    shape = shape or f'<polygon label="person" points="{points}"/>'
    image = f'<image id="0" name="{name}.png" width="{SIZE[1]}" height="{SIZE[0]}">{shape}</image>'
    return f'<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>{image}</annotations>'


def label_file(root: Path, kind: str, name: str = "a") -> Path:
    path = root / {"coco": "instances.json", "labelme": f"{name}.json", "cvat": "annotations.xml"}[kind]
    if kind == "cvat":
        path.write_text(cvat(name), encoding="utf-8")
    else:
        path.write_text(json.dumps({"coco": coco, "labelme": labelme}[kind](name)), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["coco", "labelme", "cvat"])
def test_a_polygon_of_each_tool_is_the_same_mask(tmp_path: Path, kind: str) -> None:
    path = label_file(tmp_path, kind)
    assert np.array_equal(draw(path, "a", SIZE, MaskOptions()).values, BOX)
    assert "person" in describe([path], MaskOptions())


def rle(mask: np.ndarray) -> str:
    """CVAT's run lengths: row after row, outside first."""
    flat = np.concatenate([[False], mask.ravel(), [not mask.ravel()[-1]]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return ",".join(map(str, np.diff(np.concatenate([[0], changes]))))


@given(st.integers(0, 2**32 - 1))
def test_cvats_run_lengths(seed: int) -> None:
    mask = np.random.default_rng(seed).random((5, 8)) < 0.5
    counts = [int(count) for count in rle(mask).split(",")]
    assert np.array_equal(flat_runs(counts, 40).reshape(5, 8), mask)


def test_cvats_other_shapes(tmp_path: Path) -> None:
    shapes = {
        '<box label="a" xtl="10" ytl="5" xbr="26" ybr="12"/>': BOX,
        '<ellipse label="a" cx="12" cy="9" rx="5" ry="3"/>': Ellipse((12, 9), (5, 3)).draw(SIZE),
        f'<mask label="a" left="10" top="5" width="16" height="7" rle="0,{7 * 16}"/>': BOX,
    }
    for number, (shape, expected) in enumerate(shapes.items()):
        path = tmp_path / f"{number}.xml"
        path.write_text(cvat("a", shape))
        assert np.array_equal(draw(path, "a", SIZE, MaskOptions()).values, expected)


@pytest.mark.parametrize("level", [1, 255])
def test_labelmes_other_shapes(tmp_path: Path, level: int) -> None:
    picture = io.BytesIO()
    Image.fromarray(np.full((7, 16), level, np.uint8)).save(picture, "PNG")
    shapes = {
        "rectangle": ([[26, 12], [10, 5]], BOX),
        "rotation": ([[10, 5], [26, 5], [26, 12], [10, 12]], BOX),
        "circle": ([[12, 9], [12, 14]], Ellipse((12, 9), (5, 5)).draw(SIZE)),
        "mask": ([[10, 5], [25, 11]], BOX),
    }
    for kind, (points, expected) in shapes.items():
        content = labelme("a")
        pixels = base64.b64encode(picture.getvalue()).decode() if kind == "mask" else None
        content["shapes"] = [{"label": "x", "shape_type": kind, "points": points, "mask": pixels}]
        (tmp_path / f"{kind}.json").write_text(json.dumps(content))
        assert np.array_equal(draw(tmp_path / f"{kind}.json", kind, SIZE, MaskOptions()).values, expected), kind


def test_coco_run_lengths_and_categories(tmp_path: Path) -> None:
    content = coco("a")
    packed = coco_tools.encode(np.asfortranarray(np.roll(BOX, 5, axis=0).astype(np.uint8)))
    other = {"size": list(SIZE), "counts": packed["counts"].decode()}
    content["annotations"].append({"image_id": 3, "category_id": 2, "segmentation": other})  # type: ignore[attr-defined]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    glass = np.roll(BOX, 5, axis=0)
    assert np.array_equal(draw(path, "a", SIZE, MaskOptions()).values, BOX | glass)
    person = draw(path, "a", SIZE, MaskOptions(mask_foreground="person")).values
    assert np.array_equal(person, BOX)
    ignored = draw(path, "a", SIZE, MaskOptions(mask_ignore=["glass"])).values
    assert np.array_equal(ignored == 1, BOX & ~glass)
    assert np.array_equal(ignored == 255, glass)
    with pytest.raises(DataError, match="No label file holds a category") as error:
        describe([path], MaskOptions(mask_foreground="cat"))
    assert "glass, person" in error.value.hint


BROKEN: dict[str, tuple[str, str]] = {
    "x.json": ("{", "cannot be read as labels"),
    "deep.json": ("[" * 200_000, "cannot be read as labels"),
    "counts.json": (json.dumps(coco("a", segmentation={"size": [20, 30], "counts": [1, 2]})), "run lengths of 3"),
    "image.json": (json.dumps({**coco("a"), "images": []}), "does not list"),
    "twice.json": (
        json.dumps({**coco("a"), "images": [*coco("a")["images"], {"id": 4, "file_name": "a.jpg"}]}),
        "twice",
    ),
    "size.json": (
        json.dumps(coco("a", segmentation={"size": [10**9, 10**9], "counts": []})),
        "cannot be read as labels",
    ),
    "nan.json": (json.dumps(coco("a", segmentation=[[float("nan")] * 6])), "not finite numbers"),
    "bomb.json": (json.dumps(coco("a", segmentation={"size": [99999, 99999], "counts": [99999**2]})), "are not drawn"),
    "png.json": (
        json.dumps(
            {
                **labelme("a"),
                "shapes": [{"label": "x", "shape_type": "mask", "points": [[0, 0], [1, 1]], "mask": "AAAA"}],
            }
        ),
        "is not a PNG",
    ),
    "entity.xml": ('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "document type or entities"),
    "other.xml": ("<svg/>", "not <annotations>"),
    "cut.xml": (cvat("a")[:-30], "cannot be read as labels"),
    "bare.xml": (cvat("a", '<box label="x" xtl="1"/>'), "has no 'ytl'"),
}


@pytest.mark.parametrize(("name", "content", "message"), [(n, *b) for n, b in BROKEN.items()], ids=BROKEN)
def test_a_broken_label_file_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message) as error:
        read_labels(tmp_path / name)
    assert name in error.value.message
    assert error.value.hint


def test_a_shape_without_area_is_told_unless_it_is_left_out(tmp_path: Path) -> None:
    content = coco("a")
    content["annotations"].append({"image_id": 3, "category_id": 2, "bbox": [1, 1, 4, 4]})  # type: ignore[attr-defined]
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="a bounding box is drawn as `glass`, which has no area") as error:
        draw(tmp_path / "a.json", "a", SIZE, MaskOptions())
    assert "mask_foreground" in error.value.hint
    assert draw(tmp_path / "a.json", "a", SIZE, MaskOptions(mask_foreground="person")).values.any()


def test_json_of_other_things_is_no_label_file(tmp_path: Path) -> None:
    for content in ({}, {"images": 3}, [1], {"shapes": []}):
        (tmp_path / "a.json").write_text(json.dumps(content))
        assert read_labels(tmp_path / "a.json") is None


@pytest.mark.parametrize("kind", ["coco", "labelme", "cvat"])
@pytest.mark.parametrize("place", [".", "annotations", "mask"])
def test_a_folder_finds_its_labels(tmp_path: Path, kind: str, place: str) -> None:
    for frame in ("room1_1", "room1_2"):
        write(tmp_path / "fg_bg" / f"{frame}.png", np.zeros((*SIZE, 3)))
    write(tmp_path / "bg" / "room1.png", np.zeros((*SIZE, 3)))
    (tmp_path / place).mkdir(exist_ok=True)
    if kind == "labelme" and place == ".":
        place = "fg_bg"
    label_file(tmp_path / place, kind, "room1_1")
    data = Folder(Folder.Config(), str(tmp_path))
    assert np.array_equal(data.sample(0).targets["mask"][0].numpy(), BOX)
    assert "person" in data.read_as()["mask"]
    with pytest.raises(DataError, match=r"room1_2\.png has no mask: no label file names it"):
        data.sample(1)


def test_json_and_xml_of_other_things_beside_frames_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "fg_bg" / "a.png", np.zeros((*SIZE, 3)))
    write(tmp_path / "bg" / "a.png", np.zeros((*SIZE, 3)))
    (tmp_path / "camera.json").write_text("// no JSON")
    (tmp_path / "fg_bg" / "a.xml").write_text("<annotation><object/></annotation>")
    assert Folder(Folder.Config(), str(tmp_path)).tasks == ()
    (tmp_path / "instances.json").write_text('{"annotations": [')
    with pytest.raises(DataError, match="cannot be read as labels"):
        Folder(Folder.Config(), str(tmp_path))


def test_labels_that_name_a_frame_twice_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "fg_bg" / "a.png", np.zeros((*SIZE, 3)))
    write(tmp_path / "bg" / "a.png", np.zeros((*SIZE, 3)))
    label_file(tmp_path, "coco"), label_file(tmp_path, "cvat")
    with pytest.raises(DataError, match="both hold labels of a"):
        Folder(Folder.Config(), str(tmp_path))
