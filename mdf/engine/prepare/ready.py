"""Makes the compiled loops of a training step ready. Imported by the server process, before it forks workers.

Its workers then have numba and the machine code from their first moment, in memory that they share with the server.
"""

from __future__ import annotations

import torch

from mdf.engine.prepare.colours import standardised
from mdf.engine.prepare.mirror import mirrored
from mdf.engine.prepare.normalise import Normalise

_IMAGES = torch.zeros(2, 3, 2, 2, dtype=torch.uint8)

# so few pixels start no thread of torch's, which a forked process would wait for
Normalise("dataset", (0.5,) * 3, (0.25,) * 3)(_IMAGES, _IMAGES)
standardised(_IMAGES, None, 0.1)
for dtype in (torch.uint8, torch.float32):  # images, masks and flags; depths
    mirrored(_IMAGES.to(dtype), [True, False])
