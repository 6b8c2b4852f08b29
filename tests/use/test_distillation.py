"""The way of experiments/distillation.py, from portraits to a face set with the teacher's shares, in small."""

import dataclasses

import numpy as np

from mixedfer import study_files
from mixedfer.faces import preparation
from mixedfer.faces.datasets.portrait import Portrait
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.use import labelling
from mixedfer.use.teachers import Answer, Told
from tests.commands import ROOT


@dataclasses.dataclass(frozen=True)
class Surer:
    """A teacher who is surer of each face than of the one before."""

    name: str = "surer"

    def start(self):
        asked = []

        def ask(paths):
            asked.extend(paths)
            return [Told([Answer(None, {"happy": 1.0 + len(asked), "sad": 1.0})], [])]
        return ask


def test_portraits_become_a_face_set_with_the_teachers_shares(tmp_path):
    path = ROOT / "experiments" / "distillation.py"
    study = study_files.load(path)
    import distillation

    distillation.write_photos(tmp_path / "photos", Portrait(classes=("happy", "sad"), identities=3, per_class=1, population=1))
    names = sorted(one.name for one in (tmp_path / "photos").iterdir())
    assert len(names) == 6 and names[0] == "person-000-0000.png" and not [name for name in names if "sad" in name]
    asked = labelling.Labelling(teacher=Surer(), detector=DlibHog(), subject="person-([0-9]+)")
    place = labelling.LabellingPlace(tmp_path / "labels", tmp_path / "store", quiet=True)
    told = labelling.label(asked, [str(tmp_path / "photos")], place)
    assert told["labelled"] == 6
    faces = preparation.prepare(study, tmp_path / "labels", tmp_path / "store", quiet=True)
    assert faces.classes == ("happy", "sad") and faces.found.all() and len(set(np.asarray(faces.subjects))) == 3
    assert sorted(np.asarray(faces.votes)[:, 1]) == [np.float32(f"{1 / (1 + n):.6g}") for n in range(7, 1, -1)]
    assert study.recipe.labels == "soft"
