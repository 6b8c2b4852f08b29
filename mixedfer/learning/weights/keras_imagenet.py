"""VGG16's convolutions trained on ImageNet, as Keras distributes them; the Oxford group's own weights (CC BY 4.0)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput

FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclass(frozen=True, kw_only=True)
class KerasImagenet(Checked):
    """Downloaded once (59 MB) to Keras' own folder, unless the file is given with --weights."""

    PLACE: ClassVar[str] = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    SUFFIX: ClassVar[str] = ".h5"
    sha256: str = "bfe5187d0a272bed55ba430631598124cff8e880b98d38c9e56c8d66032abdc1"
    preprocessing: Literal["caffe"] = "caffe"

    def find(self) -> Path:
        """Raises BadInput when it can neither be found nor downloaded."""
        import keras

        try:
            return Path(keras.utils.get_file(FILE, self.PLACE + FILE, cache_subdir="models", file_hash=self.sha256))
        except Exception as error:  # Keras raises nothing narrower when there is no network
            raise BadInput(f"Keras' ImageNet weights cannot be had ({error})", file=self.PLACE + FILE,
                           remedy="Download this file where there is a network and give it with --weights PATH.") from error

    def read(self, path: Path) -> dict[str, np.ndarray]:
        import keras

        model = keras.applications.VGG16(include_top=False, weights=str(path))
        return {f"{layer.name}/{variable.name}": np.asarray(variable.numpy())
                for layer in model.layers for variable in layer.variables}
