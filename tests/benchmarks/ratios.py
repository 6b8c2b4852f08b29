"""Ratios, each measured in one run: what mixedfer does over the bare minimum that the same result needs.

    make bench MIXEDFER_TEST_DATA=/path/to/folder/with/fer2013.csv
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np

from mixedfer import disk, faceset, processes
from mixedfer.faces import preparation
from mixedfer.faces.pools import Processes
from tests import real_data
from tests.benchmarks import bare, noise, prediction, say
from tests.commands import ROOT

BARE_PICTURES, ROUNDS, MANY = 3000, 11, 1_000_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = real_data.fer2013(Path(folder))
        if data:
            say("preparation over workers x bare dlib loop", preparation_ratio(data, Path(folder)), "0.90 or more")
        else:
            print(f"preparation: skipped, {real_data.REASON}")
        steps = training_ratios(Path(folder))
        say("training over bare compiled steps", steps["training"], "0.97 or more")
        say("making batches over training on them", steps["batches"], "0.05 or less")
        say("mixed over image-only step time", steps["mixed"], "1.05 or less")
        say("bfloat16 over float32 step time", steps["bfloat16"], "below 1 where it pays")
        say("step time, maps normalised in one operation over Keras' own", steps["normalised"], "0.80 or less")
        say("cells per hour, 2 workers over 1", workers_ratio(Path(folder)), "1.6 or more on 2 cores")
        say("epoch on known features over one that computes them", frozen_ratio(Path(folder)), "0.10 or less")
        say("predictions per second over one face after the other", prediction.ratio(Path(folder)), "4 or more")
        peak = peak_memory(Path(folder))
        print(f"peak memory, training from {MANY:,} images: {peak:.2f} GB (goal: under 2)")


def preparation_ratio(data: Path, folder: Path) -> float:
    """All of FER2013 on all cores, from the CSV to the finished set, over as many bare loops as there are workers."""
    from mixedfer import study_files

    study = study_files.load(ROOT / "experiments" / "fer2013.py")
    keys = study.dataset.list(data).keys
    pictures = [study.dataset.read(data, key) for key in keys[::len(keys) // BARE_PICTURES]]
    before = bare.loop(pictures, study.preparation.detector.upsample)
    workers = processes.cores()
    began = time.perf_counter()
    faces = preparation.prepare(study, data, folder, pool=Processes(workers), quiet=True)
    seconds = time.perf_counter() - began
    alone = (before + bare.loop(pictures, study.preparation.detector.upsample)) / 2
    print(f"  {len(faces):,} pictures in {seconds:.1f} s on {workers} workers; bare loop {alone:.0f} pictures/s per core")
    return len(faces) / seconds / (workers * alone)


def training_ratios(folder: Path) -> dict[str, float]:
    """Seconds per epoch of the real loop for two arms, and for one in bfloat16, each over bare steps on resident tensors in
    turns; medians. What of an epoch it takes to make its batches, which TensorFlow does beside training. And steps with
    batch normalisation as it is here over steps with it as Keras has it.
    """
    from mixedfer.learning import backend

    backend.quiet()
    backend.setup(1)
    study = noise.study(epochs=ROUNDS + 1)
    faces = noise.faces(folder / "small", 1024)
    plain, mixed = study.cells()
    bare = _BareSteps(plain, faces, folder)
    seconds = {cell.arm.name: _beside_bare(_run(cell, faces, folder), bare) for cell in (plain, mixed)}
    over = {arm: typical / other for arm, (typical, other) in seconds.items()}
    typical, other = _beside_bare(_run(study.varying(precision="mixed_bfloat16").cells()[0], faces, folder), bare)
    with mock.patch.object(backend, "normalises", return_value=False):
        usual, beside = _beside_bare(_run(plain, faces, folder), bare)
    return {"training": 1 / over["image-only"], "mixed": over["mixed"] / over["image-only"],
            "bfloat16": typical / other / over["image-only"], "normalised": over["image-only"] * beside / usual,
            "batches": _making(_run(mixed, faces, folder)) / seconds["mixed"][0]}


def workers_ratio(folder: Path) -> float:
    """Seconds that one worker takes for four cells over what two take, the start of both included."""
    from mixedfer.cells import Job
    from mixedfer.engines.local import Local

    faces, seconds = noise.faces(folder / "small", 1024), []
    for workers in (1, 2):
        jobs = [Job.of(cell, faces, folder / f"by {workers}", 1) for cell in noise.study(epochs=2, replicates=2).cells()]
        began = time.perf_counter()
        Local(workers).run(jobs, 1, quiet=True)
        seconds.append(time.perf_counter() - began)
    print("  " + ", ".join(f"{4 * 3600 / one:.0f} cells per hour" for one in seconds))
    return seconds[0] / seconds[1]


def _run(cell, faces, folder):
    from mixedfer.learning.training import Run

    return Run(cell, faces, folder, cell.arm.name, 1, lambda history: None, print)


def _epochs(run, between=lambda: None) -> list[float]:
    """Seconds of each epoch's steps in one fit, as a run has one; what is done `between` epochs is out of them."""
    import keras

    class Turns(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds.append(time.perf_counter() - self.began)
            between()

    seconds: list[float] = []
    run.model.fit(run._stream(), steps_per_epoch=run.parts["train"].steps, epochs=run.recipe.epochs, verbose=0, shuffle=False,
                  callbacks=[Turns()])
    return seconds


def _making(run) -> float:
    """Seconds to draw, read and note for the proof the batches of one epoch, without training."""
    began = time.perf_counter()
    for _ in run._stream():
        pass
    return (time.perf_counter() - began) / run.recipe.epochs


def _beside_bare(run, bare: _BareSteps) -> tuple[float, float]:
    """Seconds of an epoch of a run, and of one of bare steps, in turns."""
    others: list[float] = []
    seconds = _epochs(run, lambda: others.append(bare.epoch()))
    # The first round traces and compiles.
    typical, other = statistics.median(seconds[1:]), statistics.median(others[1:])
    steps = run.parts["train"].steps
    print(f"  {run.cell.arm.name} in {run.recipe.precision}: {1000 * typical / steps:.1f} ms per step, "
          f"bare {1000 * other / steps:.1f} ms")
    return typical, other


def frozen_ratio(folder: Path) -> float:
    """Seconds per epoch of a wholly frozen backbone, its features known, over the same in the model; medians. Computing the
    features once takes about as long as one of the latter epochs.
    """
    from mixedfer.learning import pretrained
    from mixedfer.learning.augmentations.affine import Affine

    weights = _made_up_weights(folder / "weights.npz")
    pretrained.keep([weights], folder / "weights.npz", folder)
    plain = noise.study(width=1.0, epochs=3)
    backbone = dataclasses.replace(plain.recipe.backbone, weights=weights, frozen=5, batch_normalisation=False)
    faces, seconds = noise.faces(folder / "few", 256), {}
    for name, augmentation in (("known", None), ("computed", Affine())):
        recipe = dataclasses.replace(plain.recipe, backbone=backbone, pixels="raw", augmentation=augmentation)
        cell = dataclasses.replace(plain, recipe=recipe).cells()[0]
        seconds[name] = statistics.median(_epochs(_run(cell, faces, folder))[1:])
    print("  " + ", ".join(f"{name} {len(faces) * 0.6 / value:.0f} images/s" for name, value in seconds.items()))
    return seconds["known"] / seconds["computed"]


def _made_up_weights(path: Path):
    """Random convolutions in the place of ImageNet's: speed does not depend on what they are."""
    from mixedfer.learning.backbones.vgg16 import BLOCKS
    from mixedfer.learning.weights.archive import Archive

    arrays, before, rng = {}, 3, np.random.default_rng(0)
    for block, (filters, depth) in enumerate(BLOCKS, 1):
        for layer in range(1, depth + 1):
            shape = (3, 3, before, before := filters)
            arrays[f"block{block}_conv{layer}/kernel"] = rng.normal(0, (2 / np.prod(shape[:3])) ** 0.5, shape)
            arrays[f"block{block}_conv{layer}/bias"] = np.zeros(shape[3])
    np.savez(path, **arrays)
    return Archive(sha256=disk.hash_file(path))


class _BareSteps:
    """The same compiled step on tensors that are in memory already; nothing is read, drawn or checked."""

    def __init__(self, cell, faces, folder):
        import keras

        self.run = _run(cell, faces, folder)
        self.model = self.run.model
        self.model.make_train_function()
        self.batches = [({name: keras.ops.convert_to_tensor(batch.inputs[name]) for name in ("image", "affine")},
                         keras.ops.convert_to_tensor(batch.targets)) for batch in self.run.parts["train"].epoch(0)]

    def epoch(self) -> float:
        began = time.perf_counter()
        for batch in self.batches:
            self.model.train_function(iter([batch]))
        return time.perf_counter() - began


def peak_memory(folder: Path) -> float:
    """Peak resident gigabytes of a process that trains one epoch on a million images and predicts the rest."""
    noise.faces(folder / "large", MANY)
    line = [sys.executable, "-m", "tests.benchmarks.ratios", "--train", str(folder)]
    return json.loads(subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def _train_many(folder: Path) -> None:
    from mixedfer.learning import backend

    backend.quiet()
    backend.setup(processes.cores())
    from mixedfer.learning import training

    cell = noise.study(**{"blocks": 1, "backbone.dense": (8,), "width": 1 / 64, "batch_size": 256}).cells()[1]
    training.train(cell, faceset.load(folder / "large"), folder / "store", "large", processes.cores())
    # Not ru_maxrss: that begins with what the parent held when it started this process.
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6)


if __name__ == "__main__":
    _train_many(Path(sys.argv[2])) if sys.argv[1:2] == ["--train"] else main()
