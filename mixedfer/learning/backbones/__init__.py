"""Image branches, one per file. Each is a frozen dataclass, called as `backbone(x, classes, make) -> features`.

`x` is the image tensor (batch, size, size, channels) after pixel scaling; `make` is a `layers.Layers`; the result is
(batch, features). Sizes are fields, so that tests can use tiny ones. A backbone that can start from given weights also has

    weights         where they come from (see `mixedfer.learning.weights`), or None; it has `make` preprocess pixels as these
                    weights ask for, and says which layers are `given` and which of them `frozen`
    trunk           the same backbone without its fully connected layers, where all that is left is frozen, else None; what it
                    makes of an image is computed once per face set, see `mixedfer.learning.frozen`
    head(x, make)   from the features of the trunk to those of the whole
"""
