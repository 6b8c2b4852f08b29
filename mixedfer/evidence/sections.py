"""What stands in a report, and in which order: one list, which the page and its Markdown twin both lay out.

A section is a title and blocks. A block is a kind, which both templates know how to write, and its content:

    text      a sentence or more                     table     a `table.Table`
    files     (title, [(label, address)]) pairs      gallery   a `gallery.Gallery`
    verdicts  a list of {word, kind, symbol, ...}    picture   a `pictures.Picture`
    checks    the checks of the proof                code      text to be copied
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixedfer.errors import BadInput, nearest
from mixedfer.evidence import audit_tables, controls, preparations, reproduce, wording
from mixedfer.evidence.pictures import Picture
from mixedfer.evidence.proof_reading import joined
from mixedfer.evidence.table import Table
from mixedfer.metrics import METRICS

SYMBOLS = {"helps": "▲", "hurts": "▼", "equivalent": "=", "inconclusive": "?", wording.UNPROVEN: "✕"}
Block = tuple[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the report; `name` is where links to it lead."""

    name: str
    title: str
    blocks: list[Block]


class Shelf:
    """Pictures and tables, each taken once, so that a table for which no section asked is not lost."""

    def __init__(self, drawn: Iterable[Picture], tables: Iterable[Table]):
        self.drawn, self.tables = list(drawn), {table.name: table for table in tables}

    def pictures(self, section: str) -> list[Block]:
        """The pictures of a section that it has not placed yet, each with the table that stands below it."""
        own = [picture for picture in self.drawn if picture.section == section]
        self.drawn = [picture for picture in self.drawn if picture.section != section]
        return [block for picture in own for block in (("picture", picture), *self.table(picture.numbers))]

    def table(self, *names: str) -> list[Block]:
        """Those of the tables that are there."""
        return [("table", self.tables.pop(name)) for name in names if name in self.tables]

    def fill(self, sections: list[Section]) -> list[Section]:
        """The sections that have something to show, each with those of its pictures that it has not placed itself at its end.

        Raises BadInput for a picture of no section.
        """
        for section in sections:
            section.blocks.extend(self.pictures(section.name))
        for lost in self.drawn:
            raise BadInput(f"the figure {lost.name!r} stands in {lost.section!r}, which is no section of the report",
                           remedy=nearest(lost.section, [section.name for section in sections]))
        return [section for section in sections if section.blocks]


def sections(results, summary: Mapping, drawn: list[Picture], tables: list[Table], gallery) -> list[Section]:
    """Every section that has something to show; the answer first."""
    shelf = Shelf(drawn, tables)
    picture, table = shelf.pictures, shelf.table
    passed = summary["comparable"]["passed"]
    made = [
        Section("answer", "The answer", _answer(summary, picture)),
        Section("resolution", "What this design could have seen", _resolution(table)),
        Section("explains", "What explains the difference?", _explains(results, table)),
        Section("comparable", "Are the arms comparable?", [
            ("checks", summary["comparable"]["checks"]),
            ("text", f"Every check passed: the arms differed in their inputs{_own(results)} and in the layers listed above, "
             "and in nothing else." if passed else "No. A check failed, so no significance is given anywhere in this report."),
            *_files(table("checks"))]),
        Section("leakage", "Were test images seen in training?", [("text", _leaked(summary)), *table("leakage")]),
        Section("decided", "What was decided before and after seeing the test set", [
            *table("decisions"), ("text", _exploratory(passed, bool(wording.moved_margin(summary))))]),
        Section("arms", "The arms", [
            ("text", "Every run is listed, none is chosen."), *table("inputs", "arms")]),
        Section("where", "Where they differ", [
            ("text", "Intervals are not adjusted for looking at several classes; p (BH) is." if passed
             else "Differences in these runs only."),
            *picture("where"), *table("classes", "found")]),
        Section("gallery", "Face by face", [("gallery", gallery)]),
        Section("others", "Other ways to ask", _others(summary, table)),
        Section("calibration", "Does an arm know when it is right?", [*picture("calibration"), *table("calibration")]),
        Section("agreement", "Do arms agree with the labels' shares?", _agreement(table)),
        Section("data", "The data", [
            *_found(results, summary), *picture("data"), *table("faces", "balance", "parts", "copies", "across")]),
        Section("settings", "Settings", [*table("hyperparameters", "provenance"), *_rest(list(shelf.tables.values()))]),
        Section("reproduce", "How to reproduce", [
            ("code", reproduce.command(results.plan, pictures=not results.withheld)),
            ("text", "Add --data PATH if the data lie elsewhere. Finished runs are reused; mixedfer report instead of mixedfer "
             "run rebuilds this page from them without training."),
            ("text", reproduce.licence(results.plan))]),
    ]
    return shelf.fill(made)


def _answer(summary: Mapping, picture) -> list[Block]:
    told = [("verdicts", _verdicts(summary))]
    # Many verdicts are seen at a glance in the figure only.
    return [*told, *picture("answer")] if len(summary["comparisons"]) < 4 else [*picture("answer"), *told]


def _verdicts(summary: Mapping) -> list[dict]:
    return [{"word": row["verdict"], "kind": row["verdict"].replace(" ", "-"), "symbol": SYMBOLS[row["verdict"]],
             "sentence": wording.measured(row, summary["metric"]), "meaning": wording.meaning(row, summary)}
            for row in wording.judged(summary)]


