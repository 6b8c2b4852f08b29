"""What teachers' JSON is read as; whatever they send, faces come out or an Unreadable does."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixedfer.errors import StudyError, Unreadable
from mixedfer.faces.detectors import Box
from mixedfer.use.teachers._reading import Reading, read

#: The shape that Microsoft's emotion API answered in.
FACE = {"faceRectangle": {"left": 68, "top": 97, "width": 64, "height": 98},
        "scores": {"anger": 0.003, "contempt": 0.0, "disgust": 0.011, "fear": 0.0, "happiness": 0.956, "neutral": 0.001,
                   "sadness": 0.019, "surprise": 0.01}}


def faces(value, **fields):
    return read(json.dumps(value), Reading(**fields)).faces


def test_the_emotion_api():
    one, = faces([FACE])
    assert one.box == Box(68, 97, 64, 98) and one.scores == FACE["scores"]
    assert faces([]) == []


@pytest.mark.parametrize(("value", "fields", "box", "scores"), [
    ({"result": {"people": [{"at": {"rect": [1, 2, 3, 4]}, "emotion": {"sad": 2}}]}},
     {"faces": "result.people", "box": "at.rect", "scores": "emotion"}, Box(1, 2, 3, 4), {"sad": 2.0}),
    ([{"dominant_emotion": "sad", "emotion": {"happy": 1.5, "sad": 98.5}, "region": {"x": 1, "y": 2, "w": 3, "h": 4}}],
     {"box": "region", "sides": ("x", "y", "w", "h"), "scores": "emotion"}, Box(1, 2, 3, 4), {"happy": 1.5, "sad": 98.5}),
    ([{"label": "happy", "score": 0.75}, {"label": "sad", "score": 0.25}],
     {"scores": ""}, None, {"happy": 0.75, "sad": 0.25}),
    ({"happy": 0.75, "sad": 0.25}, {"scores": ""}, None, {"happy": 0.75, "sad": 0.25}),
    ({"Emotions": [{"Type": "SAD", "Confidence": 9}]}, {"scores": "Emotions", "label": "Type", "score": "Confidence"}, None,
     {"SAD": 9.0})])
def test_other_shapes(value, fields, box, scores):
    one, = faces(value, **fields)
    assert one.box == box and one.scores == scores


@pytest.mark.parametrize(("face", "why"), [
    ({**FACE, "scores": {"anger": float("nan")}}, "not a score of 'anger': nan"),
    ({**FACE, "scores": {"anger": -1}}, "not a score"), ({**FACE, "scores": {"anger": "0.5"}}, "not a score"),
    ({**FACE, "scores": {"anger": True}}, "not a score"), ({**FACE, "scores": {"anger": 10**400}}, "not a score"),
    ({**FACE, "scores": {"anger": 0, "fear": 0.0}}, "no sum"), ({**FACE, "scores": {}}, "no sum"),
    ({**FACE, "scores": {" ": 1}}, "not the name of a class"), ({**FACE, "scores": {"a": 1, "a ": 1}}, "there twice"),
    ({**FACE, "scores": "happy"}, "expected scores at 'scores'"), ({"faceRectangle": None}, "no 'scores'"),
    ({**FACE, "faceRectangle": {"left": 1}}, "no 'top'"), ({**FACE, "faceRectangle": [1, 2, 0, 4]}, "not a rectangle"),
    ("a face", "no 'scores'"), (7, "no 'scores'")])
def test_a_face_that_is_none_spoils_no_other(face, why):
    told = read(json.dumps([face, FACE]), Reading())
    assert len(told.faces) == 1 and why in told.wrong[0]
    with pytest.raises(Unreadable, match=why):
        read(json.dumps([face]), Reading())


@pytest.mark.parametrize(("text", "why"), [
    ("", "not JSON"), ("<html>busy</html>", "not JSON: <html>"), ("[" * 100000, "not JSON"), ("7", "expected a list of faces"),
    ('{"error": "quota"}', "no 'scores' in {'error': 'quota'}"), ("null", "expected a list of faces")])
def test_no_answer_at_all(text, why):
    with pytest.raises(Unreadable, match=why):
        read(text, Reading())


NAMES = st.sampled_from(["scores", "faceRectangle", "left", "top", "width", "height", "sad", "label"])


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=12))
def test_whatever_json_comes(value):
    try:
        told = read(json.dumps(value), Reading())
    except Unreadable:
        return
    assert all(sum(one.scores.values()) > 0 for one in told.faces)


def test_four_sides_are_needed():
    with pytest.raises(StudyError, match="left, top, width and height"):
        Reading(sides=("x", "y"))
