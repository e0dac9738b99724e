"""One measure as columns, thinned to what a screen can show, with its extremes kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler

from domain import readings
from domain.errors import BadInput
from domain.kinds import Measure
from domain.rules.codes import MEASURE_CODES
from domain.unit_of_work import UnitOfWork

FEWEST_POINTS = 10
MOST_POINTS = 10_000


@dataclass(frozen=True)
class Series:
    """Times in milliseconds since 1970 and values in `unit`, oldest first; `count` is how many there were before."""

    measure: Measure
    unit: str
    count: int
    times: NDArray[np.int64]
    values: NDArray[np.float64]


def thinned(values: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Which points to keep: the first, the last, the highest, the lowest, and those that make the shape.

    MinMaxLTTB (van der Donckt and others 2023) through tsdownsample, which keeps the extremes of each stretch but not
    always the two of the whole series.
    """
    if len(values) <= most:
        return np.arange(len(values))
    ends = np.array([0, len(values) - 1, values.argmin(), values.argmax()])
    # An even number of points is asked of it; four are kept free for the ends.
    shape = MinMaxLTTBDownsampler().downsample(  # type: ignore[no-untyped-call] # it has no types
        values, n_out=(most - len(ends)) // 2 * 2
    )
    return np.unique(np.concatenate([ends, shape.astype(np.intp)]))


async def series(
    work: UnitOfWork, patient_id: UUID, measure: Measure, since: datetime, until: datetime, most: int | None
) -> Series:
    """The series of a patient who is visible to the caller; `since` counts, `until` does not.

    Raises:
        BadInput: the window is upside down, or so few or many points cannot be asked for.
    """
    if until < since:
        raise BadInput("to: the later moment comes last.")
    if most is not None and not FEWEST_POINTS <= most <= MOST_POINTS:
        raise BadInput(f"maxPoints: ask for {FEWEST_POINTS} to {MOST_POINTS}.")
    microseconds, values = await readings.columns(work.connection, patient_id, measure, since, until)
    work.audit(f"series:{measure}", patient_id=patient_id)
    times, unit, most = (microseconds + 500) // 1000, MEASURE_CODES[measure].ucum, most or MOST_POINTS
    if len(values) <= most:
        return Series(measure, unit, len(values), times, values)
    kept = thinned(values, most)
    return Series(measure, unit, len(values), times[kept], values[kept])
