"""A part of the face: one region alone, or all but one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixedfer import geometry
from mixedfer.checked import require
from mixedfer.errors import StudyError, nearest
from mixedfer.learning.views import Wrapping


@dataclass(frozen=True, kw_only=True)
class Region(Wrapping):
    """Another view, of some of the 68 points: the regions in `keep`, or all but those in `drop` (`geometry.REGIONS`).

    The other view gets all points, so what it aligns by stays known: with `normalised` a mouth alone still tells how far it
    lies from the eyes. Raises StudyError for an unknown region, and for views that do not show point by point.

    >>> from mixedfer.learning.views.normalised import normalised
    >>> mouth, rest = Region(normalised, keep=("mouth",)), Region(normalised, drop=("mouth",))
    >>> [view(geometry.generic(48)[None], np.ones(1, bool), 48).shape for view in (mouth, rest)]
    [(1, 20, 2), (1, 48, 2)]
    """

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def __post_init__(self):
        super().__post_init__()
        require(bool(self.keep) != bool(self.drop), "Region: expected keep=(...) or drop=(...), one of the two")
        for name in self.keep + self.drop:
            if name not in geometry.REGIONS:
                raise StudyError(f"the face has no region {name!r}", remedy=nearest(name, geometry.REGIONS))
        require(len(self.points) > 0, f"Region(drop={self.drop}): nothing is left")
        shown = self.view(geometry.generic(48)[None], np.ones(1, bool), 48)
        require(shown.ndim == 3 and shown.shape[1] == geometry.POINTS,
                f"Region({self.view!r}): expected a view that shows 68 points, this one has shape {shown.shape[1:]}")

    @property
    def points(self) -> np.ndarray:
        """The indices of the points that are shown, in order."""
        named = np.concatenate([geometry.region(name) for name in self.keep or self.drop])
        return np.sort(named) if self.keep else np.setdiff1d(np.arange(geometry.POINTS), named)

    def __call__(self, points: np.ndarray, found: np.ndarray, size: int) -> np.ndarray:
        return self.view(points, found, size)[:, self.points]
