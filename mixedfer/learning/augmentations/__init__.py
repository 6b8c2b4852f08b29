"""Augmentations, one per file: one affine per sample and epoch, for the image's pixels and its points alike.

`draw(rng, count)` makes one row of numbers per face of the set, `matrices(draws, size)` turns rows into affines. The draws are
keyed by seed and epoch, so they depend neither on the arm nor on the order of batches.
"""
