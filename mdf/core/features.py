"""`FeatureSpec`: the shape of a feature pyramid, known before anything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """The declared shape of the feature pyramid of an encoder or a fusion.

    For an input N×C×H×W whose H and W are multiples of `multiple`, map *i* is
    N×`channels[i]`×(H/`strides[i]`)×(W/`strides[i]`). The finest map comes first.

    Attributes:
        channels: channels of each map.
        strides: stride of each map relative to the input, in ascending order (equal ones allowed).
        multiple: height and width of the input must be multiples of this. The model pads and crops.
        tokens: extra tokens (class or register) of a transformer encoder; 0 for others.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    multiple: int
    tokens: int = 0

    def __post_init__(self) -> None:
        if len(self.channels) != len(self.strides) or not self.channels:
            raise ValueError(f"each map needs one stride: channels {self.channels}, strides {self.strides}")
        if list(self.strides) != sorted(self.strides):
            raise ValueError(f"the finest map must come first: strides {self.strides}")
        if any(self.multiple % stride for stride in self.strides):
            raise ValueError(f"multiple {self.multiple} must be a multiple of every stride {self.strides}")

    def shapes(self, batch: int, height: int, width: int) -> list[tuple[int, int, int, int]]:
        """The shape of every map for an input of `batch` images with `height`×`width` pixels."""
        return [
            (batch, channels, height // stride, width // stride)
            for channels, stride in zip(self.channels, self.strides, strict=True)
        ]
