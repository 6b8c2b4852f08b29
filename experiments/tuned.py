"""Do landmarks help once each arm has the best recipe that it can find, on the embedded portrait?

    mixedfer tune experiments/tuned.py

One shared recipe may favour one arm. So image-only and mixed each get a search of their own: eight trials of learning rate and
dropout, the same space and budget for both, judged on the validation pictures alone; then five replicates of each arm under
its best recipe, beside the comparison under the one of the quickstart, whose runs are reused. About five minutes on 2 CPU
cores. Install Optuna first: pip install 'mixedfer[tune]'.

Found: under one recipe mixed is at -2.1 points (-5.4 to 1.3), with each arm at its own best at -3.0 (-6.7 to 0.7), both
inconclusive. No recipe did better for image-only than the shared one, which was chosen with it; mixed took dropout 0.24, 93.8 %
right on 48 validation pictures and 88.6 % on the test pictures: so few pictures hardly tell recipes apart. In 4 of its 8 trials
image-only stayed near chance (46 to 56 %); mixed never fell below 89.6 %.
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
