"""`FeatureSpec`: what a feature pyramid looks like, as data, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """The declared shape of an encoder's (or fusion's) feature pyramid.

    For an input N×C×H×W with H and W multiples of `multiple`, map *i* is
    N×`channels[i]`×(H/`strides[i]`)×(W/`strides[i]`), the finest map first.

    Attributes:
        channels: channels of each map.
        strides: stride of each map with respect to the input, not falling.
        multiple: height and width must be multiples of it; the composed model pads and crops.
        tokens: extra (class or register) tokens that a transformer encoder carries, 0 for others.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    multiple: int
    tokens: int = 0

    def __post_init__(self) -> None:
        if len(self.channels) != len(self.strides) or not self.channels:
            raise ValueError(f"one stride a map is needed: channels {self.channels}, strides {self.strides}")
        if list(self.strides) != sorted(self.strides):
            raise ValueError(f"the finest map comes first: strides {self.strides}")
        if any(self.multiple % stride for stride in self.strides):
            raise ValueError(f"multiple {self.multiple} is not a multiple of every stride {self.strides}")

    def shapes(self, batch: int, height: int, width: int) -> list[tuple[int, int, int, int]]:
        """The shape of every map for an input of `batch` images of `height`×`width` pixels."""
        return [
            (batch, channels, height // stride, width // stride)
            for channels, stride in zip(self.channels, self.strides, strict=True)
        ]
