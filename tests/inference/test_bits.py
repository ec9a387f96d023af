"""Images of more than 8 bits that are predicted on: what is lost is told."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mdf.inference.bits import bits_warnings
from mdf.inference.inputs import to_tensor


def image(path: Path, levels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), levels)
    return path


def told(background: Path, *frames: Path, limits: tuple[int, int] | None = None) -> str:
    bg = to_tensor(background, "the background", limits)
    return " / ".join(bits_warnings(background, bg, frames, limits))


def test_levels_that_are_lost_are_told_unless_a_range_keeps_them(tmp_path: Path) -> None:
    narrow = 3000 + np.arange(480, dtype=np.uint16).reshape(20, 24)
    background, frame = image(tmp_path / "bg.png", narrow), image(tmp_path / "a.png", narrow)
    assert "3 levels remain" in told(background, frame)
    assert "frame_range=percentile" in told(background, frame)
    assert told(background, frame, limits=(3000, 3480)) == ""
    wide = image(tmp_path / "wide.png", narrow * 18)
    assert told(wide, wide) == ""


def test_other_bits_than_the_background_are_told(tmp_path: Path) -> None:
    wide = np.arange(0, 65536, 128, dtype=np.uint16).reshape(16, 32)
    deep, plain = image(tmp_path / "deep.png", wide), image(tmp_path / "plain.png", (wide >> 8).astype(np.uint8))
    assert "1 of 2 images have other bits than their background" in told(deep, deep, plain)
    assert "1 of 1 images" in told(plain, deep)
    assert told(plain, plain) == told(deep, deep) == ""
