"""train(cell) -> record: the only compile() and the only fit loop.

After every epoch: validate, note what the proof needs, write the checkpoint. After the last: read the test partition,
once, and write the record. A run that was killed goes on from its checkpoint to the same bytes.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np

from mixedfer import disk, metrics, records
from mixedfer.errors import Diverged
from mixedfer.faces import splits
from mixedfer.faceset import PARTITIONS, FaceSet
from mixedfer.learning import backend, checkpoints, compiled, frozen, losses, models, occlusion, optimizers, pretrained
from mixedfer.learning.batches import Batches
from mixedfer.learning.witness import Seen, Witness
from mixedfer.records import Occlusion, Predictions, Record
from mixedfer.study import Cell

CHUNK = 4096  # images at once, where all are summed
Watch = Callable[[list[dict]], None]
Say = Callable[[str], None]


def train(cell: Cell, faces: FaceSet, store: Path, run: str, threads: int = 1, watch: Watch = lambda history: None,
          say: Say = lambda text: None) -> None:
    """Make the record of one cell, `run`, in `store`, or return at once if it is there.

    `watch(history)` is called after every epoch with the entries of all epochs so far, those of a checkpoint included;
    `say(text)` when a checkpoint cannot be gone on from. `threads` is what `backend.setup` was called with. Raises Busy when
    another process trains this cell, Diverged when the loss or a weight is not a number, Fault when the disk is full; then all
    finished epochs but the last are kept.
    """
    folder = records.run_folder(store, run)
    work = store / "work" / run
    with disk.lock(store / "locks" / run, f"{cell} (run {run})"):
        if not disk.is_done(folder):
            _make(folder, Run(cell, faces, store, run, threads, watch, say))
        shutil.rmtree(work, ignore_errors=True)


def _make(folder: Path, run: Run) -> None:
    try:
        run.finish(folder)
        compiled.keep(run.model, run.recipe)
    finally:
        # TensorFlow never lets go of the generator that a model was fitted on; the model must not stay with it.
        vars(run).clear()
        backend.release()


class Run:
    """One cell being trained: its model, its batches and what it has behind it."""

    def __init__(self, cell: Cell, faces: FaceSet, store: Path, run: str, threads: int, watch: Watch, say: Say):
        self.cell, self.faces, self.recipe, self.watch = cell, faces, cell.study.recipe, watch
        self.checkpoint = store / "work" / run / "checkpoint.npz"
        self.provenance = {**backend.versions(), **backend.making(), "device": backend.device(), "threads": threads,
                           "deterministic": backend.deterministic()}
        self.split = splits.split(faces, cell.study, cell.fold)
        self.given = pretrained.load(getattr(self.recipe.backbone, "weights", None), store) if cell.arm.image else {}
        self.frozen = self._freeze(store, say) if cell.arm.image and frozen.trunk(self.recipe) is not None else None
        self.parts = {part: Batches(faces, getattr(self.split, part), part, self.recipe, cell.seed, cell.arm.landmarks,
                                    self.frozen and self.frozen.values) for part in PARTITIONS}
        self.model = self._build()
        self.initial = {name: {"shape": list(variable.shape), "sha256": _hash(variable)}
                        for model in (self.frozen and self.frozen.model, self.model) if model
                        for name, variable in _named(model).items()}
        self.progress = checkpoints.load(self.checkpoint, self._state(), self.provenance, lambda text: say(f"{cell}: {text}"))
        self.witness = Witness(faces)
        self.evaluated: dict[str, dict] = {}
        self.started, self.seconds = time.perf_counter(), []

    def _freeze(self, store: Path, say: Say) -> frozen.Features:
        maker = {**backend.making(), **{name: self.provenance[name] for name in ("device", "threads")}}
        return frozen.Features(self.recipe, self.faces, self.given, store, maker, say)

    def _build(self) -> keras.Model:
        view, shape = self.cell.arm.landmarks or self.cell.arm.widened, None
        if view is not None:
            shape = view(self.faces.landmarks[:1], self.faces.found[:1], self.parts["train"].side).shape[1:]
        model = models.build(self.recipe, self.cell.arm, self.faces.images.shape[1:], shape, len(self.faces.classes),
                             self.cell.seed, mean=self._mean() if self.recipe.pixels == "centred" else None, given=self.given,
                             features=self.frozen.values.shape[1] if self.frozen else 0)
        given = [variable for name, variable in _named(model).items() if name in self.given and variable.trainable]
        model.compile(optimizers.of(self.recipe, model.trainable_variables, given), losses.of(self.recipe.labels),
                      metrics=["accuracy"], jit_compile=backend.xla())
        # In float16, compiling wraps the optimiser in one that scales the loss, whose own state is there only once it is built.
        model.optimizer.build(model.trainable_variables)
        return compiled.take(model, self.recipe)

    def _mean(self) -> np.ndarray:
        """The mean image of the training partition, (size, size, channels) of 0..255."""
        rows = self.split.train
        parts = [self.faces.take("images", rows[start:start + CHUNK]).sum(0, dtype=np.float64)
                 for start in range(0, len(rows), CHUNK)]
        return np.sum(parts, axis=0) / len(rows)

    @contextlib.contextmanager
    def _averaged(self) -> Iterator[None]:
        """The moving average in place of the weights, where the recipe has one. Of what training changes by gradients, as
        with Keras' own `use_ema`: the running mean and variance of batch normalisation stay those of the weights themselves.
        """
        kept = [variable.numpy() for variable in self.model.trainable_variables] if self.recipe.average else []
        self._average()
        yield
        for variable, value in zip(self.model.trainable_variables, kept):
            variable.assign(value)

    def _average(self) -> None:
        if self.recipe.average:
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
            # Copies: JAX gives up a weight's memory when it predicts, and here that would be the average's own.
            for variable in self.model.trainable_variables:
                variable.assign(np.array(variable.numpy()))

    def _state(self) -> list:
        """Every variable that the next epoch depends on: weights, dropout streams, optimiser."""
        return [*self.model.trainable_variables, *self.model.non_trainable_variables, *self.model.optimizer.variables]

    def finish(self, folder: Path) -> None:
        """Train what is left, then write the record."""
        self._fit()
        self._average()
        if self.recipe.selection == "best":
            self.model.set_weights(self.progress.best)
        test, validation = self._predict("test"), self._predict("validation")
        record = Record(spec=self.cell.spec(self.faces.content), provenance=self.provenance, proof=self._proof(),
                        history=self.progress.history, summary=self._summary(), train=self.split.train, test=test,
                        validation=validation, occlusion=self._occlusion())
        weights = {variable.path: np.asarray(variable.numpy()) for variable in self.model.weights}
        records.write(folder, record, weights, self._timing())

    def _fit(self) -> None:
        steps = self.parts["train"].steps
        if self.progress.epochs < self.recipe.epochs:
            self.model.fit(self._stream(), steps_per_epoch=steps, epochs=self.recipe.epochs, verbose=0,
                           initial_epoch=self.progress.epochs, callbacks=[Epochs(self)], shuffle=False)

    def _stream(self) -> Iterator[tuple[dict, np.ndarray]]:
        """All batches of all epochs that are left. What a batch holds depends on its place alone, so reading ahead is safe."""
        for epoch in range(self.progress.epochs, self.recipe.epochs):
            for batch in self.parts["train"].epoch(epoch):
                self.witness.see(epoch, batch)
                weights = () if batch.weights is None else (batch.weights,)
                yield self._taken(batch.inputs), batch.targets, *weights

    def _taken(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Those of a batch's inputs that this arm's model has."""
        return {tensor.name: inputs[tensor.name] for tensor in self.model.inputs}

    def end_epoch(self, epoch: int, rate: float, logs: dict, seconds: float) -> None:
        """Validate, note, select, write the checkpoint. Raises Diverged when the loss or a weight is not a number."""
        with self._averaged():
            entry = self._validate(epoch, rate, logs)
            self._note(epoch, entry)
        checkpoints.save(self.checkpoint, self._state(), self.progress, self.provenance)
        self.seconds.append(seconds)
        self.watch(self.progress.history)

    def _validate(self, epoch: int, rate: float, logs: dict) -> dict:
        """The epoch's entry in the history."""
        validation = self._predict("validation")
        truth, probabilities = self.faces.labels[validation.rows], validation.probabilities
        if not (np.isfinite(logs["loss"]) and np.isfinite(probabilities).all() and models.is_finite(self.model)):
            raise Diverged(f"{self.cell}: the loss or a weight is not a number in epoch {epoch + 1}",
                           remedy="A smaller learning rate (--set learning_rate=...) usually mends this. Finished runs are "
                           "kept.")
        return {"epoch": epoch + 1, "learning_rate": rate, "loss": float(logs["loss"]),
                "accuracy": float(logs["accuracy"]),
                **{f"validation_{name}": metrics.of(metric)(truth, probabilities)
                   for name, metric in (("loss", "log_loss"), ("accuracy", "accuracy"))}}

    def _note(self, epoch: int, entry: dict) -> None:
        best = max((past["validation_accuracy"] for past in self.progress.history), default=-1.0)
        self.progress.history.append(entry)
        self.progress.shown.append(self.witness.epoch(epoch))
        self.progress.first_batches = self.progress.first_batches or self.witness.first
        if self.recipe.selection == "last":
            self.progress.selected = epoch
        elif entry["validation_accuracy"] > best:
            self.progress.selected, self.progress.best = epoch, self.model.get_weights()

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        factor = self.recipe.schedule(epoch, self.recipe.epochs, self.progress.history)
        return float(self.recipe.learning_rate * factor)

    def _predict(self, part: str) -> Predictions:
        """The probabilities of a partition's faces: means over the frames in which the recipe looks at each."""
        batches, seen, sums = self.parts[part], Seen(), 0.0
        for frame in range(len(batches.frames)):
            outputs = []
            for batch in batches.still(frame):
                seen.add(batch)
                outputs.append(self._answers(batch.inputs))
            sums += np.concatenate(outputs)[:len(batches.rows)]
        self.evaluated[part] = seen.hashes()
        return Predictions(batches.rows, (sums / len(batches.frames)).astype(np.float32))

    def _answers(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self.model.predict_on_batch(self._taken(inputs))

    def _occlusion(self) -> Occlusion:
        test = self.parts["test"]
        return occlusion.look(test, self._looks) if self.cell.arm.image else occlusion.nothing(test.rows)

    def _looks(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """The answers to images that were changed, of which a frozen backbone's features are not known."""
        return self._answers({**inputs, "features": self.frozen.of(inputs["image"])} if self.frozen else inputs)

    def _proof(self) -> dict:
        return {"initial_weights": self.initial, "shown": self.progress.shown, "evaluated": self.evaluated,
                "first_batches": self.progress.first_batches,
                "split": {part: disk.hash_arrays(getattr(self.split, part)) for part in PARTITIONS},
                "learning_rate": [entry["learning_rate"] for entry in self.progress.history],
                "follows": getattr(self.recipe.schedule, "follows", "epochs")}

    def _summary(self) -> dict:
        return {"parameters": models.parameters(self.model), "epochs": self.progress.epochs,
                "selected_epoch": self.progress.selected + 1,
                "landmarks": self._view(),
                "images": {part: len(getattr(self.split, part)) for part in PARTITIONS}}

    def _view(self) -> dict | None:
        """Whose landmarks the arm says that it shows, and what an equal gain of it would mean; the latter for controls."""
        view = self.cell.arm.landmarks
        return view and {"shows": getattr(view, "shows", "own"), "rules_out": getattr(view, "rules_out", "")}

    def _timing(self) -> dict:
        """Seconds of this process alone; epochs of a run that was resumed are not counted twice."""
        return {"seconds": time.perf_counter() - self.started, "seconds_per_epoch": self.seconds}


class Epochs(keras.callbacks.Callback):
    """Sets the learning rate before an epoch and hands the run what an epoch gave."""

    def __init__(self, run: Run):
        super().__init__()
        self.run, self.began = run, 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()
        self.model.optimizer.learning_rate = self.run.rate(epoch)

    def on_epoch_end(self, epoch, logs=None):
        seconds, rate = time.perf_counter() - self.began, float(self.model.optimizer.learning_rate)
        self.run.end_epoch(epoch, rate, logs, seconds)


def _named(model: keras.Model) -> dict[str, keras.Variable]:
    """Names of our own: Keras numbers the streams of dropout in the order in which a process makes them."""
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.variables}


def _hash(variable) -> str:
    return disk.hash_arrays(np.asarray(variable.numpy()))
