"""Which regions of the face must landmarks come from to help, on the portrait set?

    mixedfer run experiments/ablation_regions.py

About 6 minutes on 2 CPU cores: image-only, mixed with all 68 points, and mixed with one region alone or left out. All are
aligned by the eyes (`normalised`), so a region alone still tells where it lies relative to them.

Found (reports/ablation_regions): nothing is resolved. Image-only is at 91.7 %, every region alone or left out is within 3.3
points below it, and no interval leaves 0 out: with all 240 training pictures the image says it all. Where landmarks do matter
(reports/ablation_size) is where to ask this again: `--set train_share=0.25`.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.geometry import REGIONS
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.region import Region
from mixedfer.study import Arm

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Which regions of the face must landmarks come from to help, on the embedded portrait?",
    control=Arm("image-only", image=True),
    treatments=(Arm("all", image=True, landmarks=normalised),
                *(Arm(f"{name} alone", image=True, landmarks=Region(normalised, keep=(name,))) for name in REGIONS),
                *(Arm(f"without {name}", image=True, landmarks=Region(normalised, drop=(name,))) for name in REGIONS)),
)
