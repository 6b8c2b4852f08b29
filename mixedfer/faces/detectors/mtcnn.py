"""Multi-task cascaded convolutional networks (Zhang et al., IEEE Signal Processing Letters 2016, arXiv:1604.02878).

The networks are those of the package `mtcnn` (MIT licence), which runs them with TensorFlow: an optional extra. They were
trained on WIDER FACE and CelebA, whose terms exclude commercial use. Of FER2013's first 500 faces they find 426.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from mixedfer import disk
from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput
from mixedfer.faces.detectors import Box, Sight

REMEDY = ("Install it with `pip install mtcnn==1.0.0`. It needs TensorFlow, with KERAS_BACKEND=tensorflow while faces are "
          "prepared; training can use another.")
#: The three networks' weights. They are pickles, so their SHA-256 is checked before they are opened.
WEIGHTS = {"pnet.lz4": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
           "rnet.lz4": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
           "onet.lz4": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3"}


@dataclass(frozen=True, kw_only=True)
class Mtcnn(Checked):
    """`min_face` is the smallest face in pixels, `thresholds` what each of the three networks lets through, 0 to 1.

    Scores are the last network's probability of a face. Boxes may reach over the picture's edge.
    """

    packages: ClassVar[tuple[str, ...]] = ("mtcnn", "keras", "tensorflow", "tensorflow-cpu")
    RANGES = {"min_face": (12, 10**4)}
    min_face: int = 20
    thresholds: tuple[float, ...] = (0.6, 0.7, 0.8)

    def __post_init__(self):
        super().__post_init__()
        require(len(self.thresholds) == 3 and all(0 <= each < 1 for each in self.thresholds),
                f"Mtcnn(thresholds={self.thresholds}): expected three numbers from 0 to below 1")

    def find(self, picture: np.ndarray) -> list[Sight]:
        """All faces. Raises BadInput where the package is missing, is another, or Keras runs without TensorFlow."""
        colour = picture if picture.ndim == 3 else np.stack([picture] * 3, axis=-1)
        first, second, third = self.thresholds
        faces = _networks().detect_faces(np.ascontiguousarray(colour), fit_to_image=False, output_type="numpy",
                                         min_face_size=self.min_face, threshold_pnet=first, threshold_rnet=second,
                                         threshold_onet=third)
        # Columns: the picture's number in its batch, left, top, width, height, score, then five landmarks.
        return [Sight(Box(*map(float, face[1:5])), float(face[5])) for face in faces]


@functools.cache
def _networks():
    try:
        import mtcnn
        from mtcnn import stages
    except ImportError as error:
        raise BadInput(f"the detector Mtcnn cannot be loaded ({error})", remedy=REMEDY) from error
    import keras

    if keras.config.backend() != "tensorflow":
        raise BadInput(f"the detector Mtcnn runs with TensorFlow, and Keras with {keras.config.backend()}", remedy=REMEDY)
    folder = Path(mtcnn.__file__).parent / "assets" / "weights"
    for name, expected in WEIGHTS.items():
        if disk.hash_file(folder / name) != expected:
            raise BadInput(f"its SHA-256 is not {expected}", file=folder / name, remedy=REMEDY)
    # By their full paths: the package would first look for files of these names in the current folder.
    kinds = stages.StagePNet, stages.StageRNet, stages.StageONet
    return mtcnn.MTCNN(stages=[kind(weights=str(folder / name)) for kind, name in zip(kinds, WEIGHTS)])
