"""Do landmarks help once each arm has the best recipe that it can find, on the embedded portrait?

    mixedfer tune experiments/tuned.py

One shared recipe may favour one arm. So image-only and mixed each get a search of their own: eight trials of learning rate and
dropout, the same space and budget for both, judged on the validation pictures alone; then five replicates of each arm under
its best recipe, beside the comparison under the one of the quickstart, whose runs are reused. About three minutes on 2 CPU
cores. Expect neither to show a gain: 48 validation pictures hardly tell recipes apart, and the shared one was chosen on this
set. Install Optuna first: pip install 'mixedfer[tune]'.
"""

import dataclasses

from quickstart import STUDY as QUICKSTART

from mixedfer.axes import Range, Search

STUDY = dataclasses.replace(
    QUICKSTART,
    question="Do landmarks help once each arm has the best recipe that it can find, on the embedded portrait?",
    treatments=QUICKSTART.treatments[:1],
    search=Search(trials=8, together=4,
                  space=(Range("learning_rate", 5e-4, 2e-2, log=True), Range("fusion.dropout", 0.0, 0.5))),
)
