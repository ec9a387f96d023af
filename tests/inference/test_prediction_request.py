"""What may be asked of `mdf predict`, and names that never leave their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError
from mdf.inference.request import PredictionRequest, result_names, safe_name


def request(*frames: str, background: str = "bg.jpg", **more: object) -> PredictionRequest:
    return PredictionRequest(Path("run"), tuple(map(Path, frames)), background, Path("out"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fine",
    [
        request("a.jpg", "b.PNG"),
        request("street.mp4", background="auto"),
        request("street.mp4", background="12", start=3, stop=9, each_frame=True),
        request("street", background="bg.png"),
        request("a.jpg", background="²"),  # a digit and no number: a file may be called so
    ],
)
def test_images_or_one_video(fine: PredictionRequest) -> None:
    fine.check()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (request(), "nothing to predict on"),
        (request("a.jpg", "b.mp4"), "b.mp4 is not an image"),
        (request("a.mp4", "b.mp4"), "a.mp4 is not an image"),
        (request("a.jpg", background="auto"), "an image of the empty scene"),
        (request("a.jpg", background="3"), "an image of the empty scene"),
        (request("a.jpg", start=2), "are for videos"),
        (request("a.jpg", each_frame=True), "are for videos"),
        (request("a.mp4", start=5, stop=5), "no frames from 5 to 5"),
        (request("a.jpg", cloud=True), "needs the camera's intrinsics"),
        (request("a.jpg", fov=60.0, intrinsics=Path("camera.yaml")), "the same thing twice"),
        (request("a.jpg", fov=0.5), "0.5° is no field of view"),
        (request("a.mp4", cloud=True, fov=60.0), "one file a frame"),
    ],
)
def test_what_does_not_go_together_is_told(wrong: PredictionRequest, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        wrong.check()
    assert error.value.hint


@given(st.lists(st.text(min_size=1).filter(lambda text: "\0" not in text), max_size=6))
def test_names_are_files_of_one_folder_and_never_twice_the_same(texts: list[str]) -> None:
    names = result_names([Path(text) for text in texts])
    assert len({name.casefold() for name in names}) == len(texts)
    for name in names:
        assert name == Path(name).name
        assert not name.startswith(".")
        assert not set(name) & set('/\\:*?"<>|\n\0')


def test_names_from_several_folders_are_numbered() -> None:
    paths = [Path(p) for p in ("a/x.jpg", "b/x.jpg", "x_2.jpg", "X.png")]
    assert result_names(paths) == ["x", "x_2", "x_2_2", "X_3"]
    assert safe_name("../../etc") == "_.._etc"
