"""The 68 landmarks of the iBUG 300-W mark-up, as dlib numbers them (0..67), and what moves them. Pure NumPy.

Points are `(..., 68, 2)` arrays of x, y in pixels; the centre of the top-left pixel is (0, 0).
Source: Sagonas et al., "300 Faces in-the-Wild Challenge", ICCV Workshops 2013. "Right" and "left" are the person's.
"""

from __future__ import annotations

import numpy as np

POINTS = 68
GROUPS: dict[str, slice] = {
    "jaw": slice(0, 17), "right brow": slice(17, 22), "left brow": slice(22, 27), "nose": slice(27, 36),
    "right eye": slice(36, 42), "left eye": slice(42, 48), "mouth": slice(48, 68),
}
REGIONS: dict[str, tuple[str, ...]] = {
    "jaw": ("jaw",), "brows": ("right brow", "left brow"), "nose": ("nose",), "eyes": ("right eye", "left eye"),
    "mouth": ("mouth",),
}
#: Lines that draw a face: (group, closed).
OUTLINES: tuple[tuple[slice, bool], ...] = (
    (slice(0, 17), False), (slice(17, 22), False), (slice(22, 27), False), (slice(27, 31), False),
    (slice(31, 36), False), (slice(36, 42), True), (slice(42, 48), True), (slice(48, 60), True), (slice(60, 68), True),
)

#: Which point each of the 68 becomes in a mirror image: `mirrored = points[MIRROR]` after x -> width - 1 - x.
MIRROR = np.array([
    *range(16, -1, -1),                          # jaw, ear to ear
    *range(26, 16, -1),                          # brows
    *range(27, 31), 35, 34, 33, 32, 31,          # nose: ridge stays, base swaps
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
    64, 63, 62, 61, 60, 67, 66, 65,
])

#: A generic face in the frame of `normalise`: (68, 2) in inter-ocular distances from the midpoint of the eyes, symmetric. The
#: generalised Procrustes mean (Gower 1975) of the true landmarks of `Portrait()`'s 1,200 pictures and their mirror images.
REFERENCE = np.array([
    -1.081, .063, -1.056, .344, -1.014, .617, -.959, .884, -.861, 1.143, -.716, 1.374, -.520, 1.543, -.280, 1.657, 0, 1.684,
    .280, 1.657, .520, 1.543, .716, 1.374, .861, 1.143, .959, .884, 1.014, .617, 1.056, .344, 1.081, .063, -.915, -.168,
    -.810, -.338, -.617, -.415, -.408, -.401, -.228, -.311, .228, -.311, .408, -.401, .617, -.415, .810, -.338, .915, -.168,
    0, -.040, 0, .157, 0, .349, 0, .543, -.254, .641, -.132, .684, 0, .726, .132, .684, .254, .641, -.676, .017,
    -.568, -.062, -.436, -.064, -.314, .024, -.438, .041, -.569, .044, .314, .024, .436, -.064, .568, -.062, .676, .017,
    .569, .044, .438, .041, -.432, 1.039, -.275, .970, -.121, .940, 0, .965, .121, .940, .275, .970, .432, 1.039,
    .279, 1.145, .126, 1.194, 0, 1.206, -.126, 1.194, -.279, 1.145, -.367, 1.039, -.121, 1.016, 0, 1.028, .121, 1.016,
    .367, 1.039, .120, 1.077, 0, 1.088, -.120, 1.077]).reshape(POINTS, 2)


def region(name: str) -> np.ndarray:
    """Indices of one region: "jaw", "brows", "nose", "eyes" or "mouth".

    >>> region("eyes").tolist() == list(range(36, 48))
    True
    """
    return np.concatenate([np.arange(POINTS)[GROUPS[group]] for group in REGIONS[name]])


def transform(points: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Apply 2x3 or 3x3 affine matrices `(..., 2|3, 3)` to points `(..., n, 2)`.

    >>> transform(np.array([[1.0, 2.0]]), np.array([[2, 0, 5], [0, 2, 0]])).tolist()
    [[7.0, 4.0]]
    """
    linear, shift = matrices[..., :2, :2], matrices[..., :2, 2]
    return points @ np.swapaxes(linear, -1, -2) + shift[..., None, :]


def mirror(points: np.ndarray, width: float) -> np.ndarray:
    """Points of the mirror image of a picture `width` pixels wide: x is reflected and the indices swap sides."""
    reflected = points * np.array([-1, 1], points.dtype) + np.array([width - 1, 0], points.dtype)
    return reflected[..., MIRROR, :]


def eye_centres(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the person's right eye (left in the picture) and left eye, each `(..., 2)`."""
    return points[..., GROUPS["right eye"], :].mean(-2), points[..., GROUPS["left eye"], :].mean(-2)


def normalise(points: np.ndarray) -> np.ndarray:
    """Points with position, size and roll removed: the midpoint of the eyes is 0, the eyes lie level at -0.5 and +0.5.

    The inter-ocular distance is the usual unit of landmark error (Sagonas et al. 2013). A degenerate face, all points
    in one place, becomes zeros.
    """
    right, left = eye_centres(points)
    axis = left - right
    length = np.sqrt((axis**2).sum(-1, keepdims=True))
    unit = np.divide(axis, length, out=np.zeros_like(axis), where=length > 0)
    cosine, sine = unit[..., 0], unit[..., 1]
    rotation = np.stack([np.stack([cosine, sine], -1), np.stack([-sine, cosine], -1)], -2)
    centred = (points - ((left + right) / 2)[..., None, :]) @ np.swapaxes(rotation, -1, -2)
    return np.divide(centred, length[..., None], out=np.zeros_like(centred), where=length[..., None] > 0)


def generic(size: float) -> np.ndarray:
    """`REFERENCE` placed in an image `size` pixels wide and high: (68, 2) in its pixels, upright, the eyes 0.4 sides apart.

    >>> [int(edge) for edge in (generic(100).min(), generic(100).max())]
    [6, 92]
    """
    middle = (REFERENCE.min(0) + REFERENCE.max(0)) / 2
    return (REFERENCE - middle) * 0.4 * size + (size - 1) / 2


def procrustes(points: np.ndarray) -> np.ndarray:
    """Points shifted, scaled and turned to lie over `REFERENCE`, least squares over all 68; their centroid becomes 0.

    Ordinary Procrustes analysis without reflection (Gower 1975), in complex numbers: for centred faces z and reference w
    the best factor is sum(conj(z) w) / sum(|z|^2). A degenerate face, all points in one place, becomes zeros.
    """
    centred = points - points.mean(-2, keepdims=True)
    reference = REFERENCE - REFERENCE.mean(0)
    face, goal = centred[..., 0] + 1j * centred[..., 1], reference[:, 0] + 1j * reference[:, 1]
    size = (abs(face)**2).sum(-1, keepdims=True)
    factor = np.divide((face.conj() * goal).sum(-1, keepdims=True), size, out=np.zeros_like(size, complex), where=size > 0)
    fitted = face * factor
    return np.stack([fitted.real, fitted.imag], -1)
