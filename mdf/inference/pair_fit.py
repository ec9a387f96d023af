"""Whether a frame and its background belong together: the same view, by structure that light does not change.

Both are looked at as small grey images. Where the background has texture, the local normalised cross-correlation of the
two says whether the frame shows it too. An object hides some of it, another view nearly all. A camera that has moved is
found by phase correlation of the gradients (the translation of B. S. Reddy, B. N. Chatterji, “An FFT-based technique
for translation, rotation, and scale-invariant image registration”, IEEE Transactions on Image Processing 5, 1996).
docs/how-to/predict.md says what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft, ndimage
from torch import Tensor

from mdf.engine.prepare.resize import resize_images
from mdf.engine.prepare.shift import Shift
from mdf.engine.prepare.steady import Steadier, moved_scenes

SIDE = 192
"""Pixels of the longer side of what is looked at."""
WINDOW = 9
"""Side of the squares that are correlated."""
TEXTURE = 6.0
"""Levels of standard deviation from which a square has texture."""
LEAST_TEXTURE = 0.02
"""Share of the background that must have texture: with less nothing is said of the view."""
ALIKE = 0.6
"""Correlation from which two squares show the same."""
SAME_VIEW = 0.2
"""Share of the background's texture that must be found. Frames of 10 real scenes show 0.35 or more of it, other scenes
0.13 or less."""
NEAREST, SMALL_SHIFT = 4, 2
"""Shifts below so many pixels of the frame, or of what is looked at, are shake, which networks learn to see past."""
CLEARER = 0.15
"""How much more of the texture must be found once the shift is undone."""
DARKEST, BRIGHTEST = 0.25, 4.0
"""How many times the background's contrast a frame may have: that is what can be taken out of it."""
UNIFORM = 3.0
"""Levels of standard deviation below which a frame shows nothing."""
FULL = 0.9
"""Share of a picture from which foreground is no object any more."""

Grey = NDArray[np.float32]
Gradient = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class PairFit:
    """How a frame fits its background.

    Attributes:
        structure: share 0–1 of the background's texture that the frame shows too; None where it has too little.
        moved: pixels of the frame, right and down, that the view seems to have moved by; (0, 0) where it has not. A
            shift that sessions take out is no reason for a warning.
        contrast: of the frame, in multiples of the background's, where both show the same; None where nothing does.
        foreground: share 0–1 of the frame that is called foreground; None where no task tells it.
        warning: why the two seem not to belong together; "" where they do.
    """

    structure: float | None
    moved: tuple[int, int]
    contrast: float | None
    foreground: float | None
    warning: str


