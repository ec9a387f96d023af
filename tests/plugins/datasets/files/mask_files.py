"""Masks as tools write them: each writer saves the same foreground in its own way, by a library of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
import tifffile
from PIL import Image

Foreground = np.ndarray
Writer = Callable[[Path, Foreground], None]
"""Saves a foreground (H×W bool) under a path that has no ending yet."""

DARK_RED, LABEL = (128, 0, 0), (48, 112, 32)


def levels(value: int, ending: str = "png", kind: type = np.uint8) -> Writer:
    """Grey levels, by OpenCV."""
    return lambda path, m: _written(cv2.imwrite(f"{path}.{ending}", m.astype(kind) * kind(value)))


def tiff(value: float, kind: type) -> Writer:
    """A TIFF of numbers of any type, by tifffile."""
    return lambda path, m: tifffile.imwrite(f"{path}.tif", m.astype(kind) * kind(value))


def array(kind: type, value: float = 1, ending: str = "npy") -> Writer:
    """A NumPy file."""

    def write(path: Path, m: Foreground) -> None:
        pixels = m.astype(kind) * kind(value) if kind is not bool else m
        np.save(f"{path}.npy", pixels) if ending == "npy" else np.savez_compressed(f"{path}.npz", mask=pixels)

    return write


def palette(index: int, colour: tuple[int, int, int], void: bool = False, ending: str = "png") -> Writer:
    """Palette indices, by Pillow; `void` draws index 255 around the foreground's upper left corner."""

    def write(path: Path, m: Foreground) -> None:
        indices = m.astype(np.uint8) * np.uint8(index)
        if void:
            indices[outside(m)] = 255
        image = Image.fromarray(indices, "P")
        colours = np.zeros((256, 3), np.uint8)
        colours[index], colours[255] = colour, (224, 224, 192) if void else (0, 0, 0)
        image.putpalette(colours.ravel().tolist())
        image.save(f"{path}.{ending}")

    return write


def colour(value: tuple[int, int, int], ending: str = "png") -> Writer:
    """Label colours on black, by imageio."""

    def write(path: Path, m: Foreground) -> None:
        pixels = np.zeros((*m.shape, 3), np.uint8)
        pixels[m] = value
        iio.imwrite(f"{path}.{ending}", pixels)

    return write


def alpha(mode: str, kept: Callable[[Foreground], np.ndarray]) -> Writer:
    """An alpha channel over colours that say nothing, or the same; by Pillow."""

    def write(path: Path, m: Foreground) -> None:
        pixels = np.dstack([kept(m), m.astype(np.uint8) * 255]).astype(np.uint8)
        Image.fromarray(pixels, mode).save(f"{path}.png")

    return write


def with_void(value: int, kind: type = np.uint8, void: int = 255) -> Writer:
    """Labels with pixels that do not count, by OpenCV."""

    def write(path: Path, m: Foreground) -> None:
        pixels = m.astype(kind) * kind(value)
        pixels[outside(m)] = void
        _written(cv2.imwrite(f"{path}.png", pixels))

    return write


def outside(m: Foreground) -> np.ndarray:
    """Some background pixels next to the foreground."""
    return np.roll(m, 1, axis=1) & ~m


def white(m: Foreground, channels: int = 3) -> np.ndarray:
    """One colour everywhere."""
    return np.full((*m.shape, channels), 255, np.uint8)


def grain(m: Foreground) -> np.ndarray:
    """A photograph."""
    return np.random.default_rng(1).integers(0, 256, (*m.shape, 3), np.uint8)


def _written(done: bool) -> None:
    assert done


EXACT: dict[str, Writer] = {
    "black and white PNG": levels(255),
    "black and white BMP": levels(255, "bmp"),
    "black and white PGM": levels(255, "pgm"),
    "black and white GIF": lambda path, m: Image.fromarray(m.astype(np.uint8) * 255).save(f"{path}.gif"),
    "one bit": lambda path, m: Image.fromarray(m).save(f"{path}.png"),
    "zeros and ones": levels(1),
    "a class of its own": levels(7),
    "grey 200": levels(200),
    "16 bits, whole range": levels(65535, kind=np.uint16),
    "16 bits, 255": levels(255, kind=np.uint16),
    "16 bits, an instance": levels(26001, kind=np.uint16),
    "TIFF of bytes": tiff(1, np.uint8),
    "TIFF of 16 bits": tiff(65535, np.uint16),
    "TIFF of floats": tiff(1, np.float32),
    "PGM of two levels": lambda path, m: Path(f"{path}.pgm").write_bytes(
        b"P5 %d %d 20\n" % m.shape[::-1] + (m.astype(np.uint8) * 3).tobytes()
    ),
    "NPY of true and false": array(bool),
    "NPY of int64": array(np.int64, 3),
    "NPZ of floats": array(np.float32, 1, "npz"),
    "palette": palette(1, DARK_RED),
    "palette in a GIF": palette(1, DARK_RED, ending="gif"),
    "palette, and void": palette(15, (192, 128, 128), void=True),
    "colour": colour(LABEL),
    "VOC in colours, and void": lambda path, m: (
        palette(15, (192, 128, 128), void=True)(path, m),
        Image.open(f"{path}.png").convert("RGB").save(f"{path}.png"),
    )[-1],
    "colour of one blue level": colour((0, 0, 1)),
    "grey in three channels": colour((255, 255, 255), "bmp"),
    "white, alpha": alpha("RGBA", white),
    "white, alpha, grey": alpha("LA", lambda m: white(m, 1)),
    "cut-out": alpha("RGBA", lambda m: grain(m) * m[..., None]),
    "cut-out that keeps its surroundings": alpha("RGBA", grain),
    "cut-out of one dark colour": alpha("RGBA", lambda m: np.where(m[..., None], (40, 60, 30), 0)),
    "colours on what is white and not seen": alpha("RGBA", lambda m: np.where(m[..., None], (250, 50, 83), 255)),
    "black, white and not seen around it": alpha("RGBA", lambda m: np.where(m[..., None], 0, 255) * np.ones(3, int)),
    "0, 1 and 255": with_void(1),
    "0, 9 and 255": with_void(9),
    "0, 1 and 65535": with_void(1, np.uint16, 65535),
}
VOID = ("palette, and void", "VOC in colours, and void", "0, 1 and 255", "0, 9 and 255", "0, 1 and 65535")
"""Writers that mark pixels which do not count."""
