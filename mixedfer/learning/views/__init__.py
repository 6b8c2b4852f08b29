"""What of the landmarks a model sees, one view per file; pure NumPy.

A view is called as `view(points, found, size) -> (n, ...) float32`: points (n, 68, 2) in pixels of the augmented image, found
(n,) bool, size the image's side. Besides that a view may have

    sources(rows, labels, rng) -> rows          whose landmarks it gets: one row of the same partition for each of `rows` (n,),
                                                whose classes are `labels` (n,); asked once per partition of a run
    drawn(points, found, size, rng) -> (n, ...) what it shows of a whole partition, once and for all epochs, in place of calls
                                                for each batch; from the points as they are, not augmented
    shows                                       whose landmarks it tells of: "own" (where a view that neither chooses nor
                                                draws does not say), "others",
                                                "others of its class" (which leaks the label), "one for all", "noise" or
                                                "nothing"; the proof holds it against what was shown
    rules_out                                   of a control: one sentence on what an equal gain of this arm would mean
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mixedfer.checked import Checked, require


@dataclass(frozen=True)
class Wrapping(Checked):
    """Base of the views that are made from another `view`, which may not itself choose or draw what it shows."""

    view: Callable

    def __post_init__(self):
        super().__post_init__()
        inner = [name for name in ("sources", "drawn") if hasattr(self.view, name)]
        require(not inner, f"{type(self).__name__}({self.view!r}): its {', '.join(inner)} would be passed over; "
                "put the control outermost, around a plain view")
