"""Where the 68 landmarks of one portrait go when its face, its expression or its pose changes. Pure NumPy and SciPy.

Everything here happens in the *face frame*: the midpoint of the eyes is 0, x runs to the picture's right, y down, and
the unit is the inter-ocular distance of the portrait. A face is `(P, 2)` points: 68 landmarks, then anchors that carry
forehead, cheeks, ears, neck and background along.

Expressions are sums of action units as in the Facial Action Coding System (Ekman, Friesen, "Facial Action Coding
System", 1978); which units make which expression follows their EMFACS tables. The sizes are ours, chosen by eye.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mixedfer import geometry

#: dlib's 68 landmarks of matplotlib's `grace_hopper.jpg` (512 x 600), in its pixels: the mean over 400 small shifts,
#: rolls, scales and mirrorings of the picture, because one answer of the predictor is off by some pixels.
PORTRAIT = np.array([
    175.3, 202.6, 178.8, 225.8, 184.1, 248.0, 190.0, 269.7, 198.4, 290.7, 210.7, 308.7, 227.5, 321.6, 248.1, 330.0,
    271.8, 331.4, 295.2, 327.6, 315.2, 317.2, 331.7, 302.6, 343.9, 283.0, 352.0, 261.3, 355.5, 238.5, 357.4, 214.9,
    357.9, 190.9, 186.7, 183.5, 194.6, 168.6, 210.1, 161.5, 227.4, 161.7, 242.4, 168.5, 282.9, 165.1, 297.8, 156.6,
    315.1, 154.2, 331.4, 159.6, 341.1, 173.0, 264.5, 188.3, 265.6, 204.8, 266.7, 220.9, 267.7, 237.3, 246.4, 246.3,
    257.1, 249.4, 268.5, 252.7, 279.3, 248.8, 288.9, 245.0, 207.9, 196.5, 216.5, 189.3, 227.6, 188.5, 238.4, 195.0,
    228.2, 197.6, 217.2, 198.7, 291.6, 192.5, 301.5, 184.4, 312.7, 183.9, 322.2, 189.7, 313.6, 193.3, 302.5, 193.8,
    232.1, 279.9, 244.5, 273.6, 257.4, 271.1, 267.5, 273.2, 277.4, 270.8, 290.6, 272.4, 304.6, 275.6, 291.8, 284.8,
    279.3, 289.6, 269.0, 291.0, 258.5, 290.2, 245.1, 286.8, 237.1, 279.5, 257.7, 278.2, 267.9, 279.0, 278.1, 277.4,
    299.3, 276.3, 278.3, 279.0, 268.1, 280.5, 258.0, 279.8]).reshape(68, 2)

_CHEEK, _FOREHEAD, _NECK = 68, 70, 80   # the first of each pair of anchors that action units move
_ANCHORS = np.array([
    [-.62, .62], [.62, .62], [-.22, -.62], [.22, -.62], [-.70, -.66], [.70, -.66],              # cheeks, forehead
    [-1.2, -.45], [1.2, -.45], [-1.3, .35], [1.35, .35], [-1.05, 1.3], [1.15, 1.3], [-.6, 2.05], [.6, 2.05],
    *([x, y] for y in (-1.9, .9, 3.7) for x in (-2.7, 0, 2.7) if (x, y) != (0, .9))])           # the frame, at rest

#: What one action unit at full strength does to the person's right half (picture's left) and to the midline:
#: {points: (towards the picture's right, down)}, in inter-ocular units. The left half moves as in a mirror.
_UNITS: dict[str, dict[tuple[int, ...], tuple[float, float]]] = {
    "inner brow raiser": {(21,): (.01, -.14), (20,): (0, -.09), (19,): (0, -.03), (_FOREHEAD,): (0, -.04)},
    "outer brow raiser": {(17,): (-.01, -.07), (18,): (-.01, -.12), (19,): (0, -.11), (20,): (0, -.06),
                          (_FOREHEAD + 2,): (0, -.03)},
    "brow lowerer": {(21,): (.05, .12), (20,): (.05, .10), (19,): (.03, .06), (18,): (.01, .03),
                     (_FOREHEAD,): (.02, .03)},
    "upper lid raiser": {(37, 38): (0, -.055)},
    "lid droop": {(37, 38): (0, .045)},
    "cheek raiser": {(40, 41): (0, -.035), (36,): (-.01, .01), (_CHEEK,): (-.02, -.07)},
    "lid tightener": {(37, 38): (0, .03), (40, 41): (0, -.025)},
    "lip corner puller": {(48,): (-.12, -.15), (60,): (-.11, -.13), (49,): (-.06, -.06), (59,): (-.07, -.05),
                          (50,): (-.02, .00), (58,): (-.03, .03), (57, 66): (0, .04), (67,): (-.01, .035),
                          (61,): (-.02, .01), (51, 62): (0, .015), (_CHEEK,): (-.03, -.08), (31,): (-.02, -.01)},
    "lip corner depressor": {(48,): (-.02, .15), (60,): (-.02, .13), (49,): (-.01, .05), (59,): (-.01, .08),
                             (50, 61): (0, -.01), (51, 62): (0, -.025), (57, 66): (0, -.03), (58, 67): (0, -.01),
                             (8,): (0, -.02), (_CHEEK,): (0, .03)},
    "lip tightener": {(48,): (.05, 0), (60,): (.05, 0), (49,): (.02, .02), (50,): (0, .035), (51,): (0, .03),
                      (59,): (.02, -.03), (58,): (0, -.05), (57,): (0, -.05)},
    "lips part": {(61,): (0, -.025), (62,): (0, -.025), (50, 51): (0, -.015), (66, 67): (0, .06), (57, 58): (0, .055),
                  (59,): (0, .03), (8, 7): (0, .03)},
    "jaw drop": {(48,): (.09, .08), (60,): (.11, .08), (49,): (.04, .01), (59,): (.05, .20), (58,): (.01, .27),
                 (57,): (0, .28), (67,): (.02, .26), (66,): (0, .27), (61,): (.02, -.03), (62,): (0, -.03),
                 (50, 51): (0, -.02), (8,): (0, .28), (7,): (0, .27), (6,): (.01, .24), (5,): (.02, .17),
                 (4,): (.02, .09), (3,): (.01, .03), (_NECK,): (0, .10), (_CHEEK,): (.02, .06)},
}

EXPRESSIONS: dict[str, dict[str, float]] = {
    "anger": {"brow lowerer": 1.4, "upper lid raiser": .3, "lid tightener": .8, "lip tightener": 1,
              "lip corner depressor": .35},
    "happy": {"lip corner puller": 1, "cheek raiser": .9, "lips part": .3},
    "neutral": {},
    "sad": {"inner brow raiser": .8, "brow lowerer": .2, "lip corner depressor": 1, "lid droop": .6},
    "surprise": {"inner brow raiser": 1, "outer brow raiser": 1, "upper lid raiser": 1, "jaw drop": 1},
}

#: The cue that landmarks cannot see: spots of light (+1) or shade (-1) beside the face, {(x, y): sign}. They keep away from
#: the face: dlib's points follow a spot on the cheek and tell the class by that.
_ABOVE, _BELOW = ((-1.2, -.75), (1.2, -.75)), ((-1.25, 1.75), (1.25, 1.75))
CUES: dict[str, dict[tuple[float, float], int]] = {
    "anger": dict.fromkeys(_ABOVE, -1), "happy": dict.fromkeys(_BELOW, 1), "neutral": {}, "sad": dict.fromkeys(_BELOW, -1),
    "surprise": dict.fromkeys(_ABOVE, 1),
}

#: How faces differ at rest: smooth bumps (x, y, radius, dx, dy) at one standard deviation, the mirror bump included.
_VARIATION = np.array([
    (.50, -.05, .45, .028, .000),       # eye distance
    (.50, -.38, .35, .000, .036),       # brow height
    (.25, -.30, .25, .000, .016),       # brow slant
    (.00, .60, .40, .000, .040),        # nose length
    (.22, .65, .25, .024, .000),        # nose width
    (.00, 1.03, .45, .000, .032),       # mouth height
    (.40, 1.02, .35, .024, .000),       # mouth width
    (.00, 1.65, .60, .000, .048),       # chin
    (.85, 1.10, .60, .048, .000),       # jaw width
    (1.05, .20, .60, .040, .000),       # cheekbones
])


@lru_cache(maxsize=1)
def base() -> np.ndarray:
    """`(P, 2)`: the portrait's own face, landmarks and anchors, in the face frame. Do not write into it."""
    return np.concatenate([geometry.normalise(PORTRAIT), _ANCHORS])


