"""The first project's comparison, experiments/original.py, without the grid that its study has: what `make bench-peers` and
`make bench-scale` prepare and train.
"""

from experiments.original import STUDY as GRID

STUDY = GRID.plain()
