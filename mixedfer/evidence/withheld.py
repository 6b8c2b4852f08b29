"""A report without its pictures, for data whose terms do not let faces be passed on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixedfer.evidence.results import Results

GRAY = np.uint8(128)


def without_pictures(results: Results) -> Results:
    """The same results with every picture gray; landmarks and numbers stay. To be shown only: copies are found in the real
    pictures.
    """
    arms = {name: replace(arm, faces=_blank(arm.faces)) for name, arm in results.arms.items()}
    return replace(results, faces=_blank(results.faces), arms=arms, withheld=True)


def _blank(faces):
    return replace(faces, images=np.broadcast_to(GRAY, faces.images.shape))
