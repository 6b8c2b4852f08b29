"""RAF-DB, compound expressions: 3,954 faces from the web that show two emotions at once, in eleven classes.

Source: Li and Deng, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for Unconstrained Facial Expression
Recognition", IEEE TIP 28(1), 2019; http://www.whdeng.cn/raf/model1.html. Terms: non-commercial research, on request; no
redistribution. Expected: 3,162 training and 792 test pictures; no validation partition, no identities. The layout is that of
the basic set (`raf_db.py`) in a folder `compound`, with labels 1 to 11 in the order of `CLASSES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mixedfer.errors import BadInput
from mixedfer.faces.datasets import raf_db

CLASSES = ("happily surprised", "happily disgusted", "sadly fearful", "sadly angry", "sadly surprised", "sadly disgusted",
           "fearfully angry", "fearfully surprised", "angrily surprised", "angrily disgusted", "disgustedly surprised")


@dataclass(frozen=True, kw_only=True)
class RafDbCompound(raf_db.RafDb):
    """The compound set as downloaded; fields as `RafDb` has them.

    >>> RafDbCompound(classes=("sadly angry", "sadly fearful")).classes
    ('sadly angry', 'sadly fearful')
    """

    PART: ClassVar[str] = "compound"
    KNOWN: ClassVar[tuple[str, ...]] = CLASSES
    ROWS: ClassVar[tuple[int, int]] = (3_162, 792)

    def _check_labels(self, root: Path, largest: int) -> None:
        # The basic list's labels are all in range here, and mean something else.
        if largest <= len(raf_db.CLASSES):
            raise BadInput(f"no label is above {largest}: this looks like the list of the seven basic expressions",
                           file=root / raf_db.LIST, remedy="Give RAF-DB's folder 'compound' with --data, or use RafDb.")
