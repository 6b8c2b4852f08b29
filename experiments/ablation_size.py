"""Do landmarks help more when there are fewer pictures to learn from, on the portrait set?

    mixedfer run experiments/ablation_size.py

About 3 minutes on 2 CPU cores: image-only, mixed and landmarks-only on an eighth, a quarter, half and all of the 240 training
pictures. The epochs stay 20, so a smaller share also means fewer steps.

Expectation, from reasoning and not from a run: with few pictures landmarks-only is ahead of image-only and mixed gains; with
all of them the image has caught up and the gain is gone.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm, Axis

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Do landmarks help more when there are fewer pictures to learn from, on the embedded portrait?",
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("landmarks-only", landmarks=normalised)),
    grid=(Axis("train_share", (0.125, 0.25, 0.5, 1.0)),),
)
