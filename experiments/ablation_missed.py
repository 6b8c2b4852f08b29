"""Does it matter what is done with faces that the detector misses, on a portrait set where it misses one in five?

    mixedfer run experiments/ablation_missed.py

About 4 minutes on 2 CPU cores: image-only, mixed, landmarks-only and the found flag. The pictures are noisier and the heads
turned further than in quickstart, so that dlib finds about 80 % of them. A missed face is either seen whole, with landmarks
looked for in the whole picture, or left out of every arm, in training and in testing: the two rows have different test
pictures, so compare arms within a row, not across.

Found (reports/ablation_missed): nothing is resolved, for on these noisy pictures runs of one arm with an image differ by 5 to
13 points (standard deviation). With missed faces seen whole image-only reaches 70.7 %, mixed 74.6, landmarks-only 66.2;
without them 70.8, 77.1 and 74.1. The found flag alone is 2.1 points off (-8.1 to 12.3): so wide is chance here.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.views.found_flag import FoundFlag
from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm, Axis

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Does it matter what is done with faces that the detector misses, on the embedded portrait?",
    dataset=dataclasses.replace(QUICKSTART.dataset, pose=2.0, noise=3.0),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("landmarks-only", landmarks=normalised),
                Arm("found flag", image=True, landmarks=FoundFlag())),
    grid=(Axis("preparation.missed", ("whole-image", "exclude")),),
)
