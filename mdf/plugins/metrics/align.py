"""What is fitted to the truth before a prediction is compared with it, image by image."""

from __future__ import annotations

import numpy as np

from mdf.core.pixels import Pixels, total


def median(prediction: Pixels, target: Pixels) -> Pixels:
    """The prediction times median(target) / median(prediction); as it is where its median is not above 0.

    Source: T. Zhou et al., “Unsupervised learning of depth and ego-motion from video”, CVPR 2017.
    """
    middle = float(np.median(prediction))
    return prediction * (float(np.median(target)) / middle) if middle > 0 else prediction


def scale_shift(prediction: Pixels, target: Pixels) -> Pixels:
    """s·prediction + t, with s and t of least squares; the target's mean where the prediction is constant.

    Source: R. Ranftl et al., “Towards robust monocular depth estimation”, PAMI 44 (2022), which fits inverse
    depth; here it is the task's own values.
    """
    prediction = prediction.astype(np.float64)
    mean, goal = prediction.mean(), target.mean(dtype=np.float64)
    prediction -= mean
    spread = total(prediction, prediction)
    scale = total(prediction, target - goal) / spread if spread > 0 else 0.0
    return np.asarray(prediction * scale + goal)
