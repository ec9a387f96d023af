"""Each pixel's mean normal over the training frames: what a network must beat."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.errors import MdfError
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch


class MeanNormal(Predictor):
    """Predicts one map for every sample; a pixel that was never valid faces the camera."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.map: Tensor | None = None

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        """Add up the training normals."""
        total = torch.zeros(())
        for batch in train():
            total = total + batch.targets["normals"].where(batch.valid["normals"], 0.0).sum(0).cpu()
        towards_us = torch.tensor([0.0, 0.0, -1.0])[:, None, None]
        self.map = F.normalize(total.where(total.norm(dim=0) > 0, towards_us), dim=0)

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`normals`: N×3×H×W float32 unit vectors."""
        if self.map is None:
            raise MdfError("mean-normal was asked to predict before it was fitted", "call `fit` first")
        return {"normals": self.map.to(batch.bg.device).expand(len(batch), -1, -1, -1)}
