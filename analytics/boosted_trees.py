"""Boosted trees that were learned elsewhere, evaluated with numpy: probabilities of classes from rows of features.

A model is a JSON document beside the code (`analytics/models/`): what it is, how and on what it was learned, and all
its nodes as columns, tree after tree. `dev.train_peak_model` and `dev.train_rhythm_model` write them.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAF = -1


@dataclass(frozen=True)
class BoostedTrees:
    """`classes` has two or more names; with two there is one score, of the second class.

    Nodes are columns: the feature asked for, its threshold (at most: the first child), the places of its two children,
    and the score that a leaf adds. `roots` is (scores, trees). `limits` are the probabilities from which on something
    is said.
    """

    method: str
    version: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    baseline: NDArray[np.float64]
    roots: NDArray[np.intp]
    feature: NDArray[np.intp]
    threshold: NDArray[np.float64]
    children: NDArray[np.intp]
    value: NDArray[np.float64]
    depth: int
    limits: dict[str, float]

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums of the leaves, (rows, scores), from features (rows, features)."""
        own = np.arange(len(rows))[:, None]
        at = np.broadcast_to(self.roots.ravel(), (len(rows), self.roots.size))
        for _ in range(self.depth):
            at = self.children[2 * at + (rows[own, self.feature[at]] > self.threshold[at])]
        leaves = self.value[at].reshape(len(rows), *self.roots.shape)
        sums: NDArray[np.float64] = leaves.sum(axis=2) + self.baseline
        return sums

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """How likely each class is, (rows, classes)."""
        scores = self.scores(rows)
        if len(self.classes) == 2:  # noqa: PLR2004
            second = 1 / (1 + np.exp(-scores[:, 0].clip(-50, 50)))
            return np.column_stack([1 - second, second])
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return shares


def read_model(stored: dict[str, Any]) -> BoostedTrees:
    """The model of a JSON document."""
    feature = np.array(stored["feature"], dtype=np.intp)
    own = np.arange(len(feature))
    is_leaf = feature == _LEAF
    # A leaf leads to itself, so that all trees can be walked to the same depth.
    left, right = (np.where(is_leaf, own, np.array(stored[side], dtype=np.intp)) for side in ("left", "right"))
    return BoostedTrees(
        method=stored["method"],
        version=stored["version"],
        classes=tuple(stored["classes"]),
        features=tuple(stored["features"]),
        baseline=np.array(stored["baseline"], dtype=np.float64),
        roots=np.array(stored["roots"], dtype=np.intp),
        feature=np.where(is_leaf, 0, feature),
        threshold=np.array(stored["threshold"], dtype=np.float64),
        children=np.column_stack([left, right]).ravel(),
        value=np.array(stored["value"], dtype=np.float64),
        depth=int(stored["depth"]),
        limits=stored["limits"],
    )


@lru_cache(maxsize=4)
def load_model(name: str) -> BoostedTrees:
    """The model of this name that is shipped with the code; read once in a process."""
    return read_model(json.loads(files("analytics").joinpath("models", f"{name}.json").read_text()))
