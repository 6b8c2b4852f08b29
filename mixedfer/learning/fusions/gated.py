"""Joining by features, with the landmarks' let through a gate."""

from __future__ import annotations

from dataclasses import dataclass

from mixedfer.learning.fusions.features import Features


@dataclass(frozen=True, kw_only=True)
class Gated(Features):
    """Scale each landmark feature by a gate from 0 to 1, concatenate, then dense layers and softmax.

    The gate is a dense layer with sigmoid on the features of both branches (Arevalo et al., "Gated Multimodal Units for
    Information Fusion", 2017, where it weighs both): a face whose landmarks went wrong can be read from its pixels. An arm
    with one branch has no gate and otherwise the same layers as `Features`.

    >>> Gated(units=(64, 32)).dropout
    0.0
    """

    def __call__(self, features: list, classes: int, make):
        if len(features) == 2:
            image, landmarks = features
            gate = make.dense(make.concatenate(features, "gate_joint"), "gate", landmarks.shape[-1], activation="sigmoid",
                              initializer="glorot_uniform")
            features = [image, landmarks * gate]
        return super().__call__(features, classes, make)
