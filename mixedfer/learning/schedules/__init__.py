"""Learning-rate schedules, one per file: `schedule(epoch, epochs)` is the factor on the base rate in epoch 0 .. epochs - 1."""
