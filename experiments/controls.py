"""If landmarks help on the portrait set, is it because of what they say? The quickstart study with every control.

    mixedfer run experiments/controls.py

About 5 minutes on 2 CPU cores. A gain of "mixed" is due to landmarks only as far as it exceeds that of the arms that cannot
know more than the image: shuffled, noise, constant, found flag, widened. "A/A identical" is the control under another name and
must come out as exactly 0; "A/A other seeds" shows what seeds alone do. "shuffled within class" takes the landmarks of another
face of the true class: it leaks the label when testing, too, is an upper bound, and never evidence.

Expectation, from reasoning: image-only is at about 90 % here and landmarks are read from the same pixels, so mixed and the
negative controls are equivalent or inconclusive, and shuffled within class gains. A first look at three replicates did not show
that last gain: if five do not either, this network could not have shown a gain, and no gain of "mixed" says little.
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
