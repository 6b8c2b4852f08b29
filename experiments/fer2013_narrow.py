"""Do landmarks help a narrow VGG16 that is trained on FER2013 itself?

    mixedfer run experiments/fer2013_narrow.py --data fer2013.csv

What experiments/fer2013.py asks, as far as it can be answered without a GPU: all thirteen convolutions at an eighth of their
filters (0.4 million parameters in place of 15), 25 epochs in place of 60, 5 replicates in place of 10, one treatment in place
of three, bfloat16, and less dropout for a network that is too small to learn faces by heart. An hour and a half on 2 CPU
cores.

Found (reports/fer2013_narrow): image-only 59.3 %, mixed 3.1 points worse (2.0 to 4.2), after having led in the first epochs. On
faces that dlib found it is 1.5 points worse (0.3 to 2.6), on those that it missed, whose box is the whole picture, 6.6 (4.5 to
8.6). Without an arm whose landmarks are shuffled this does not tell whether landmarks or any second branch cost that.
"""

import dataclasses

from fer2013 import STUDY as FER2013

STUDY = dataclasses.replace(
    FER2013,
    question="Do landmarks help a VGG16 of an eighth of its width, trained on FER2013?",
    recipe=dataclasses.replace(
        FER2013.recipe, backbone=dataclasses.replace(FER2013.recipe.backbone, width=1 / 8, dropout=0.2),
        epochs=25, precision="mixed_bfloat16"),
    treatments=FER2013.treatments[:1],
    replicates=5,
)
