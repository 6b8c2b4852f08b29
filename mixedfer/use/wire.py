"""What the local server says, as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from mixedfer import __version__
from mixedfer.use import upload
from mixedfer.use.bundle import Bundle
from mixedfer.use.side_by_side import Answers, SideBySide

#: The body of a question, which is read as it comes.
PICTURE = {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "string", "format": "binary"}}
                                                         for kind in ("image/*", "application/octet-stream")}}}


TESTED, HELD_OUT = "test pictures of its study", "held-out pictures that it was fine-tuned for"


class Row(BaseModel):
    """One face as `mixedfer predict` tells it, or, without `face`, that there is none; pixels are those of the picture."""

    source: str
    face: int | None
    found: bool
    box: list[float] | None = None
    label: str | None = None
    probabilities: dict[str, float] | None = None
    spread: dict[str, float] | None = None
    landmarks: list[list[float]] | None = None
    why: str


class Said(BaseModel):
    """What one bundle says of a picture."""

    bundle: str
    rows: list[Row]


class Answer(BaseModel):
    """A picture's size in pixels, turned upright, and what each bundle says of it."""

    width: int
    height: int
    answers: list[Said]


class Problem(BaseModel):
    """Why there is no answer, and what to do."""

    error: str
    remedy: str


class Described(BaseModel):
    """A bundle. `accuracy` was measured on `measured_on`: its study's test pictures or, of a fine-tuned one, the few pictures
    of its person that were held out; `interval` is its 95% interval (Wilson).
    """

    name: str
    study: str
    question: str
    arm: str
    classes: list[str]
    networks: int
    accuracy: float | None
    measured_on: str
    interval: list[float] | None
    card: str


class Limits(BaseModel):
    """What a picture may have at most, and of what kinds it may be."""

    bytes: int
    pixels: int
    kinds: list[str]


class About(BaseModel):
    """Who answers, and what is taken."""

    mixedfer: str
    bundles: list[Described]
    limits: Limits


WHY = {403: "Sent by another site's page", 408: "It did not arrive in time", 413: "A picture that is too large",
       415: "Not a picture, or of a kind that is not taken", 421: "Another host is named", 422: "A wrong query",
       503: "Too many are waiting"}
PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": Problem, "description": what} for status, what in WHY.items()}


def answer(answers: Answers) -> Answer:
    """What was said of a picture."""
    height, width = answers.size
    return Answer(width=width, height=height,
                  answers=[Said(bundle=name, rows=[Row(**row) for row in rows]) for name, rows in answers.rows.items()])


def described(arms: SideBySide, largest: int) -> About:
    """The bundles, in their order; `largest` is how many bytes a picture may have."""
    return About(mixedfer=__version__, bundles=[_described(name, each.bundle) for name, each in arms.predictors.items()],
                 limits=Limits(bytes=largest, pixels=arms.pixels, kinds=list(upload.KINDS)))


def _described(name: str, bundle: Bundle) -> Described:
    said, measured = bundle.said, bundle.said["measured"]
    return Described(name=name, study=said["study"], question=said["question"], arm=said["arm"]["name"],
                     classes=list(bundle.classes), networks=len(bundle.models),
                     measured_on=f"{measured['images']:,} {HELD_OUT if 'tuned' in said else TESTED}",
                     accuracy=measured.get("metrics", {}).get("accuracy"), interval=measured.get("accuracy_ci95"),
                     card=bundle.card)
