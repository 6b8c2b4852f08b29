"""Faces with known landmarks and expressions, made from one photograph: the data set that needs no download.

The photograph is the portrait of Rear Admiral Grace Hopper (U.S. Navy; public domain) that
matplotlib ships as sample data. For each picture its 68 landmarks move (another person's face shape, an expression, a
turn of the head) and the pixels follow, piecewise affinely over a Delaunay triangulation; then light, blur and sensor
noise. A real photograph, a real detector's task, and the truth is known. What it says about people is nothing.

>>> faces = Portrait(classes=("happy", "sad"), identities=2, per_class=1)
>>> faces.list(None).ids
['000/happy/0', '000/sad/0', '001/happy/0', '001/sad/0']
>>> faces.read(None, '001/sad/0').shape, faces.truth('001/sad/0').shape
((200, 200, 3), (68, 2))
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mixedfer import geometry, seeds
from mixedfer.checked import Checked, require
from mixedfer.errors import BadInput
from mixedfer.faces.datasets import Listing, _expressions, choose

NOTE = ("The expressions are synthesised: every picture is a warp of one public-domain photograph (Rear Admiral Grace "
        "Hopper, U.S. Navy, as shipped by matplotlib). The people are invented. Results hold for these pictures, "
        "not for real faces.")
_SHAPE = (600, 512, 3)      # of the photograph on which `_expressions.PORTRAIT` was measured
_CENTRE = (0.0, 0.62)       # what the picture is centred on, in the face frame
_SPOT = .16                 # standard deviation of a cue's spot, in inter-ocular distances
_VIEW = 3.6                 # inter-ocular distances that a picture shows: room for dlib's box and some background


@dataclass(frozen=True, kw_only=True)
class Portrait(Checked):
    """`identities` invented people, each with `per_class` pictures of every expression in `classes`.

    Pictures are RGB, `side` x `side` pixels; one picture depends on its key and on the fields below `per_class`, not on
    which other pictures there are. `population` is a seed: another number, other people. `variety` scales how much
    people differ at rest, `fidgets` the play of muscles that mean nothing, `pose` turns of the head and its place in the
    picture, `lighting` and `noise` what hides the face from a classifier of pixels. 0 switches each off.

    Two things tell the class, each at an intensity drawn between a fifth of its strength and all of it. `strength` is how
    far the expression moves the face: the signal in the landmarks, which pixels follow, so they show it too. `cue` is how
    much light or shade falls beside the face: a signal in the pixels alone, which moves no landmark. With both at 0
    pictures say nothing about their class.
    """

    RANGES = {"identities": (1, 10**6), "per_class": (1, 10**6), "side": (100, 10**4), "population": (0, 10**9),
              **dict.fromkeys(("strength", "cue", "variety", "fidgets", "pose", "lighting", "noise"), (0, 100))}
    classes: tuple[str, ...] = ("anger", "happy", "neutral", "sad", "surprise")
    identities: int = 60
    per_class: int = 4
    side: int = 200
    population: int = 0
    strength: float = 1.0
    cue: float = 0.0
    variety: float = 1.0
    fidgets: float = 1.0
    pose: float = 1.0
    lighting: float = 1.0
    noise: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        require(bool(self.classes), "Portrait(classes=()): expected at least one class")
        choose(self.classes, list(_expressions.EXPRESSIONS))

    def fingerprint(self, data: Path | None) -> str:
        """The SHA-256 of the photograph's file."""
        _refuse(data)
        return hashlib.sha256(_file().read_bytes()).hexdigest()

    def list(self, data: Path | None) -> Listing:
        """Every picture, person by person; a person is a subject, and there are no official partitions."""
        _refuse(data)
        rows = [(person, label, number) for person in range(self.identities) for label in range(len(self.classes))
                for number in range(self.per_class)]
        keys = [f"{person:03d}/{self.classes[label]}/{number}" for person, label, number in rows]
        persons, labels, _ = np.array(rows, np.int64).T
        return Listing(keys=keys, ids=keys, labels=labels.copy(), subjects=persons.copy(), note=NOTE,
                       classes=self.classes)

    def truth(self, key: str) -> np.ndarray:
        """`(68, 2)` float64: where the landmarks of this picture truly are, in its pixels."""
        points, matrix = self._face(key)
        landmarks = geometry.transform(points[:geometry.POINTS], matrix)
        return landmarks[geometry.MIRROR] if np.linalg.det(matrix[:, :2]) < 0 else landmarks

    def read(self, data: Path | None, key: str) -> np.ndarray:
        """One picture: `(side, side, 3)` uint8, RGB."""
        _refuse(data)
        points, matrix = self._face(key)
        once = self._draws("light", key)
        skin = _skin(self.side, self.population, key.split("/")[0], self.variety)
        picture = _warp(skin, points, matrix, self.side)
        picture = _open_mouth(picture, geometry.transform(points[60:68], matrix), self.side)
        picture = _light(picture, once, self.lighting)
        picture = _spotlight(picture, key.split("/")[1], matrix, self.cue * self._draws("cue", key).uniform(.2, 1))
        return _sense(picture, once, self.noise, self.side)

    def _draws(self, purpose: str, key: str) -> np.random.Generator:
        return seeds.generator("portrait", self.population, purpose, key)

    def _face(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """The picture's face in the face frame, `(P, 2)`, and the `(2, 3)` matrix from there to its pixels."""
        person, expression, _ = key.split("/")
        who, how = self._draws("person", person), self._draws("shape", key)
        mirrored = who.random() < .5
        points = _expressions.base() + _expressions.resting_face(who, self.variety)
        intensity = self.strength * how.uniform(.2, 1)
        points = points + _expressions.acted(how, expression, intensity, .05 * self.fidgets)
        yaw, pitch, roll = self.pose * how.standard_normal(3) * np.deg2rad((7, 5, 5))
        points = _expressions.unfolded(_expressions.turned(points, yaw, pitch))
        scale = self.side / _VIEW * np.exp(.05 * self.pose * how.standard_normal())
        shift = .03 * self.pose * self.side * how.standard_normal(2).clip(-2, 2)
        linear = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        if mirrored:
            linear = linear * (-1, 1)
        return points, np.column_stack([linear, (self.side - 1) / 2 + shift - linear @ _CENTRE])


def _refuse(data: Path | None) -> None:
    if data is not None:
        raise BadInput("the portrait data set brings its own picture", file=data, remedy="Leave --data out.")


def _file() -> Path:
    from matplotlib import cbook
    path = Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    if not path.is_file():
        raise BadInput("matplotlib's sample picture is missing", file=path, remedy="Install matplotlib from PyPI.")
    return path


@lru_cache(maxsize=4)
def _portrait(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The photograph at the size in which a `side`-pixel picture shows it; its smooth copy; where its skin is.

    `(h, w, 3)` float32 twice and `(h, w)` float32 in 0..1. Shrunk once here, so that the warp need not average.
    """
    import cv2
    raw = cv2.imdecode(np.frombuffer(_file().read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
    if raw is None or raw.shape != _SHAPE:
        raise BadInput(f"not the photograph that was measured: expected {_SHAPE[1]}x{_SHAPE[0]} pixels", file=_file(),
                       remedy="Install matplotlib again.")
    scale = _source(side)[0]
    sharp = cv2.resize(raw, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    smooth = cv2.bilateralFilter(sharp, 9, 35, 4)
    outline = geometry.transform(_expressions.base()[[*range(17), 73, 71, 70, 72]], _source(side)[1])
    skin = np.zeros(sharp.shape[:2], np.float32)
    cv2.fillPoly(skin, [np.round(outline).astype(np.int32)], 1.0)
    skin = cv2.GaussianBlur(skin, (0, 0), side / 60)
    return sharp.astype(np.float32), smooth.astype(np.float32), skin


def _source(side: int) -> tuple[float, np.ndarray]:
    """How much the photograph is shrunk, and the `(2, 3)` matrix from the face frame to its pixels then."""
    right, left = geometry.eye_centres(_expressions.PORTRAIT)
    scale = min(1.0, side / _VIEW * 1.1 / np.hypot(*(left - right)))
    matrix = scale * _expressions.frame_to_portrait()
    matrix[:, 2] += (scale - 1) / 2     # a pixel's centre is a whole number
    return scale, matrix


@lru_cache(maxsize=4)      # pictures come person by person, and this is half the work of one
def _skin(side: int, population: int, person: str, variety: float) -> np.ndarray:
    """The photograph with a person's skin: smoother, darker or lighter, warmer or cooler; `(h, w, 3)` float32."""
    draws = seeds.generator("portrait", population, "skin", person)
    sharp, smooth, skin = _portrait(side)
    young, tone, warm = draws.random(), draws.normal(-.12, .16), draws.normal(0, .04)
    gain = np.exp(variety * np.array([tone + warm, tone, tone - warm]))
    picture = sharp + np.float32(min(1.0, young * variety)) * (smooth - sharp)
    return picture * (1 + skin[..., None] * (gain - 1).astype(np.float32))


def _warp(source: np.ndarray, points: np.ndarray, matrix: np.ndarray, side: int) -> np.ndarray:
    """The source with the portrait's points moved to `points`: `(side, side, 3)` float32.

    Every pixel gets the number of its triangle, every triangle one affine back into the source: a dense map, one remap.
    """
    import cv2
    after = geometry.transform(points, matrix)
    chosen = _affines(after, matrix, side)[_triangle_numbers(after, side)]
    x = np.arange(side, dtype=np.float32)
    places = chosen[..., 0] * x[None, :, None] + chosen[..., 1] * x[:, None, None] + chosen[..., 2]
    # A slight blur of the map rounds the creases along triangle edges.
    places = cv2.blur(places, (3, 3), borderType=cv2.BORDER_REFLECT_101)
    return cv2.remap(source, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def _affines(after: np.ndarray, matrix: np.ndarray, side: int) -> np.ndarray:
    """`(T + 1, 2, 3)` float32, picture to source: first for pixels in no triangle, then one for each triangle."""
    found, inside = _expressions.triangles()
    to_source = _source(side)[1]
    before = geometry.transform(_expressions.base(), to_source)
    corners = np.concatenate([after[found], np.ones((len(found), 3, 1))], 2)
    corners[inside] = np.eye(3)     # flat where the lips touch, and replaced below
    affines = np.linalg.solve(corners, before[found]).transpose(0, 2, 1)
    # The photograph shows nothing between its lips: one colour, that of the seam. `_open_mouth` paints over it.
    affines[inside] = np.column_stack([np.zeros((2, 2)), before[60:68].mean(0)])
    row = [0, 0, 1]
    outside = np.vstack([to_source, row]) @ np.linalg.inv(np.vstack([matrix, row]))
    return np.concatenate([outside[None, :2], affines]).astype(np.float32)


def _triangle_numbers(after: np.ndarray, side: int) -> np.ndarray:
    """`(side, side)` int32: which triangle covers a pixel, counted from 1; 0 where none does."""
    import cv2
    found, inside = _expressions.triangles()
    numbers = np.zeros((side, side), np.int32)
    corners = np.round(after[found] * 16).astype(np.int32)
    # A triangle is drawn with its edges and what comes later wins, so those between the lips, perhaps flat, come first.
    for triangle in np.argsort(~inside, kind="stable"):
        cv2.fillConvexPoly(numbers, corners[triangle], int(triangle) + 1, shift=4)
    return numbers


def _open_mouth(picture: np.ndarray, lips: np.ndarray, side: int) -> np.ndarray:
    """A dark mouth, a little red, inside the inner lips `(8, 2)`, with soft edges; deeper where it is wider open."""
    import cv2
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.round(lips * 16).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
    gap = np.linalg.norm(lips[[1, 2, 3]] - lips[[7, 6, 5]], axis=1).mean() / side
    depth = np.clip(gap / .02, 0, .95)
    soft = cv2.GaussianBlur(mask, (0, 0), side / 200).astype(np.float32)[..., None] * np.float32(depth / 255)
    return picture + soft * (np.array([42, 20, 20], np.float32) - picture)


def _spotlight(picture: np.ndarray, expression: str, matrix: np.ndarray, cue: float) -> np.ndarray:
    """Soft spots of light or shade beside the face where `CUES` says, 60 gray levels at a `cue` of 1: `(h, w, 3)` float32."""
    if not cue:
        return picture
    x, y = np.meshgrid(np.arange(picture.shape[1]), np.arange(picture.shape[0]))
    radius = _SPOT * np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    for place, sign in _expressions.CUES[expression].items():
        across, down = matrix @ (*place, 1)
        spot = np.exp(-((x - across)**2 + (y - down)**2) / (2 * radius**2))
        picture = picture + np.float32(60 * cue * sign) * spot[..., None].astype(np.float32)
    return picture


def _light(picture: np.ndarray, once: np.random.Generator, lighting: float) -> np.ndarray:
    """Exposure, contrast, and light that falls from one side: `(h, w, 3)` float32, not clipped."""
    side = len(picture)
    draws = once.standard_normal(4).clip(-1.8, 1.8)
    exposure, contrast, x, y = lighting * (draws * (.18, .10, .35, .25) - (.06, 0, 0, 0))
    ramp = np.linspace(-1, 1, side, dtype=np.float32)
    light = np.exp(np.float32(exposure) + np.float32(x) * ramp[None] + np.float32(y) * ramp[:, None])
    return ((picture - 110) * np.float32(np.exp(contrast)) + 110) * light[..., None]


def _sense(picture: np.ndarray, once: np.random.Generator, noise: float, side: int) -> np.ndarray:
    """What a small camera makes of it: blur and gray noise; `(h, w, 3)` uint8."""
    import cv2
    blur, grain = side / 200 * noise * once.uniform(0, 1.1), noise * once.uniform(2, 9)
    if blur > .2:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    speckle = once.standard_normal((side, side), dtype=np.float32)[..., None] * np.float32(grain)
    return np.clip(picture + speckle + .5, 0, 255).astype(np.uint8)
