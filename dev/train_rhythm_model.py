"""Learn to tell normal, fibrillation, other rhythms and noise apart: `python -m dev.train_rhythm_model FOLDER`.

First what the times between beats alone say, on the ten-hour records of AFDB; then the four classes, on the hand-held
strips of CinC 2017, each strip a record of its own. Figures come from folds that leave records out; they and the
limits that were chosen on them are kept in the models (analytics/models/intervals.json and rhythm.json). Needs
scikit-learn. The same folder gives the same models.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.boosted_trees import load_model
from analytics.strip_analysis import strip_numbers
from analytics.strip_features import interval_features
from dev.boosted_trees import as_document, write
from dev.ecg_recordings import LabelledStrip, RhythmWindow, list_challenge_strips, read_rhythm_windows

VERSION = "1"
CLASSES = ("A", "N", "O", "~")
FOLDS = 5
# A little inside what is promised: 12 %, 99 % and 97.5 %.
_INCONCLUSIVE = 0.08
_LEAST_SPECIFICITY, _LEAST_SPECIFICITY_WITH_OTHERS = 0.993, 0.978

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """Features (n, features) by name, with a label and a group each; a group is never on both sides of a split."""

    names: tuple[str, ...]
    rows: Table
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]


def trees(iterations: int, leaves: int, learning_rate: float) -> Any:
    """Boosted trees that give the same model every time."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - only training needs it

    return HistGradientBoostingClassifier(
        max_iter=iterations,
        max_leaf_nodes=leaves,
        learning_rate=learning_rate,
        l2_regularization=3.0,
        min_samples_leaf=20,
        max_features=0.4,
        random_state=0,
    )


def interval_trees() -> Any:
    """For the times between beats."""
    return trees(100, 8, 0.08)


def rhythm_trees() -> Any:
    """For the four classes."""
    return trees(300, 12, 0.05)


def folds_of(groups: NDArray[np.str_], count: int) -> NDArray[np.intp]:
    """A fold for each row; all rows of a group share it, and groups are dealt out in a fixed shuffled order."""
    names = np.unique(groups)
    order = np.random.default_rng(1).permutation(len(names))
    fold_of = dict(zip(names.tolist(), (order % count).tolist(), strict=True))
    return np.array([fold_of[name] for name in groups.tolist()], dtype=np.intp)


def held_out(data: Labelled, model: Any, folds: NDArray[np.intp]) -> Table:
    """Probabilities of each row by a model that has seen nothing of its fold, (n, classes)."""
    answers = np.zeros((len(data.rows), len(np.unique(data.labels))))
    for fold in np.unique(folds):
        left_out = folds == fold
        fitted = model.fit(data.rows[~left_out], data.labels[~left_out])
        answers[left_out] = fitted.predict_proba(data.rows[left_out])
    return answers


def _interval_row(window: RhythmWindow) -> list[float]:
    return list(interval_features(window.beat_seconds).values())


def interval_data(folder: Path) -> Labelled:
    """The windows of the ten-hour records."""
    windows = list(read_rhythm_windows(folder))
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        rows = list(processes.map(_interval_row, windows, chunksize=500))
    return Labelled(
        tuple(interval_features(windows[0].beat_seconds)),
        np.array(rows),
        np.array(["fibrillation" if window.fibrillates else "none" for window in windows]),
        np.array([window.name for window in windows]),
    )


def _strip_row(strip: LabelledStrip) -> dict[str, float] | None:
    return strip_numbers(*strip.microvolts())


def strip_data(folder: Path, step: int = 1) -> tuple[Labelled, list[LabelledStrip]]:
    """Each step-th of the hand-held strips, and those of them in which no beats were found."""
    strips = list_challenge_strips(folder)[::step]
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        found = list(processes.map(_strip_row, strips, chunksize=20))
    kept = [(strip, row) for strip, row in zip(strips, found, strict=True) if row]
    names = tuple(kept[0][1])
    rows = np.nan_to_num(np.array([list(row.values()) for _, row in kept]), posinf=1e6, neginf=-1e6)
    data = Labelled(
        names, rows, np.array([strip.label for strip, _ in kept]), np.array([strip.name for strip, _ in kept])
    )
    return data, [strip for strip, row in zip(strips, found, strict=True) if not row]


def class_scores(labels: NDArray[np.str_], answers: NDArray[np.str_]) -> dict[str, float]:
    """F1 of each class, and the challenge's score: the mean of N, A and O."""
    f1 = {}
    for name in CLASSES:
        right = ((labels == name) & (answers == name)).sum()
        f1[name] = float(2 * right / max(1, (labels == name).sum() + (answers == name).sum()))
    return {f"F1 {name}": value for name, value in f1.items()} | {"score": (f1["N"] + f1["A"] + f1["O"]) / 3}


def chosen_weights(labels: NDArray[np.str_], shares: Table) -> dict[str, float]:
    """Factors on the probabilities with which the score and the F1 of noise are best; N counts one."""
    best, best_worth = (1.0, 1.0, 1.0), -1.0
    # Noise is rare, so that its trees are shy of it.
    grid, noise_grid = np.geomspace(0.6, 2.0, 9), np.geomspace(0.8, 6.0, 10)
    names = np.array(CLASSES)
    for a in grid:
        for o in grid:
            for noise in noise_grid:
                scores = class_scores(labels, names[(shares * [a, 1.0, o, noise]).argmax(axis=1)])
                worth = scores["score"] + 0.2 * scores["F1 ~"]
                if worth > best_worth:
                    best, best_worth = (float(a), float(o), float(noise)), worth
    return {"weight A": best[0], "weight N": 1.0, "weight O": best[1], "weight ~": best[2]}


