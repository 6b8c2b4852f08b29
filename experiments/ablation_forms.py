"""In which form do landmarks help most, on the portrait set?

    mixedfer run experiments/ablation_forms.py

About 4 minutes on 2 CPU cores: image-only, and each form mixed with the image and alone. The forms differ in how many numbers
they have (136; 2,278 distances; 51 angles), and so in the weights of the landmark branch's first layer.

Found (reports/ablation_forms): nothing is resolved. Alone, forms lie within 2.7 points: procrustes 90.0 %, normalised 89.0,
distances 88.3, angles 88.1, scaled 87.7, pixels 87.3 (image-only 91.7). Mixed, they lie between 89.3 and 91.8.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.views.angles import angles
from mixedfer.learning.views.distances import distances
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.pixels import pixels
from mixedfer.learning.views.procrustes import procrustes
from mixedfer.learning.views.scaled import scaled
from mixedfer.study import Arm

FORMS = (pixels, scaled, normalised, procrustes, distances, angles)
STUDY = dataclasses.replace(
    QUICKSTART,
    question="In which form do landmarks help most, on the embedded portrait?",
    control=Arm("image-only", image=True),
    treatments=(*(Arm(f"mixed, {form.__name__}", image=True, landmarks=form) for form in FORMS),
                *(Arm(f"alone, {form.__name__}", landmarks=form) for form in FORMS)),
)