def _resolution(table) -> list[Block]:
    found = table("resolution")
    told = ("A true difference of the size in the second column is found by 8 of 10 such studies (80% power); replicates "
            "alone, however many, bring it down to that in the third, where that is known. Equivalence can be shown for the "
            "margin in the last column and for larger ones.")
    return [("text", told if found else "Nothing was tested, so there is no smallest detectable effect."), *found,
            *table("comparisons")]


def _explains(results, table) -> list[Block]:
    study = results.plan.study
    landmarks = any(arm["landmarks"] for arm in (study["control"], *study["treatments"]))
    added = not study["control"]["landmarks"] and any(arm["image"] and arm["landmarks"] for arm in study["treatments"])
    told = ("A gain is due to landmarks only as far as it goes beyond what controls gain that hold no information about the "
            "face." + " No treatment here is such a control, so what differs may come of any second branch."
            * (added and not controls.among(results)))
    return [*([("text", told)] if landmarks else []), *table("explains", "beyond")]


def _own(results) -> str:
    """The preparations among what arms differ in."""
    own = preparations.differences(results.plan)
    return f", in the preparation of {joined(own)} (see recipe and data)" if own else ""


def _exploratory(passed: bool, moved: bool) -> str:
    why = "a check failed" if not passed else "the margin or the metric was changed" if moved else ""
    told = (f"Nothing here is confirmatory, because {why}. All of it is exploratory: " if why else
            "The verdict on each treatment is confirmatory: its test, margin and adjustment were fixed as above. Everything "
            "else is exploratory, found by looking, and needs new data to be confirmed: ")
    return told + "differences by class, on found and missed faces, other metrics, calibration, single replicates, the gallery."


def _leaked(summary: Mapping) -> str:
    found, tested = summary["leakage"], summary["design"]["test_images"]
    people = {None: "The data set names no subjects, so people may be in both.", 0: "No subject of the test was seen."}
    whose = f" as prepared for {summary['arms'][0]['name']}" if summary["preparations"] else ""
    return (f"Of {tested:,} test images{whose} {found['exact']:,} are equal to a training or validation image to the byte, "
            f"{found['near']:,} more nearly so, and {found['constant']:,} are of a single gray value. "
            f"{audit_tables.definition(summary['audit'])} "
            + people.get(found["subjects"], f"Subjects of the test that were seen too: {found['subjects']}."))


def _others(summary: Mapping, table) -> list[Block]:
    folds, replicates = (summary["design"][name] for name in ("folds", "replicates"))
    least = 2 ** (1 - replicates)  # of the sign-flip test's p, see there
    models = f"{folds} pairs of models, one per fold," if folds > 1 else "one pair of trained models"
    method = ("P is the probability that the true difference is better or worse by more than the margin, or within it "
              "(Bayesian correlated t test over folds)." if folds > 1 else
              "The bootstrap resamples replicates and images; the sign-flip test asks about other seeds on these very images"
              + (f", and its p cannot go below {wording.probability(least)} with {replicates} replicates." if 0.05 < least < 1
                 else "."))
    methods, metrics, single = table("robustness"), table("others"), table("mcnemar")
    return [
        *([("text", f"The same question by other methods. {method}")] if methods else []), *methods,
        *([("text", f"Exploratory: not adjusted for looking at several metrics. Of {_falling()}, less is better.")]
          if metrics else []), *metrics,
        *([("text", f"McNemar's test compares {models} on these images. It says nothing about other seeds, and several "
            "of them must not be pooled.")] if single else []), *single]


def _agreement(table) -> list[Block]:
    found = table("agreement")
    return [("text", "Labels are shares of the classes here, such as a teacher's scores or annotators' votes. Of divergences, "
             "less is better."), *found] if found else []


def _falling() -> str:
    return joined(metric.title for metric in METRICS.values() if not metric.higher_is_better)


def _found(results, summary: Mapping) -> list[Block]:
    """What became of the pictures; of each preparation, where arms have several."""
    if not (sets := summary["preparations"]):
        return [("text", _share(summary["faces"], results.faces.searched, results.found))]
    seen = [one.faces.found[results.rows] for one in preparations.sets(results)]
    told = [("text", f"{joined(one['arms'])}: {_share(one, one['searched'], found)}") for one, found in zip(sets, seen)]
    return [*told, ("text", f"Copies were looked for among the pictures as prepared for {results.plan.control}; what each "
                    "partition holds is told of these.")]


def _share(faces: Mapping, searched: bool, found: np.ndarray) -> str:
    """How many faces were found in all, and among the test images."""
    if not searched:
        told = f"No detector was used: the landmarks were placed in the whole picture, in all {faces['images']:,} pictures"
    else:
        share = f" ({faces['found'] / faces['images']:.1%})" if faces["images"] else ""
        told = (f"The detector found a face in {faces['found']:,} of {faces['images']:,} pictures{share}, and in "
                f"{found.sum():,} of the {len(found):,} test images")
    lost = f"; {faces['unreadable']:,} could not be read" if faces["unreadable"] else ""
    return f"{told}{lost}."


def _files(tables: list[Block]) -> list[Block]:
    """Tables as links only."""
    return [("files", [(table.title, table.files()) for _, table in tables])] if tables else []


def _rest(tables: list[Table]) -> list[Block]:
    return [("files", [*((table.title, table.files()) for table in tables),
                       ("Every prediction for every test image", [("CSV", "tables/predictions.csv")]),
                       ("All numbers of this page", [("JSON", "results.json")])])]
