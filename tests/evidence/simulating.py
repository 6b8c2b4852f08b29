"""Results made in memory from a known model, as many as a simulation needs, and how often they are judged rightly.

    python -m tests.evidence.simulating      prints error rates and power (a few minutes)
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from mixedfer.evidence import comparing
from mixedfer.evidence.results import Arm, Results
from mixedfer.evidence.statistics import two_way
from tests.evidence.synthetic import scores

NAMES = ("control", "treatment")


def results(probabilities: np.ndarray, truth: np.ndarray, *, subjects=None, fold=None, metric: str = "accuracy",
            margin: float = 0.02, records: tuple = ((), ())) -> Results:
    """Results of two arms from their probabilities (2, J, K, C), without any file."""
    images = len(truth)
    faces = SimpleNamespace(labels=truth, subjects=np.full(images, -1) if subjects is None else subjects,
                            found=np.arange(images) % 3 > 0, classes=[str(c) for c in range(probabilities.shape[-1])],
                            content="0", counts=dict)
    plan = SimpleNamespace(metric=metric, margin=margin, control="control", treatments=["treatment"], name="simulated",
                           question="?", first_margin=margin, varied={}, faces="0")
    arms = {name: Arm(name, list(runs), table, faces) for name, runs, table in zip(NAMES, records, probabilities)}
    return Results(plan, faces, np.arange(images), truth, np.zeros(images, int) if fold is None else fold, arms, [])


def answers(right: np.ndarray, truth: np.ndarray, rng: np.random.Generator, classes: int = 7) -> np.ndarray:
    """(..., K, C) probabilities that answer rightly where `right` (..., K) says so; otherwise any other class."""
    other = (truth + rng.integers(1, classes, right.shape)) % classes
    chosen = np.where(right, truth, other)
    sure = rng.uniform(0.4, 0.95, right.shape)[..., None]
    return np.where(chosen[..., None] == np.arange(classes), sure, (1 - sure) / (classes - 1)).astype(np.float32)


def people(rng: np.random.Generator, subjects: int, images: int) -> np.ndarray:
    """(K,) the subject of each image; every subject has a few more or fewer than `images`, one at least."""
    return np.repeat(np.arange(subjects), np.maximum(1, rng.poisson(images, subjects)))


def clustered(rng: np.random.Generator, subject: np.ndarray, replicates: int, own: float = 0.1) -> np.ndarray:
    """(2, J, K) bool: equal arms at 70% whose latent scores vary by arm and subject with variance `own`."""
    count, people_ = len(subject), subject.max() + 1
    latent = (np.sqrt(0.2) * rng.standard_normal((1, 1, people_))[..., subject]
              + np.sqrt(0.2) * rng.standard_normal((1, 1, count))
              + np.sqrt(own) * rng.standard_normal((2, 1, people_))[..., subject]
              + np.sqrt(0.1) * rng.standard_normal((2, 1, count)) + 0.03 * rng.standard_normal((2, replicates, 1))
              + np.sqrt(0.5 - own) * rng.standard_normal((2, replicates, count)))
    return latent < 0.5244


def subject_error_rates(rng: np.random.Generator, repeats: int, subjects: int, images: int, replicates: int = 10,
                        own: float = 0.1, metric: str = "accuracy") -> tuple[float, float]:
    """How often equal arms are told apart at 5% with subjects as cases, and with images as if they were independent."""
    by_subject = by_image = 0
    for _ in range(repeats):
        subject = people(rng, subjects, images)
        truth = rng.integers(0, 7, len(subject))
        right = clustered(rng, subject, replicates, own)
        found = results(answers(right, truth, rng), truth, subjects=subject, metric=metric)
        by_subject += comparing.difference(found, "treatment").p < 0.05
        by_image += two_way.estimate(*right).p < 0.05
    return by_subject / repeats, by_image / repeats


def verdicts(rng: np.random.Generator, repeats: int, gap: float, *, replicates: int = 10, images: int = 3589,
             margin: float = 0.01) -> dict[str, float]:
    """Share of studies with a true difference of `gap` that get each verdict, and that find any difference ("p")."""
    told = dict.fromkeys(("helps", "hurts", "equivalent", "inconclusive", "p"), 0)
    for _ in range(repeats):
        found = two_way.compare(*scores(rng, replicates, images, (0.70, 0.70 + gap), spread=0.02), margin=margin)
        told[found.verdict] += 1
        told["p"] += found.p < 0.05
    return {word: count / repeats for word, count in told.items()}


def main() -> None:
    """Print what the slow tests check."""
    for gap in (0.0, 0.01, 0.02, 0.03, 0.05):
        shares = verdicts(np.random.default_rng(1), 1000, gap)
        print(f"true difference {gap:.2f}, margin 0.01, 10 x 3,589:", ", ".join(f"{k} {v:.1%}" for k, v in shares.items()))
    for subjects, images, replicates in ((5, 40, 10), (10, 30, 10), (20, 20, 5), (20, 20, 10), (60, 10, 10)):
        rates = subject_error_rates(np.random.default_rng(2), 1000, subjects, images, replicates)
        print(f"{subjects} subjects of {images} images, {replicates} replicates: equal arms told apart "
              f"{rates[0]:.1%} (subjects), {rates[1]:.1%} (images)", flush=True)
    for metric in ("macro_f1", "balanced_accuracy", "log_loss"):
        rates = subject_error_rates(np.random.default_rng(3), 500, 20, 20, 10, metric=metric)
        print(f"{metric}, 20 subjects of 20 images, 10 replicates: {rates[0]:.1%}", flush=True)


if __name__ == "__main__":
    main()
