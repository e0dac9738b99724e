"""What the ECG analysis does on annotated recordings: `python -m bench.ecg FOLDER [--quick]`.

Each figure comes from records that the model behind it has not seen: models are learned again without them, which needs
scikit-learn and some minutes (`pip install -e '.[bench]'`). Without it the shipped models are tried on the records that
they were learned on, and the table says so. `--quick` takes every sixth strip, also to learn the rhythm on, which
costs its score 0.06. Other libraries are tried where they are installed. FOLDER holds `mitdb/`, `cinc2017/`,
`afdb_rr/` and `ludb_lead_i/`.
"""

import argparse
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.ecg_beats import Count, models_by_record, others, ours, score, variants
from bench.ecg_cost import cost
from bench.ecg_intervals import interval_rows
from bench.ecg_rhythm import challenge_rows, window_rows
from dev.ecg_recordings import Recording, read_arrhythmia_records
from dev.train_peak_model import all_examples

Row = tuple[str, str, str]


def _both(total: Count) -> str:
    return f"Se {total.sensitivity:.2f} / PPV {total.predictivity:.2f}"


def beat_rows(folder: Path, step: int, *, can_learn: bool) -> Iterator[Row]:
    """R peaks of separate 30-s strips."""
    records = {record.name: list(record.strips())[::step] for record in read_arrhythmia_records(folder)}
    models = models_by_record(*all_examples(folder)) if can_learn else dict.fromkeys(records)
    by_record = {name: score(ours(models[name]), strips) for name, strips in records.items()}
    total = sum(by_record.values(), Count())
    count = sum(map(len, records.values()))
    yield f"R peaks, {count} strips of {len(records)} records, 150 ms", _both(total), "99.85 / 99.85"
    near = sum((score(ours(models[name]), strips, 0.075) for name, strips in records.items()), Count())
    yield "R peaks, 75 ms", _both(near), "within 0.15"
    for title, worst in (
        ("worst record, sensitivity", min(by_record, key=lambda name: by_record[name].sensitivity)),
        ("worst record, predictivity", min(by_record, key=lambda name: by_record[name].predictivity)),
    ):
        yield f"{title} ({worst})", _both(by_record[worst]), "97 / 97"
    goals = {"muscle, 0 dB": "99 / 97", "electrode motion, 6 dB": "98 / 96"}
    for name, varied in _varied(records).items():
        reached = sum((score(ours(models[record]), strips) for record, strips in varied.items()), Count())
        yield f"R peaks, {name}", _both(reached), goals.get(name, "")
    for name, detector in others().items():
        if detector is None:
            yield f"R peaks, {name}", "not installed: pip install -e '.[bench]'", ""
        else:
            some = [one for strips in records.values() for one in _every_sixth(strips)]
            yield f"R peaks, {name}, {len(some)} strips", _both(score(detector, some)), ""


def _every_sixth(strips: list[Recording]) -> list[Recording]:
    """Unless they are thinned out already."""
    return strips[:: 6 if len(strips) > 12 else 1]


def _varied(records: dict[str, list[Recording]]) -> dict[str, dict[str, list[Recording]]]:
    """Every sixth strip of each record in each variant."""
    chance = np.random.default_rng(11)
    found: dict[str, dict[str, list[Recording]]] = {}
    for record, strips in records.items():
        for strip in _every_sixth(strips):
            for name, varied in variants(strip, chance):
                found.setdefault(name, {}).setdefault(record, []).append(varied)
    return found


def main() -> None:
    """Print the table as it comes."""
    parser = argparse.ArgumentParser(prog="python -m bench.ecg", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="every sixth strip")
    chosen = parser.parse_args()
    step = 6 if chosen.quick else 1
    can_learn = find_spec("sklearn") is not None
    if not can_learn:
        print("scikit-learn is not installed: models are the shipped ones, which HAVE SEEN these records.")
    print(f"{'what':58} {'reached':44} goal")
    for rows in (
        cost(chosen.folder),
        interval_rows(chosen.folder),
        window_rows(chosen.folder, can_learn=can_learn),
        beat_rows(chosen.folder, step, can_learn=can_learn),
        challenge_rows(chosen.folder, step, can_learn=can_learn),
    ):
        for what, reached, goal in rows:
            print(f"{what:58} {reached:44} {goal}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
