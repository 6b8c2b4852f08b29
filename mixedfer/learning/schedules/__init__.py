"""Learning-rate schedules, one per file: `schedule(epoch, epochs, history)` is the factor on the base rate in epoch
0 .. epochs - 1.

`history` has the entries of the epochs before (see `mixedfer.records`). A schedule that reads them has `follows = "history"`,
for then arms may have other rates by one rule, and the proof must know; all others give every arm the same rates.
"""
