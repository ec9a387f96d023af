"""Videos in whose frames their number is burnt in, written and read by ffmpeg's own program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mdf.core.image import Pixels
from mdf.core.video.frames import VideoFrames

HEIGHT, WIDTH, BITS, BLOCK = 96, 128, 8, 16
FRAMES = 40

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def picture(number: int) -> Pixels:
    """Blocks that are black or white as the bits of the number, over a textured scene in which a box moves."""
    blocks = np.random.default_rng(5).integers(40, 216, (HEIGHT // BLOCK, WIDTH // BLOCK, 3))
    pixels = np.kron(blocks, np.ones((BLOCK, BLOCK, 1))).astype(np.uint8)
    left = 3 * number % (WIDTH - 20)
    pixels[48:80, left : left + 20] = (220, 40, 30)
    for bit in range(BITS):
        pixels[: 2 * BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 255 * (number >> bit & 1)
    return pixels


def number_in(pixels: Pixels) -> int:
    """The number that is burnt into a frame, whatever lossy coding did to it."""
    inner = [pixels[8:24, bit * BLOCK + 4 : (bit + 1) * BLOCK - 4].mean() > 128 for bit in range(BITS)]
    return sum(1 << bit for bit, white in enumerate(inner) if white)


def ffmpeg(*arguments: object, stdin: bytes = b"") -> bytes:
    """Runs ffmpeg with these options (texts are split at spaces) and paths; returns what it wrote to stdout."""
    words = [word for given in arguments for word in (given.split() if isinstance(given, str) else [str(given)])]
    done = subprocess.run(["ffmpeg", "-v", "error", "-y", *words], input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-500:])
    return done.stdout


def burn(path: Path, coding: str, first: int = 0, frames: int = FRAMES, rate: float = 25) -> Path:
    """A video of frames `first`, `first` + 1, … coded with these options of ffmpeg."""
    raw = b"".join(picture(number).tobytes() for number in range(first, first + frames))
    ffmpeg(f"-f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r {rate} -i -", coding, path, stdin=raw)
    return path


def cut(path: Path, seconds: float = 0.6) -> Path:
    """The video without its first seconds, as recorders and editors cut it: nothing is coded anew."""
    shorter = path.with_stem(f"cut-{path.stem}")
    ffmpeg("-ss", seconds, "-i", path, "-c copy", shorter)
    return shorter


def joined(*paths: Path) -> Path:
    """The videos one after the other, by ffmpeg's concat: nothing is coded anew."""
    target = paths[0].with_stem(f"joined-{paths[-1].stem}")
    listed = target.with_suffix(".txt")
    listed.write_text("".join(f"file '{path.resolve()}'\n" for path in paths))
    ffmpeg("-f concat -safe 0 -i", listed, "-c copy", target)
    return target


def glued(*paths: Path) -> Path:
    """The files' bytes one after the other (`cat a.ts b.ts`)."""
    target = paths[0].with_stem(f"glued-{paths[-1].stem}")
    target.write_bytes(b"".join(path.read_bytes() for path in paths))
    return target


def seen_by_ffmpeg(path: Path, size: tuple[int, int] = (HEIGHT, WIDTH)) -> list[Pixels]:
    """Every frame that ffmpeg's own program decodes, in its own RGB."""
    raw = ffmpeg("-i", path, "-fps_mode passthrough -f rawvideo -pix_fmt rgb24 -")
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *size, 3))


def check_frames(path: Path, seen: Sequence[Pixels], levels: int = 3) -> None:
    """Every frame is the one that was seen at its number: in order, then at random, always with the same bytes."""
    video = VideoFrames(path)
    straight = [video.frame(number) for number in range(len(video))]
    numbers = [number_in(pixels) for pixels in straight]
    assert numbers == [number_in(pixels) for pixels in seen], path.name
    worst = max(int(np.abs(one.astype(int) - other).max()) for one, other in zip(straight, seen, strict=True))
    assert worst <= levels, f"{path.name}: {worst} levels off"
    for number in np.random.default_rng(0).integers(0, len(video), 8):
        assert np.array_equal(video.frame(int(number)), straight[number]), f"{path.name}: frame {number}"
    assert (np.diff(video.times) > 0).all()
