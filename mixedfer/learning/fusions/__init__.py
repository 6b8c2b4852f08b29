"""How branches join, one way per file. Called as `fusion(features, classes, make) -> probabilities`.

`features` holds one (batch, features) tensor per branch of the arm, `make` is a `layers.Layers`.
"""
