"""Weights in a NumPy archive: one array per tensor, named as the backbone's layers are (`block1_conv1/kernel`, .../bias`)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from mixedfer.checked import Checked
from mixedfer.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class Archive(Checked):
    """An `.npz` file with the SHA-256 `sha256`, given with --weights. Kernels are (height, width, in, out), of any float type.

    `preprocessing` is how pixels entered the network that was trained: "torch" for weights of torchvision (RGB in 0..1, less
    ImageNet's mean, by its deviation), "caffe" for the paper's and Keras' (BGR in 0..255, less the mean), "tf" (-1..1).
    """

    SUFFIX: ClassVar[str] = ".npz"
    sha256: str = "none yet"
    preprocessing: Literal["caffe", "torch", "tf"] = "torch"

    def find(self) -> Path:
        raise BadInput("the study starts from weights in a file", remedy="Give it with --weights PATH.")

    def read(self, path: Path) -> dict[str, np.ndarray]:
        """Raises BadInput when the file is no archive of arrays."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name].astype(np.float32) for name in file.files}
        except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise BadInput(f"not a NumPy archive of numbers ({error})", file=path,
                           remedy="Give a file that numpy.savez wrote with --weights.") from error
