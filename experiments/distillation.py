"""Do landmarks help a small network to answer as its teacher does, on faces that nobody has labelled?

    mixedfer run experiments/quickstart.py
    mixedfer export experiments/quickstart.py --arm mixed --replicate all --out teacher
    python experiments/distillation.py photos
    mixedfer label photos --teacher bundle:teacher --set 'subject=person-([0-9]+)' --out labels
    mixedfer run experiments/distillation.py --data labels

The third line writes 480 portraits of invented people whom quickstart never saw, without their labels. Any other photos and
any other teacher will do (`mixedfer label --help`), given its classes in `votes` below. The student, half as wide as
quickstart's networks, is trained on the teacher's shares, not on its choices (`--set labels=majority` is the other way). What
the report calls accuracy is how often a student chooses as the teacher does, on photos of people that it was not trained on;
the confusion matrix is that of teacher and student, and a table has Cohen's kappa and how far their shares are apart. Whether
the teacher is right is not asked.

About four minutes on 2 CPU cores, one of them for labelling.

Found (reports/distillation): mixed answers as the teacher does on 90.3 % of the photos, image-only on 77.7 %, 12.6 points less
(6.1 to 19.0; kappa 0.80 and 0.55): landmarks help. The teacher has landmarks too, and a network that is so narrow learns
little from pixels in 20 epochs (see ablation_width), so this says nothing of wider ones.
"""

import sys
from pathlib import Path

from mixedfer.faces.datasets.manifest import Manifest
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors.annotated import Annotated
from mixedfer.learning.augmentations.affine import Affine
from mixedfer.learning.backbones.vgg16 import Vgg16
from mixedfer.learning.fusions.features import Features
from mixedfer.learning.landmark_branches.mlp import Mlp
from mixedfer.learning.schedules.cosine import Cosine
from mixedfer.learning.views.normalised import normalised
from mixedfer.study import Arm, Preparation, Recipe, Study

STUDY = Study(
    question="Do landmarks help a small network to answer as its teacher does, on faces that nobody has labelled?",
    dataset=Manifest(label="", votes=("happy", "sad"), subject="subject", box=("left", "top", "width", "height")),
    preparation=Preparation(detector=Annotated()),
    recipe=Recipe(
        backbone=Vgg16(width=1 / 16, blocks=3, dense=(32,), dropout=0.0),
        landmark_branch=Mlp(units=(32,), dropout=0.3),
        fusion=Features(units=(64, 32)),
        epochs=20, batch_size=16, learning_rate=2e-3, optimizer="adam", schedule=Cosine(warmup=1),
        augmentation=Affine(shift=0.04, rotation=5, skew=0.0), labels="soft",
    ),
    control=Arm("image-only", image=True),
    treatments=(Arm("mixed", image=True, landmarks=normalised),),
    replicates=5,
    margin=0.02,
    test=0.4, validation=0.1,
)


def write_photos(folder: Path, portraits: Portrait) -> None:
    """Write portraits as pictures under names that tell the person and not the expression."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for number, key in enumerate(portraits.list(None).keys):
        Image.fromarray(portraits.read(None, key)).save(folder / f"person-{key.split('/')[0]}-{number:04d}.png")


if __name__ == "__main__":
    write_photos(Path(sys.argv[1]), Portrait(classes=("happy", "sad"), population=1))
