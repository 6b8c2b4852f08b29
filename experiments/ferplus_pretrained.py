"""Do landmarks help ImageNet's features on FER+, and does it depend on how ten annotators' votes are trained on?

    mixedfer run experiments/ferplus_pretrained.py --data folder-with-fer2013.csv-and-fer2013new.csv

The four label modes of experiments/ferplus.py, for a machine without a GPU: the network is that of experiments/pretrained.py
(which says where other weights come from), whose frozen convolutions look at every face once for all eight arms. Every mode is
tested on the majority labels of the same 3,153 faces. It took 97 minutes on 2 CPU cores that had other work too: ten for the
features, three to five for each of the 40 runs, two at a time.

Found (reports/ferplus_pretrained, with torchvision's weights): landmarks help under every mode, by 3.9 points (majority), 3.6
(soft), 2.7 (drawn) and 3.4 (multi-target), from 72.8 to 73.4 % of image-only. Most of the gain is on the 70 % of test faces
that dlib found. This is about features of objects, not about a network that was trained on faces (there Barsoum et al.,
arXiv:1608.01041, report 83.9 to 85.0 %); differences between modes are not tested.
"""

import dataclasses

from pretrained import STUDY as PRETRAINED

from mixedfer.faces.datasets.ferplus import FerPlus
from mixedfer.study import Axis

STUDY = dataclasses.replace(
    PRETRAINED,
    question="Do landmarks help ImageNet's features on FER+, and does it depend on how votes are trained on?",
    dataset=FerPlus(labels="probability"),
    treatments=PRETRAINED.treatments[:1],
    grid=(Axis("recipe.labels", ("majority", "soft", "drawn", "multi-target")),),
)
