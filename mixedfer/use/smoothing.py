"""Faces of one frame and of the next: which is which, and probabilities that do not flicker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mixedfer.faces.detectors import Box
from mixedfer.use.mosaic import overlap
from mixedfer.use.prediction import Face

#: How much of two boxes' union must be common to both for one face, and for how many frames one may be missed.
OVERLAP, LOST = 0.3, 10


@dataclass(eq=False)
class _Track:
    number: int
    box: Box
    probabilities: np.ndarray
    missed: int = 0


@dataclass
class Smoother:
    """Follows faces by the overlap of their boxes and averages their probabilities over time, exponentially: `share` of the
    past and the rest of the present, so that 0 changes nothing.
    """

    share: float = 0.0
    _tracks: list[_Track] = field(default_factory=list)
    _last: int = 0

    def __call__(self, faces: Sequence[Face], classes: Sequence[str]) -> tuple[list[Face], list[int | None]]:
        """The faces of the next frame, smoothed, and the number of each one's track; None where no face was found."""
        chosen = self._matched(faces)
        for track in self._tracks:
            track.missed += 1
        smooth, numbers = [], []
        for place, face in enumerate(faces):
            if not face.found:
                smooth, numbers = [*smooth, face], [*numbers, None]
                continue
            track = chosen.get(place) or self._begin(face)
            track.probabilities = self.share * track.probabilities + (1 - self.share) * face.probabilities
            track.box, track.missed = face.box, 0
            label = classes[int(track.probabilities.argmax())]
            smooth.append(face._replace(probabilities=track.probabilities, label=label))
            numbers.append(track.number)
        self._tracks = [track for track in self._tracks if track.missed <= LOST]
        return smooth, numbers

    def _begin(self, face: Face) -> _Track:
        self._last += 1
        self._tracks.append(track := _Track(self._last, face.box, face.probabilities))
        return track

    def _matched(self, faces: Sequence[Face]) -> dict[int, _Track]:
        """The track of each face that has one, the largest overlaps first."""
        pairs = sorted(((overlap(face.box, track.box), place, track) for place, face in enumerate(faces) if face.found
                        for track in self._tracks), key=lambda pair: (-pair[0], pair[1], pair[2].number))
        chosen: dict[int, _Track] = {}
        for shared, place, track in pairs:
            if shared >= OVERLAP and place not in chosen and track not in chosen.values():
                chosen[place] = track
        return chosen
