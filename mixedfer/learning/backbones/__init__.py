"""Image branches, one per file. Each is a frozen dataclass, called as `backbone(x, classes, make) -> features`.

`x` is the image tensor (batch, size, size, channels) after pixel scaling; `make` is a `layers.Layers`; the result is
(batch, features). Sizes are fields, so that tests can use tiny ones.
"""
