"""The peer's second and third script: one arm of the comparison in plain Keras, arrays in memory, float32, one process.

    python plain_training.py raw faces.npz 3 2
    python plain_training.py mixed faces.npz 3 2

Nothing of mixedfer is used here. The network, Adam at 1e-3 and batches of 16 are those of the first project (and of
experiments/original.py); Keras' defaults do the rest. It draws no figure, tests no difference and keeps no probabilities.
"""

import json
import sys


def build(keras, mixed):
    layers = keras.layers
    inputs = [keras.Input((48, 48, 1))]
    x = inputs[0]
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for units in (64, 64, 2):
        x = layers.Dense(units, activation="relu")(x)
    x = layers.Softmax()(x)
    if mixed:
        inputs.append(keras.Input((68, 2)))
        y = layers.Dense(2, activation="relu")(inputs[1])
        y = layers.Dense(2, activation="softmax")(layers.Flatten()(y))
        x = layers.Dense(68, activation="relu")(layers.Concatenate()([x, y]))
        x = layers.Dense(2, activation="softmax")(x)
    return keras.Model(inputs, x)


def main(kind, source, epochs, seeds):
    import keras
    import numpy as np

    with np.load(source) as file:
        images, landmarks = file["images"][..., None].astype("float32"), file["landmarks"].astype("float32")
        happy, usages = file["emotions"] == 3, file["usages"]

    def part(usage):
        rows = usages == usage
        return [images[rows], landmarks[rows]] if kind == "mixed" else [images[rows]], happy[rows].astype("int32")

    train, validation, test = map(part, ("Training", "PublicTest", "PrivateTest"))
    scores = []
    for seed in range(int(seeds)):
        keras.utils.set_random_seed(seed)
        model = build(keras, kind == "mixed")
        model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(*train, batch_size=16, epochs=int(epochs), validation_data=validation, verbose=0)
        scores.append(model.evaluate(*test, verbose=0)[1])
    model.save(f"{kind}.keras")
    print(f"{kind}: {np.mean(scores):.3f} +- {np.std(scores):.3f}", file=sys.stderr)
    print(json.dumps({"parameters": model.count_params(), "epochs": int(epochs), "images":
                      {"train": len(train[1]), "validation": len(validation[1]), "test": len(test[1])}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