class PairChecker:
    """Compares frames with one background, 3×H×W uint8; what depends on that alone is computed once.

    A frame that does not fit is compared again with the scene as sessions see it: moved along with the camera.
    """

    def __init__(self, background: Tensor) -> None:
        self._images = background[None]
        self._steadier = Steadier(self._images)
        self._size = background.shape[-2], background.shape[-1]
        self._background = _reduced(background)
        self._spectrum = fft.fft2(_gradient(self._background))

    def __call__(self, frame: Tensor, foreground: float | None = None) -> PairFit:
        """How `frame`, 3×H×W uint8 of the background's size, fits; `foreground` is the share called so."""
        fit = self._fit(frame, foreground)
        shift = self._steadier(frame[None])[0] if fit.warning else None
        return fit if shift is None else self._steadied(frame, foreground, shift)

    def _steadied(self, frame: Tensor, foreground: float | None, shift: Shift) -> PairFit:
        """How `frame` fits the background that is moved by `shift`."""
        size = self._steadier.size
        scene, small = (resize_images(images, size) for images in (self._images, frame[None]))
        fit = PairChecker(moved_scenes(scene, [shift], size)[0])._fit(small[0], foreground)
        right, down = shift.right * self._size[1] / size[1], shift.down * self._size[0] / size[0]
        return replace(fit, moved=(round(right), round(down)))

    def _fit(self, frame: Tensor, foreground: float | None) -> PairFit:
        """How `frame` fits the background as it is."""
        grey = _reduced(frame)
        structure, contrast = _agreement(self._background, grey)
        moved = (0, 0)
        if structure is not None:
            shift = self._shift(grey)
            undone = _agreement(*_overlap(self._background, grey, shift))[0] or 0.0
            if max(map(abs, shift)) >= SMALL_SHIFT and undone >= max(SAME_VIEW, structure + CLEARER):
                moved = self._in_pixels(shift)
        fit = PairFit(structure, moved, contrast, foreground, "")
        return PairFit(structure, moved, contrast, foreground, _warning(fit, float(grey.std()), float(grey.mean())))

    def _shift(self, grey: Grey) -> tuple[int, int]:
        """The shift down and right, in pixels of what is looked at, that correlates best."""
        cross = self._spectrum.conj() * fft.fft2(_gradient(grey))
        size = np.abs(cross)
        peaks = fft.ifft2(cross / (size + 1e-6 * size.max() + 1e-12)).real
        down, right = np.unravel_index(int(peaks.argmax()), peaks.shape)
        height, width = peaks.shape
        return int((down + height // 2) % height - height // 2), int((right + width // 2) % width - width // 2)

    def _in_pixels(self, shift: tuple[int, int]) -> tuple[int, int]:
        """The shift right and down in pixels of the frame; (0, 0) for shake."""
        scale = max(self._size) / max(self._background.shape)
        down, right = (round(part * scale) for part in shift)
        return (right, down) if max(abs(right), abs(down)) >= NEAREST else (0, 0)


def _warning(fit: PairFit, deviation: float, mean: float) -> str:
    seen = fit.structure is not None and fit.structure >= SAME_VIEW
    if seen and fit.contrast is not None and not DARKEST <= fit.contrast <= BRIGHTEST:
        return f"the light has changed too much: contrast is {fit.contrast:.2g} times the background's"
    if fit.structure is not None and deviation < UNIFORM:
        return f"the frame shows nothing: it is {'dark' if mean < 64 else 'white' if mean > 192 else 'grey'} all over"
    if fit.moved != (0, 0):
        right, down = fit.moved
        return (
            f"the camera seems to have moved since the background was taken, by {right:+d} pixels right, {down:+d} down"
        )
    if fit.structure is not None and not seen:
        return f"another view than the background: {fit.structure:.0%} of the background's structure is found in it"
    if fit.foreground is not None and fit.foreground >= FULL:
        return f"{fit.foreground:.0%} of it is called foreground"
    return ""


def _reduced(image: Tensor) -> Grey:
    """3×H×W uint8 as grey levels at the size that is looked at."""
    photo = Image.fromarray(np.ascontiguousarray(image.cpu().permute(1, 2, 0).numpy())).convert("L")
    shrink = min(1.0, SIDE / max(photo.size))
    size = (max(WINDOW, round(photo.width * shrink)), max(WINDOW, round(photo.height * shrink)))
    return np.asarray(photo.resize(size, Image.Resampling.BOX), np.float32)


def _agreement(background: Grey, frame: Grey) -> tuple[float | None, float | None]:
    """The share of the background's texture that the frame shows, and its contrast there."""
    if min(background.shape) < WINDOW:
        return None, None
    mean_b, mean_f = _mean(background), _mean(frame)
    variance_b = (_mean(background * background) - mean_b**2).clip(0)
    variance_f = (_mean(frame * frame) - mean_f**2).clip(0)
    textured = variance_b >= TEXTURE**2
    if textured.mean() < LEAST_TEXTURE:
        return None, None
    covariance = _mean(background * frame) - mean_b * mean_f
    alike = textured & (covariance >= ALIKE * np.sqrt(variance_b * variance_f)) & (variance_f > 0)
    contrast = float(np.median(np.sqrt(variance_f[alike] / variance_b[alike]))) if alike.any() else None
    return float(alike.sum() / textured.sum()), contrast


def _overlap(background: Grey, frame: Grey, shift: tuple[int, int]) -> tuple[Grey, Grey]:
    """The parts of both that show the same where the frame is shifted down and right."""
    height, width = background.shape
    down, right = shift
    rows, columns = height - abs(down), width - abs(right)
    top_b, left_b, top_f, left_f = max(0, -down), max(0, -right), max(0, down), max(0, right)
    part = background[top_b : top_b + rows, left_b : left_b + columns]
    return part, frame[top_f : top_f + rows, left_f : left_f + columns]


def _gradient(grey: Grey) -> Gradient:
    down, right = np.gradient(ndimage.gaussian_filter(grey, 1.0))
    gradient: Gradient = (right + 1j * down).astype(np.complex64)
    return gradient


def _mean(values: Grey) -> Grey:
    """The mean over a window around each pixel."""
    mean: Grey = ndimage.uniform_filter(values, WINDOW)
    return mean
