"""The model card of a bundle, in Markdown (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019)."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

from mixedfer.metrics import METRICS
from mixedfer.study import PREDICTOR

LANDMARKS = ("Faces are landmarked by dlib's 68-point model. It was trained on iBUG 300-W, whose terms exclude commercial use, "
             "and every prediction runs it.")
#: Where a sentence ends, and an abbreviation such as "U.S. Navy" does not.
SENTENCE = r"(?<=[a-z0-9)]\.)\s+"
USE = ("Research on facial-expression recognition: figures, comparisons, first labels for pictures that people then look at.",
       "An expression is what a face shows, not what a person feels. Do not decide about people by it.")
TUNED = ("It was adapted to a few pictures. For other people, cameras and places it may have become worse than the bundle that "
         "it was made of.")


def write(said: dict, dataset: Any, faces: dict, listed: bool) -> str:
    """The card of what bundle.json says, the study's data set, and the meta data of its face set; `listed` says that boxes came
    with the data set.
    """
    sections = {"Model": _model(said), "Data": _data(dataset, faces), "Measured": _measured(said), "Intended use": _list(USE),
                "Limits": _list(_limits(said, listed)), "Licence": _licence(said, dataset)}
    return f"# {text(said['study'])}: {text(said['arm']['name'])}\n\n" + _joined(sections)


def tuned(said: dict, before: str) -> str:
    """The card of a fine-tuned bundle, given the card of the one that it was made of, which is kept under other titles."""
    origin = said["tuned"]["from"][:8]
    old = [part.partition("\n\n") for part in before.split("\n## ")[1:]]
    kept = {title: body.rstrip("\n") + "\n" for title, _, body in old}
    changed = {f"{title}, of {origin}": body for title, body in kept.items() if title in ("Model", "Measured", "Fine-tuning")}
    sections = {"Model": _model(said), "Fine-tuning": _tuning(said["tuned"]), "Measured": _measured(said),
                **{title: body for title, body in kept.items() if title not in ("Model", "Measured", "Fine-tuning")}, **changed}
    sections["Limits"] = _list([TUNED]) + sections.get("Limits", "")
    return f"# {text(said['study'])}: {text(said['arm']['name'])}, fine-tuned\n\n" + _joined(sections)


def _joined(sections: dict[str, str]) -> str:
    return "\n".join(f"## {title}\n\n{body}" for title, body in sections.items())


def _tuning(told: dict) -> str:
    asked = told["finetuning"]
    return _list([f"Made of the bundle {told['from']} by `mixedfer finetune`.",
                  f"The last layer for {asked['epochs_frozen']} epochs at a learning rate of {asked['head_rate']:g}, then all "
                  f"layers for {asked['epochs']} at {asked['learning_rate']:g}; batches of {asked['batch_size']}, seed "
                  f"{asked['seed']}.", *map(text, told["summary"])])


def text(value: Any) -> str:
    """A value as one line of Markdown in which it stands for itself.

    >>> text("<b>a_b</b>\\n# c")
    '&lt;b&gt;a\\\\_b&lt;/b&gt; \\\\# c'
    """
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in str(value)).split())
    return re.sub(r"([\\`*_{}\[\]|~$#@!])", r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _model(said: dict) -> str:
    arm, view, members = said["arm"], said["arm"].get("landmarks"), said["members"]
    sees = " and ".join(["the image"] * arm["image"] + [f"landmarks ({_name(view)})"] * bool(view))
    every = said["measured"]["all_replicates"]
    of = f" of {every['count']}" if every else ""
    which = ", ".join(dict.fromkeys(str(member["replicate"] + 1) for member in members))
    joined = f", joined by {text(_name(said['recipe']['fusion']))}" if view else ""
    kept = f"An ensemble of {len(members)} networks" if len(members) > 1 else "One network"
    return _list([f"Question of its study: {text(said['question'])}", f"Sees {text(sees)}.",
                  f"{kept}: replicate {which}{of}{f', of {_folds(said)} folds each' * (_folds(said) > 1)}.",
                  *[f"Backbone {text(_name(said['recipe']['backbone']))}{joined}."] * arm["image"],
                  f"Classes: {text(', '.join(said['classes']))}.",
                  f"Faces of {said['image'][0]} x {said['image'][1]} pixels, {'colour' if said['image'][2] == 3 else 'gray'}, "
                  f"found by {text(_name(said['preparation']['detector']))}.",
                  f"Made by mixedfer {said['made_by']['mixedfer']}, Keras {said['made_by']['keras']}, "
                  f"{said['made_by']['backend']} {said['made_by']['backend_version']}."])


def _data(dataset: Any, faces: dict) -> str:
    told = [f"Data set: {text(type(dataset).__name__)}. {text(_first(dataset))}"]
    told += [text(note) for note in [faces.get("note")] if note]
    return _list([*told, "`trained.npy` has a number of 64 bits for each image that was trained on: whoever has an image can "
                  "tell by it whether it was among them, and nothing else."])


def _measured(said: dict) -> str:
    measured, values = said["measured"], said["measured"]["metrics"]
    low, high = measured["accuracy_ci95"]
    kind = "held-out pictures" if "tuned" in said else "test images"
    told = [f"Accuracy {_percent(values['accuracy'])} (95% interval {_percent(low)} to {_percent(high)}, Wilson, as if images "
            f"were independent) on {measured['images']:,} {kind}, a face found in {measured['images_found']:,}.",
            ", ".join(f"{METRICS[name].title} {value:.3f}" for name, value in values.items() if name != "accuracy") + ".",
            "Recall: " + ", ".join(f"{text(name)} {_percent(value)}" for name, value in measured["recall"].items()) + ".",
            f"Calibration: expected error {_percent(measured['calibration']['ece'])}, Brier score "
            f"{measured['calibration']['brier']:.3f}."]
    if _folds(said) > 1 and "tuned" not in said:
        told.insert(0, "Every test image was answered by the networks of the fold that had not seen it; what those of all "
                    "folds answer together has not been measured.")
    return _list(told + _all(measured["all_replicates"]) + _against(measured["against"]))


def _all(every: dict | None) -> list[str]:
    if every is None:
        return []
    spread = "" if every["sd"] is None else f" ± {100 * every['sd']:.1f} (standard deviation)"
    return [f"All {every['count']} replicates of the arm: accuracy {_percent(every['accuracy'])}{spread}."]


def _folds(said: dict) -> int:
    return len({member["fold"] for member in said["members"]})


def _against(against: dict | None) -> list[str]:
    if against is None:
        return []
    interval = against["ci95"] and f" (95% interval {against['ci95'][0]:+.4f} to {against['ci95'][1]:+.4f})"
    return [f"Against {text(against['control'])}, in the study's report: {text(against['metric'])} {against['estimate']:+.4f}"
            f"{interval or ''}; verdict at a margin of {against['margin']}: {against['verdict']}."]


def _limits(said: dict, listed: bool) -> list[str]:
    missed = ("The whole picture is then taken for the face, as in training; rows say that no face was found."
              if said["preparation"]["missed"] == "whole-image" else "No answer is given then.")
    told = ["The numbers above hold for pictures like those of the test set, and for no others.",
            f"Faces that the detector misses. {missed}", "Probabilities are those of the network; see its calibration error."]
    if not said["preparation"]["crop"]:
        told.append("It was trained on whole pictures of one face each. A face that takes less of its picture than any of "
                    "theirs, and all but one of several, is cut out so that it lies as theirs did; that has not been "
                    "measured.")
    if listed:
        told.append("In training, boxes came from the data set's list; elsewhere there is none, and faces are searched only if "
                    "the detector has a fallback.")
    return told


def _licence(said: dict, dataset: Any) -> str:
    other = "" if said["preparation"]["predictor"] == PREDICTOR else " This bundle asks for another model file than dlib's."
    terms = [sentence for sentence in re.split(SENTENCE, _about(dataset))
             if re.search(r"\b(licen[cs]e|terms|public.domain)\b", sentence, re.IGNORECASE)]
    return _list([*(f"Data: {text(sentence)}" for sentence in terms or ["mixedfer knows no terms of this data set; ask whoever "
                                                                       "gave it."]), LANDMARKS + other])


def _about(dataset: Any) -> str:
    """What the file of a data set says of it, in one line."""
    return " ".join((inspect.getdoc(sys.modules.get(type(dataset).__module__)) or "").split())


def _first(dataset: Any) -> str:
    return re.split(SENTENCE, _about(dataset))[0]


def _name(component: Any) -> str:
    """A component by the last part of its name, without where it lies.

    >>> _name({"kind": "mixedfer.faces.detectors.dlib_hog:DlibHog@0123456789"}), _name("a.b:normalised@0123456789")
    ('DlibHog', 'normalised')
    """
    reference = str(component.get("kind") if isinstance(component, dict) else component)
    return reference.partition("@")[0].rpartition(":")[2]


def _percent(value: float) -> str:
    return f"{round(100 * value, 7):.1f}%"  # halves as the report rounds them


def _list(told) -> str:
    return "".join(f"- {each}\n" for each in told)
