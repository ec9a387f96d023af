"""What happens after the sensor: noise in bands, time stamps, interlacing, and lossy compression. Bytes to bytes."""

from __future__ import annotations

import io
from random import Random

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor


def rolling_noise(rng: Random, pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Horizontal bands of light, as mains-driven lamps give, at another place in every picture (N×3×H×W uint8)."""
    height = pictures.shape[-2]
    period, strength = rng.uniform(0.15, 0.8) * height, rng.uniform(2, 9)
    rows = torch.arange(height)
    phases = torch.rand(len(pictures), generator=generator) * 6.2832
    bands = strength * torch.sin(rows[None] * 6.2832 / period + phases[:, None])
    return _bytes(pictures.float() + bands[:, None, :, None])


def interlaced(rng: Random, pictures: Tensor, masks: Tensor) -> Tensor:
    """Every other line of what moves is taken a moment earlier: shifted sideways (N×3×H×W uint8; masks N×1×H×W)."""
    shift = rng.choice((-1, 1)) * rng.randint(1, max(1, pictures.shape[-1] // 60))
    other = pictures.roll(shift, 3)
    near = torch.maximum(masks, masks.roll(shift, 3)).clone()
    near[:, :, ::2] = False
    return torch.where(near, other, pictures)


def stamped(rng: Random, pictures: Tensor) -> Tensor:
    """A date and time in a corner, white or on black, other digits in every picture."""
    height, width = pictures.shape[-2:]
    place = (rng.choice((2, width // 2)), rng.choice((1, height - 13)))
    boxed, day = rng.random() < 0.5, f"{rng.randint(1, 28):02d}-{rng.randint(1, 12):02d}"
    font = ImageFont.load_default(max(7, height // 18))
    stamped = []
    for picture in pictures:
        image = Image.fromarray(picture.permute(1, 2, 0).numpy())
        text = f"{day} {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
        draw = ImageDraw.Draw(image)
        if boxed:
            draw.rectangle(draw.textbbox(place, text, font=font), fill=(0, 0, 0))
        draw.text(place, text, fill=(255, 255, 255), font=font)
        stamped.append(torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1))
    return torch.stack(stamped)


def compressed(rng: Random, pictures: Tensor) -> Tensor:
    """JPEG at a quality of its own: blocks, ringing, colours at half the size."""
    quality = round(rng.triangular(12, 85, 35))
    return torch.stack([_jpeg(picture, max(8, quality + rng.randint(-6, 6))) for picture in pictures])


def _jpeg(picture: Tensor, quality: int) -> Tensor:
    file = io.BytesIO()
    Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.asarray(Image.open(file)).copy()).permute(2, 0, 1)


def stale_blocks(rng: Random, pictures: Tensor, bg: Tensor) -> Tensor:
    """Blocks that a video encoder did not send again where little changed: they show the last picture, softened."""
    threshold, side = rng.uniform(3, 10), rng.choice((4, 8, 8, 16))
    height, width = (length // side * side for length in pictures.shape[-2:])
    shown = pictures.clone()
    last = bg.float()
    for picture in shown:
        area = picture[:, :height, :width]
        change = (area.float() - last[:, :height, :width]).abs().amax(0)
        blocks = change.view(height // side, side, width // side, side).mean((1, 3)) < threshold
        keep = blocks.repeat_interleave(side, 0).repeat_interleave(side, 1)
        area.copy_(torch.where(keep, last[:, :height, :width].to(torch.uint8), area))
        last = picture.float()
    return shown


def _bytes(values: Tensor) -> Tensor:
    return values.round().clamp(0, 255).to(torch.uint8)
