"""Tiny stand-ins for data sets that cannot be shipped: files under the official names, a few gray pixels in each."""

import os

import numpy as np


def picture(path, side=6, colour=False):
    """Write a small picture under this path; its folders are made. No two names get the same pixels. Returns the path."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (side, side + 1, 3) if colour else (side, side + 1)
    values = np.random.default_rng(list(os.fsencode(path.name))).integers(0, 256, shape, np.uint8)
    Image.fromarray(values).save(path)
    return path
