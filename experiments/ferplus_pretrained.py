"""Do landmarks help ImageNet's features on FER+, and does it depend on how ten annotators' votes are trained on?

    mixedfer run experiments/ferplus_pretrained.py --data folder-with-fer2013.csv-and-fer2013new.csv

The four label modes of experiments/ferplus.py, for a machine without a GPU: the network is that of experiments/pretrained.py
(which says where other weights come from), whose frozen convolutions look at every face once for all eight arms. Every mode is
tested on the majority labels of the same 3,153 faces. Estimated at two hours on 2 CPU cores; not yet run, so no report is
committed. It says which labels suit features of objects, not a network that was trained on faces (there Barsoum et al.,
arXiv:1608.01041, report 83.9 to 85.0 %).
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
