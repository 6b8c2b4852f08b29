"""The gallery counts every test image, keeps pictures evenly, and agrees with the figures beside it."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
from PIL import Image

from mixedfer.evidence import answers, gallery


def test_it_holds_what_the_results_hold(drawn):
    made = gallery.make(drawn)
    data = json.loads(json.dumps(made.data))
    assert made.images == len(drawn.rows) == len(data["truth"]) and data["arms"] == list(drawn.arms)
    votes = answers.votes(drawn, "mixed")
    assert (votes.sum(-1) == 5).all() and data["agree"][1] == votes.max(-1).tolist()
    assert data["answers"][1] == answers.answer(drawn, "mixed").tolist()
    mean = drawn.arms["mixed"].probabilities.mean(0)[data["shown"]]
    assert abs(np.array(data["thousandths"])[:, 1] / 1000 - mean).max() <= 0.0005 + 1e-6
    assert data["names"] == [drawn.faces.name(int(row)) for row in drawn.rows[data["shown"]]]


def test_pictures_and_landmarks_lie_where_the_script_looks_for_them(drawn):
    made = gallery.make(drawn)
    side, at = made.data["side"], 27
    row = int(drawn.rows[made.data["shown"][at]])
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(made.sheet.partition(",")[2]))), float)
    x, y = at % made.data["across"] * side, at // made.data["across"] * side
    kept = sheet[y:y + side, x:x + side]
    assert abs(kept - np.asarray(drawn.faces.images[row])[..., 0]).mean() < 12  # JPEG of hard lines
    low, high = made.data["range"]
    points = np.frombuffer(base64.b64decode(made.data["points"]), "<u2").reshape(-1, 68, 2)[at] / 65535
    found = (points * (high - low) + low) * side - 0.5
    assert abs(found - drawn.faces.landmarks[row]).max() < 0.01


def test_pictures_are_drawn_evenly_over_kinds():
    kinds = np.repeat(np.arange(5), [3, 5000, 2000, 60, 1])[:, None]
    chosen = gallery.choose(kinds)
    assert len(chosen) == gallery.LIMIT and (np.diff(chosen) > 0).all()
    # 400 over five kinds: all of the three small ones (64), and the rest in equal parts.
    assert np.bincount(kinds[chosen, 0]).tolist() == [3, 168, 168, 60, 1]
    assert gallery.choose(kinds).tolist() == chosen.tolist()


def test_ties_are_broken_by_the_mean_probability(drawn):
    arm = drawn.arms["mixed"]
    pair = np.array([[[0.9, 0.1]], [[0.4, 0.6]]])  # one vote each; the mean is for the first class
    tied = replace(drawn, arms={"mixed": replace(arm, probabilities=pair)})
    assert answers.answer(tied, "mixed").tolist() == [0]


def test_the_four_outcomes_are_each_image_once(drawn):
    assert (np.sum(list(answers.outcomes(drawn, "mixed").values()), 0) == 1).all()


def test_pictures_may_be_large_and_coloured(drawn):
    images = np.random.default_rng(0).integers(0, 255, (len(drawn.faces), 120, 120, 3), np.uint8)
    made = gallery.make(replace(drawn, faces=replace(drawn.faces, images=images)))
    assert made.data["side"] == gallery.SIDE
    sheet = Image.open(io.BytesIO(base64.b64decode(made.sheet.partition(",")[2])))
    assert sheet.mode == "RGB" and sheet.width == gallery.ACROSS * gallery.SIDE
