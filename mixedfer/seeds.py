"""The only origin of randomness: every random number in mixedfer comes from `derive` or `generator`.

A seed is a hash of named axes, so it does not depend on the order in which things happen. The arm is never an axis.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def derive(*axes: str | int) -> int:
    """A seed in [0, 2**63) that depends on every axis and on nothing else.

    >>> derive(0, "order", 3) == derive(0, "order", 3) != derive(0, "order", 4)
    True
    """
    digest = hashlib.sha256(json.dumps(axes).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*axes: str | int) -> np.random.Generator:
    """A NumPy generator on the counter-based Philox stream keyed by `derive(*axes)`; the same on every machine."""
    return np.random.Generator(np.random.Philox(key=derive(*axes)))
