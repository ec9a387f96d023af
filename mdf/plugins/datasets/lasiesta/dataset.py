"""LASIESTA: real sequences indoors and outdoors with masks, a folder of frames and one of coloured labels each.

Source: C. Cuevas, E. M. Yáñez, N. García, “Labeled dataset for integral evaluation of moving object detection
algorithms: LASIESTA”, Computer Vision and Image Understanding 152, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

from mdf.plugins.datasets.cdnet.dataset import CDnet
from mdf.plugins.datasets.cdnet.recording import Video
from mdf.plugins.datasets.files.images import data_folder
from mdf.plugins.datasets.lasiesta.sequence import find_sequences, open_sequence


class Lasiesta(CDnet):
    """Samples with a `mask`: every frame that has labels.

    A sequence is a folder of frames, `I_SI_01/I_SI_01-1.bmp` and so on, with a folder of labels beside it,
    `I_SI_01-GT/I_SI_01-GT_1.png`; numbers tell which belong together.

    Black is background. Red, green and yellow (moving objects) and white (objects that moved and now stand still) are
    foreground. Grey (128) is invalid. `scene` is the sequence, and the beginning of its name, such as `I_SI`, is a tag.
    Sequences of moving cameras (`I_MC`, `O_MC`, `I_SM`, `O_SM`) are used only if `videos` names them.

    Splits and backgrounds: as `cdnet`. There is no image of the empty scene, so it is estimated from frames.
    """

    label = "lasiesta"
    meaning = "lasiesta 1"
    mask_read_as = "colours: red, green, yellow and white are foreground, black background, grey ignored"

    def find_recordings(self, variant: str, wanted: tuple[str, ...]) -> Many[Video]:
        """The sequences below a folder."""
        return [open_sequence(folder) for folder in find_sequences(data_folder(variant, "lasiesta:PATH"), wanted)]
