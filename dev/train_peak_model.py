"""Learn to tell beats from P waves, T waves and noise: `python -m dev.train_peak_model FOLDER`.

Every candidate of every strip of the MIT-BIH records and of the Lobachevsky leads, as it is and disguised, is one
example. Writes analytics/models/peaks.json; needs scikit-learn. The same folder gives the same model. How it does on
records that it has not seen is measured by `python -m bench.ecg FOLDER`.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ecg_signal import RATE_HERTZ, prepare
from analytics.first_peaks import first_opinion
from analytics.peak_features import FEATURES, describe
from dev.boosted_trees import as_document, write
from dev.ecg_disguises import disguises
from dev.ecg_recordings import Delineated, Recording, read_arrhythmia_records, read_delineated

VERSION = "1"
_NEAR_SECONDS = 0.13
_FEWEST_BEATS = 2
_UNCHANGED = {"as it is", "other pace"}
_WEIGHT_UNCHANGED = 6.0
# More of a feature can only speak for a beat (1) or against it (-1), whatever the records show by chance.
_ONE_WAY = {
    "strength": 1,
    "strength of the strip": 1,
    "slope": 1,
    "taken at first": 1,
    "like the template": 1,
    "like the template, wide": 1,
    "like most beats": 1,
    "like any beat": 1,
    "strongest before": -1,
    "strongest after": -1,
    "best neighbour's likeness": -1,
    "like the P wave": -1,
    "like the T wave": -1,
}


@dataclass(frozen=True)
class Examples:
    """The candidates of one record: features (n, features), whether each is a beat (n,), and weights (n,)."""

    record: str
    features: NDArray[np.float32]
    is_beat: NDArray[np.bool_]
    weight: NDArray[np.float32]


def as_recording(lead: Delineated) -> Recording | None:
    """The part of a delineated lead in which every beat is marked; the first and last beats are not."""
    beats = lead.marks[:, 2]
    if len(beats) < 4:
        return None
    margin = 0.35 * float(np.median(np.diff(beats)))
    first = max(0, int((beats[0] - margin) * lead.rate_hertz))
    last = int((beats[-1] + margin) * lead.rate_hertz)
    moved = beats - first / lead.rate_hertz
    return Recording(f"ludb {lead.name}", lead.microvolts[first:last], lead.rate_hertz, moved, ("N",) * len(beats))


def _labels(candidate_seconds: NDArray[np.float64], beat_seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each candidate is the one nearest to a beat."""
    labels = np.zeros(len(candidate_seconds), dtype=bool)
    for beat in beat_seconds:
        nearest = int(np.argmin(np.abs(candidate_seconds - beat)))
        labels[nearest] |= abs(candidate_seconds[nearest] - beat) < _NEAR_SECONDS
    return labels


def examples_of(record: Recording, strips: Iterable[Recording], seed: int) -> Examples:
    """All candidates of the strips and of their disguises."""
    chance = np.random.default_rng(seed)
    features, labels, weights = [], [], []
    for strip in strips:
        for name, disguised in disguises(strip, chance):
            lead = prepare(disguised.microvolts, disguised.rate_hertz)
            first = first_opinion(lead) if lead is not None else None
            if lead is None or first is None or len(first.beats) < _FEWEST_BEATS:
                continue
            features.append(describe(lead, first, first.beats).astype(np.float32))
            labels.append(_labels(first.candidates / RATE_HERTZ, disguised.beat_seconds))
            weights.append(np.full(len(first.candidates), _WEIGHT_UNCHANGED if name in _UNCHANGED else 1.0))
    return Examples(
        record.name, np.concatenate(features), np.concatenate(labels), np.concatenate(weights).astype(np.float32)
    )


def _of_record(task: tuple[int, Recording]) -> Examples:
    seed, record = task
    return examples_of(record, record.strips(), seed)


def _of_lead(task: tuple[int, Recording]) -> Examples:
    seed, record = task
    return examples_of(record, [record], seed)


def all_examples(folder: Path) -> tuple[list[Examples], list[Examples]]:
    """Of the arrhythmia records, and of the delineated leads."""
    leads = [found for lead in read_delineated(folder) if (found := as_recording(lead)) is not None]
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        records = list(processes.map(_of_record, enumerate(read_arrhythmia_records(folder))))
        return records, list(processes.map(_of_lead, enumerate(leads, 1000), chunksize=8))


def fit(examples: Iterable[Examples], share: float = 1.0) -> Any:
    """Boosted trees on a share of the examples, chosen by a fixed seed."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - only training needs it

    chosen = list(examples)
    features = np.concatenate([one.features for one in chosen])
    kept = np.random.default_rng(0).random(len(features)) < share
    model = HistGradientBoostingClassifier(
        max_iter=150,
        max_leaf_nodes=16,
        learning_rate=0.1,
        l2_regularization=5.0,
        min_samples_leaf=150,
        monotonic_cst=[_ONE_WAY.get(name, 0) for name in FEATURES],
        random_state=0,
    )
    return model.fit(
        features[kept],
        np.concatenate([one.is_beat for one in chosen])[kept],
        sample_weight=np.concatenate([one.weight for one in chosen])[kept],
    )


def folds(names: list[str], count: int) -> Iterator[set[str]]:
    """Records left out together."""
    for fold in range(count):
        yield set(names[fold::count])


def document(fitted: Any, training: dict[str, Any]) -> dict[str, Any]:
    """The model as the detector reads it."""
    return as_document(
        fitted,
        method="boosted trees over R-peak candidates",
        version=VERSION,
        classes=("other", "beat"),
        features=FEATURES,
        training=training,
    )


def main() -> None:
    """Learn on all records; what it does on unseen ones is measured by `python -m bench.ecg FOLDER`."""
    records, leads = all_examples(Path(sys.argv[1]))
    fitted = fit([*records, *leads])
    training = {
        "data": "MIT-BIH Arrhythmia Database (first channel) and LUDB (lead I), PhysioNet, ODC-BY 1.0",
        "records": [one.record for one in records],
        "leads": len(leads),
        "candidates": int(sum(len(one.is_beat) for one in (*records, *leads))),
        "beats": int(sum(one.is_beat.sum() for one in (*records, *leads))),
    }
    sys.stdout.write(f"{write('peaks', document(fitted, training))}\n")


if __name__ == "__main__":
    main()
