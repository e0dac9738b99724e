"""Fibrillation and the four classes on records that the models have not seen."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analytics.boosted_trees import load_model
from analytics.irregularity import coefficient_of_sample_entropy
from dev.ecg_recordings import read_rhythm_windows
from dev.train_rhythm_model import (
    CLASSES,
    FOLDS,
    Labelled,
    Table,
    chosen_limits,
    chosen_weights,
    class_scores,
    folds_of,
    held_out,
    interval_data,
    interval_trees,
    rhythm_trees,
    strip_data,
    three_way,
)

Row = tuple[str, str, str]


def window_rows(folder: Path, *, can_learn: bool) -> Iterator[Row]:
    """What the times between beats say of ten-hour records."""
    data = interval_data(folder)
    true = data.labels == "fibrillation"
    if can_learn:
        suspected = held_out(data, interval_trees(), folds_of(data.groups, FOLDS))[:, 0] >= 0.5
    else:
        suspected = load_model("intervals").probabilities(data.rows)[:, 1] >= 0.5
    records = len(set(data.groups.tolist()))
    reached = f"Se {100 * suspected[true].mean():.1f} / Sp {100 * (~suspected[~true]).mean():.1f}"
    yield f"AFDB, {len(true)} windows of {records} records, RR alone", reached, "97 / 97.5"
    entropy = np.array([coefficient_of_sample_entropy(np.diff(w.beat_seconds)) for w in read_rhythm_windows(folder)])
    above = entropy >= -1.43
    yield "  CoSEn at -1.43", f"Se {100 * above[true].mean():.1f} / Sp {100 * (~above[~true]).mean():.1f}", ""


def _seen(data: Labelled) -> Table:
    model = load_model("rhythm")
    order = [data.names.index(name) for name in model.features]
    return model.probabilities(data.rows[:, order])


def challenge_rows(folder: Path, step: int, *, can_learn: bool) -> Iterator[Row]:
    """The hand-held strips; the limits are chosen on one half of the unseen answers and tried on the other."""
    data, beatless = strip_data(folder, step)
    shares = held_out(data, rhythm_trees(), folds_of(data.groups, FOLDS)) if can_learn else _seen(data)
    labels = np.append(data.labels, [strip.label for strip in beatless])
    shares = np.vstack([shares, np.tile([0.0, 0.0, 0.0, 1.0], (len(beatless), 1))])
    half = np.random.default_rng(3).permutation(len(labels)) % 2
    answers = np.empty(len(labels), dtype=data.labels.dtype)
    told = []
    for side in (0, 1):
        here, there = half == side, half != side
        weights = chosen_weights(labels[there], shares[there])
        weighted = shares[here] * [weights[f"weight {name}"] for name in CLASSES]
        answers[here] = np.array(CLASSES)[weighted.argmax(axis=1)]
        told.append(three_way(labels[here], shares[here], chosen_limits(labels[there], shares[there])))
    scores = class_scores(labels, answers)
    yield f"CinC 2017, {len(labels)} strips, score of N, A, O", f"{scores['score']:.3f}", "0.84"
    for name, goal in (("A", "0.84"), ("N", ""), ("O", ""), ("~", "0.72")):
        yield f"  F1 of {name}", f"{scores[f'F1 {name}']:.3f}", goal
    spent, found, clear, clear_of_all = (100 * np.mean([one[key] for one in told]) for key in told[0])
    yield "  fibrillation against normal, inconclusive", f"{spent:.1f} %", "<= 12 %"
    yield (
        "    sensitivity / specificity among N / N and O",
        f"{found:.1f} / {clear:.1f} / {clear_of_all:.1f}",
        "93 / 99 / 97.5",
    )