@lru_cache(maxsize=1)
def frame_to_portrait() -> np.ndarray:
    """`(2, 3)`: from the face frame to pixels of the portrait."""
    right, left = geometry.eye_centres(PORTRAIT)
    (a, b), (x, y) = left - right, (left + right) / 2
    return np.array([[a, -b, x], [b, a, y]])


@lru_cache(maxsize=1)
def units() -> dict[str, np.ndarray]:
    """What each action unit at full strength adds to a face: `(P, 2)` by name, both halves."""
    return {name: _both_halves(moves) for name, moves in _UNITS.items()}


def _both_halves(moves) -> np.ndarray:
    shift = np.zeros((len(base()), 2))
    for points, (across, down) in moves.items():
        for point in points:
            twin = geometry.MIRROR[point] if point < geometry.POINTS else point ^ 1    # anchors come in pairs
            shift[twin] = -across, down
            shift[point] = across, down
    return shift


@lru_cache(maxsize=1)
def triangles() -> tuple[np.ndarray, np.ndarray]:
    """`(T, 3)` Delaunay triangles over a face's points, and `(T,)` bool: lies inside the lips.

    The portrait's lips are closed, so upper and lower inner lip coincide; the jaw is dropped before triangulating.
    Every edge of lips and eyes is then an edge of a triangle.
    """
    from scipy.spatial import Delaunay
    points = base() + .5 * units()["jaw drop"]
    found = Delaunay(points).simplices
    backwards = _areas(points, found) < 0
    found[backwards] = found[backwards, ::-1]
    return found, ((found >= 60) & (found < 68)).all(1)


