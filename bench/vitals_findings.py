"""The findings of simulated series by the analysis itself."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analytics.vital_batch import Batch, find
from analytics.vital_findings import THRESHOLDS, Finding, FindingKind, Thresholds
from analytics.vital_population import POPULATIONS, Population
from bench.vitals_scoring import days_since_begin
from bench.vitals_worlds import Series


def batches(series: Sequence[Series]) -> Iterator[tuple[str, list[int], Batch]]:
    """The series by measure, with their places."""
    by_measure: dict[str, list[int]] = {}
    for place, one in enumerate(series):
        by_measure.setdefault(one.vital.measure, []).append(place)
    for measure, places in by_measure.items():
        minutes = np.concatenate([series[place].minutes for place in places])
        changes = {at: (dose,) for at, place in enumerate(places) if (dose := series[place].medication_minutes)}
        yield (
            measure,
            places,
            Batch(
                minutes,
                minutes,
                np.concatenate([series[place].values for place in places]),
                np.cumsum([0, *(len(series[place].values) for place in places)]),
                changes,
            ),
        )


def findings(
    series: Sequence[Series],
    thresholds: Mapping[str, Thresholds] = THRESHOLDS,
    populations: Mapping[str, Population] = POPULATIONS,
) -> list[list[Finding]]:
    """Of each series, in order of time."""
    found: list[list[Finding]] = [[] for _ in series]
    for measure, places, batch in batches(series):
        for number, finding in find(populations[measure], batch, thresholds[measure]):
            found[places[number]].append(finding)
    return found


def lasting_days(found: Sequence[Sequence[Finding]]) -> list[list[float]]:
    """When something lasting was raised that no record accounts for, in days of the world."""
    return [
        [days_since_begin(one.minute) for one in ones if one.kind is not FindingKind.POINT and not one.explained]
        for ones in found
    ]


def point_readings(found: Sequence[Sequence[Finding]]) -> list[set[int]]:
    """Which readings were called wrong."""
    return [{one.reading for one in ones if one.kind is FindingKind.POINT} for ones in found]
