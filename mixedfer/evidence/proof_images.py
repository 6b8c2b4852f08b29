"""The checks of which images trained, validated and tested the models: by the rows that runs left, and by their hashes."""

from __future__ import annotations

import numpy as np

from mixedfer.disk import hash_arrays
from mixedfer.evidence.proof_reading import Check, Runs, agree, by_fold, counted, look_up, named, short, verdict
from mixedfer.records import Record

#: What must have no image in common.
APART = (("test", "training"), ("test", "validation"), ("validation", "training"))


def split(runs: Runs) -> Check:
    """A split knows neither arms nor replicates; its hashes must be those of the rows that the runs left."""
    wrong = []
    for part in ("train", "validation", "test"):
        wrong += agree(by_fold(runs), f"hash of the {part} rows", lambda run, part=part: look_up(run.proof, "split", part))
    wrong += [f"{named(key, run)} left other {part} rows than its proof has the hash of" for key, run in runs.items()
              for part, rows in _rows(run).items() if not _hashed(run, part, rows)]
    sizes = ", ".join(f"{_sizes(runs, part)} {part}" for part in ("training", "validation", "test"))
    splits = [look_up(run.proof, "split") for run in runs.values()]
    return verdict("split", wrong, f"the same rows ({sizes}) in all arms of each of {counted(runs)} ({short(splits)})")


def same_images(runs: Runs) -> Check:
    """The tested rows are compared by the loader, which refuses to pool different ones."""
    wrong = [f"{named(key, run)} has {count} {one} images in its {other} set" for key, run in runs.items()
             for one, other in APART if (count := len(np.intersect1d(_rows(run)[one], _rows(run)[other])))]
    wrong += _covered(runs)
    rows = np.unique(np.concatenate([run.test.rows for run in runs.values()]))
    covered = "; the same of them were covered in all arms that see the image" if any(map(_seen, runs.values())) else ""
    return verdict("test images", wrong, f"{len(rows)} images, the same for every arm and replicate "
                    f"({short(rows.tolist())}); no run trained or validated on an image that it was tested on, or trained on "
                    f"one that it was validated on{covered}")


def _rows(run: Record) -> dict[str, np.ndarray]:
    return {"training": run.train, "validation": run.validation.rows, "test": run.test.rows}


def _hashed(run: Record, part: str, rows: np.ndarray) -> bool:
    """Whether the proof has the hash of these rows; where it has none, the comparison across arms says so."""
    wanted = look_up(run.proof, "split", {"training": "train"}.get(part, part))
    return wanted in (None, "", hash_arrays(np.sort(rows)))


def _sizes(runs: Runs, part: str) -> str:
    """How many rows: one number, or with folds the least and the most."""
    sizes = [len(_rows(run)[part]) for run in runs.values()]
    return " to ".join(f"{size:,}" for size in sorted({min(sizes), max(sizes)}))


def _seen(run: Record) -> bool:
    """Whether the arm sees the image."""
    return run.spec["arm"]["image"]


def _covered(runs: Runs) -> list[str]:
    """Where the pixels of other test images were covered than in the first arm that sees the image."""
    wrong = []
    for group in by_fold(runs, _seen):
        first = next(iter(group))
        for name, run in group.items():
            rows, expected = run.occlusion.rows, group[first].occlusion.rows
            if not _seen(run):
                wrong += [f"{name} does not see the image but left maps of covered images"] if len(rows) else []
            elif not np.array_equal(rows, expected):
                wrong.append(f"{name} had other images covered than {first}")
            elif not len(rows) or not np.isin(rows, run.test.rows).all():
                wrong.append(f"{name} left no maps of covered test images")
    return wrong
