"""Landmark branches, one per file: a view's array in, features out.

Called as `branch(x, classes, make) -> (batch, features)`; `make` is a `layers.Layers`.
"""
