"""If landmarks help on the portrait set, is it because of what they say? The quickstart study with every control.

    mixedfer run experiments/controls.py

About 5 minutes on 2 CPU cores. A gain of "mixed" is due to landmarks only as far as it exceeds that of the arms that cannot
know more than the image: shuffled, noise, constant, found flag, widened. "A/A identical" is the control under another name and
must come out as exactly 0; "A/A other seeds" shows what seeds alone do. "shuffled within class" takes the landmarks of another
face of the true class: it leaks the label when testing, too, is an upper bound, and never evidence.

Found (reports/controls): no treatment is shown to help, and none is resolved: "A/A other seeds" is at 0.0 points with an
interval from -4.7 to 4.7, so five replicates cannot resolve two points here. Not even the leaking arm clearly gains (2.2
points, -1.7 to 6.1): a network that has learnt the pixels makes little use of the second branch, so "not shown to help" says
little of landmarks.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.learning.views.constant import Constant
from mixedfer.learning.views.found_flag import FoundFlag
from mixedfer.learning.views.noise import Noise
from mixedfer.learning.views.normalised import normalised
from mixedfer.learning.views.shuffled import Shuffled
from mixedfer.learning.views.shuffled_within_class import ShuffledWithinClass
from mixedfer.study import Arm

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Do landmarks help on the embedded portrait because of what they say?",
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),
                Arm("landmarks-only", landmarks=normalised),
                Arm("shuffled", image=True, landmarks=Shuffled(normalised)),
                Arm("noise", image=True, landmarks=Noise(normalised)),
                Arm("constant", image=True, landmarks=Constant(normalised)),
                Arm("found flag", image=True, landmarks=FoundFlag()),
                Arm("widened", image=True, widened=normalised),
                Arm("A/A other seeds", image=True, seed=1),
                Arm("A/A identical", image=True),
                Arm("shuffled within class (leaks)", image=True, landmarks=ShuffledWithinClass(normalised))),
)