def _limit_that_clears(readable: Table, least_specificity: float) -> float:
    """Just above so great a share of these."""
    ordered = np.sort(readable)
    return float(ordered[int(np.ceil(least_specificity * len(ordered))) - 1]) + 1e-6


def chosen_limits(labels: NDArray[np.str_], shares: Table) -> dict[str, float]:
    """The lowest limit for a suspicion that keeps other strips clear, and the span in which nothing is said."""
    readable = shares[:, 0] / np.maximum(1 - shares[:, 3], 1e-9)
    noise = 0.5
    seen = shares[:, 3] <= noise
    suspected = max(
        _limit_that_clears(readable[(labels == "N") & seen], _LEAST_SPECIFICITY),
        _limit_that_clears(readable[np.isin(labels, ["N", "O"]) & seen], _LEAST_SPECIFICITY_WITH_OTHERS),
    )
    among = np.isin(labels, ["A", "N"])
    spent = float((~seen[among]).mean())
    below = np.sort(readable[among & seen & (readable < suspected)])[::-1]
    none = float(below[int(max(0.0, _INCONCLUSIVE - spent) * among.sum())])
    return {"suspected": suspected, "none": none, "noise": noise}


def three_way(labels: NDArray[np.str_], shares: Table, limits: dict[str, float]) -> dict[str, float]:
    """How fibrillation is told from normal, of the strips on which something is said."""
    readable = shares[:, 0] / np.maximum(1 - shares[:, 3], 1e-9)
    said = (shares[:, 3] <= limits["noise"]) & ((readable >= limits["suspected"]) | (readable <= limits["none"]))
    suspected = readable >= limits["suspected"]

    def share(of: NDArray[np.bool_], what: NDArray[np.bool_]) -> float:
        return float((of & said & what).sum() / max(1, (of & said).sum()))

    among = np.isin(labels, ["A", "N"])
    return {
        "inconclusive of A and N": float((among & ~said).sum() / among.sum()),
        "sensitivity": share(labels == "A", suspected),
        "specificity among N": share(labels == "N", ~suspected),
        "specificity among N and O": share(np.isin(labels, ["N", "O"]), ~suspected),
    }


def learn_intervals(folder: Path) -> Path:
    """The model of times between beats."""
    data = interval_data(folder)
    model = interval_trees()
    unseen = held_out(data, model, folds_of(data.groups, FOLDS))
    suspected, true = unseen[:, 0] >= 0.5, data.labels == "fibrillation"
    training = {
        "data": "MIT-BIH Atrial Fibrillation Database, PhysioNet, ODC-BY 1.0; windows of 30 s",
        "records": sorted(set(data.groups.tolist())),
        "windows": len(data.rows),
        "split": f"{FOLDS} folds by record",
        "sensitivity": float((suspected & true).sum() / true.sum()),
        "specificity": float((~suspected & ~true).sum() / (~true).sum()),
    }
    model_of_intervals = as_document(
        model.fit(data.rows, data.labels == "fibrillation"),  # so that the score is that of fibrillation
        method="boosted trees over indices of RR intervals",
        version=VERSION,
        classes=("none", "fibrillation"),
        features=data.names,
        training=training,
    )
    return write("intervals", model_of_intervals)


def learn_rhythm(folder: Path) -> Path:
    """The model of four classes."""
    data, beatless = strip_data(folder)
    model = rhythm_trees()
    unseen = held_out(data, model, folds_of(data.groups, FOLDS))
    # A strip without beats is noise, whatever its label says, and counts so.
    labels = np.append(data.labels, [strip.label for strip in beatless])
    unseen = np.vstack([unseen, np.tile([0.0, 0.0, 0.0, 1.0], (len(beatless), 1))])
    weights, limits = chosen_weights(labels, unseen), chosen_limits(labels, unseen)
    answers = np.array(CLASSES)[(unseen * [weights[f"weight {name}"] for name in CLASSES]).argmax(axis=1)]
    training = {
        "data": "AF Classification from a Short Single Lead ECG Recording, CinC 2017, labels v3, PhysioNet, ODC-BY 1.0",
        "strips": len(labels),
        "split": f"{FOLDS} folds, each strip a record of its own",
        **class_scores(labels, answers),
        **three_way(labels, unseen, limits),
    }
    model_of_rhythm = as_document(
        model.fit(data.rows, data.labels),
        method="boosted trees: intervals, P waves, shapes, disturbances",
        version=VERSION,
        classes=CLASSES,
        features=data.names,
        training=training,
        limits=weights | limits,
    )
    return write("rhythm", model_of_rhythm)


def main() -> None:
    """Write both models."""
    folder = Path(sys.argv[1])
    learn_intervals(folder)
    load_model.cache_clear()
    learn_rhythm(folder)


if __name__ == "__main__":
    main()