def _areas(points: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Twice the signed area of each triangle `(T, 3)` over points."""
    a, b, c = (points[found[:, corner]] for corner in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def unfolded(points: np.ndarray) -> np.ndarray:
    """`(P, 2)` points whose lips do not cross, drawn back towards the portrait's until no triangle is nearly flat."""
    points, (found, inside) = points.copy(), triangles()
    for upper, lower in ((61, 67), (62, 66), (63, 65)):      # lips touch, they do not pass through each other
        if points[upper, 1] > points[lower, 1]:
            points[[upper, lower], 1] = points[[upper, lower], 1].mean()
    least = .1 * _areas(base(), found[~inside])
    while (_areas(points, found[~inside]) < least).any():
        points = base() + .92 * (points - base())
    return points


def _fade(points: np.ndarray) -> np.ndarray:
    """1 on the face, 0 on the frame of the picture."""
    distance = np.hypot(points[:, 0], (points[:, 1] - .6) / 1.25)
    return np.clip(1.9 - .75 * distance, 0, 1)


def resting_face(rng: np.random.Generator, variety: float) -> np.ndarray:
    """`(P, 2)` shift from the portrait's face to another person's, as smooth bumps and resting action units.

    The resting mouth and brows are what makes a stranger's expression ambiguous: some people look sad at rest.
    """
    points, shift = base(), np.zeros((len(base()), 2))
    # No further than that: dlib's predictor slips on shorter or wider faces.
    sizes = rng.standard_normal(len(_VARIATION)).clip(-1.7, 1.7)
    for (x, y, radius, across, down), size in zip(_VARIATION, sizes, strict=True):
        right = np.exp(-((points - (x, y))**2).sum(1) / (2 * radius**2))
        left = np.exp(-((points - (-x, y))**2).sum(1) / (2 * radius**2))
        shift += size * np.stack([across * (right - left), down * np.maximum(right, left)], 1)
    wide, mouth, brow, slant, lids = rng.standard_normal(5).clip(-1.7, 1.7)
    shift += points * (.025, -.02) * wide
    shift += .28 * mouth * (units()["lip corner puller"] - units()["lip corner depressor"]) / 2
    shift += .2 * brow * units()["brow lowerer"] + .2 * slant * units()["inner brow raiser"]
    shift += .28 * lids * units()["upper lid raiser"]
    return variety * shift * _fade(points)[:, None]


def acted(rng: np.random.Generator, expression: str, intensity: float, fidgets: float) -> np.ndarray:
    """`(P, 2)` shift of one expression at `intensity`, with action units a little off and others stirring."""
    shift = np.zeros((len(base()), 2))
    stirs, gains = rng.standard_normal(len(units())), rng.uniform(.6, 1.2, len(units()))
    for name, stir, gain in zip(units(), stirs, gains, strict=True):
        strength = intensity * gain * EXPRESSIONS[expression].get(name, 0.0) + fidgets * stir
        shift += max(0.0, strength) * units()[name]
    return shift


def turned(points: np.ndarray, yaw: float, pitch: float) -> np.ndarray:
    """The face turned and nodded a little (radians): what lies nearer to the camera moves further.

    Depth is an ellipsoid with a nose on it, in inter-ocular units; the frame of the picture stays.
    """
    depth = np.sqrt(np.clip(1.2 - (points[:, 0] / 1.15)**2 - ((points[:, 1] - .5) / 1.5)**2, 0, None)) - .6
    depth[27:36] += np.array([.05, .15, .25, .35, .1, .15, .2, .15, .1])
    return points + np.stack([np.sin(yaw) * depth, np.sin(pitch) * depth], 1) * _fade(points)[:, None]
