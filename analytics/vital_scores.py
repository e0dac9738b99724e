"""How much the last days differ from what was expected, over several windows at once.

Lasting change: the generalised likelihood ratio of a step, for every window the sum of the innovations over its
standard deviation, innovations drawn in to `CLIP`. Restlessness: the same of their squares. Innovations of a settled
series are independent with variance one, so that the scores of all windows are alike; a level that wanders slowly
keeps a step in sight for weeks. A single reading, however wrong, reaches no threshold: what lasts is confirmed by at
least a second one.
"""

from dataclasses import dataclass

import numpy as np

from analytics.vital_filter import CLIP, Booleans, Floats, Integers

WINDOWS_DAYS = (3, 5, 7, 10, 14, 21, 28)
RESTLESS_WINDOWS_DAYS = (7, 14, 21)
LONGEST_DAYS = 28
# A square is drawn in to this, has this mean in a settled series and this standard deviation.
SQUARE_CLIP = 2.5**2
SQUARE_MEAN, SQUARE_SD = 0.85, 1.14
# What the filter does not know (a weekend, a cold, a second harmonic) is shared by the readings of a day: a window's
# variance grows by this part of its number of readings for each reading more a day.
SHARED = 0.2
FEWEST = 2
# So many series at a time stay in the processor's cache.
BLOCK = 128


@dataclass(frozen=True)
class Scores:
    """Scores after each reading, shape (series, steps): of the reading itself, and of what lasts up, down, restless."""

    point: Floats
    up: Floats
    down: Floats
    restless: Floats


def places_of(days: Integers) -> Integers:
    """Days as the windows count them, shape (series, steps): a gap counts as at most `LONGEST_DAYS` + 1.

    The first reading lies on place `LONGEST_DAYS`. A day that goes back, as on a journey, counts as the last one.
    """
    places = np.full(days.shape, LONGEST_DAYS, dtype=np.int64)
    gaps = np.diff(np.maximum.accumulate(days, axis=1), axis=1)
    places[:, 1:] += np.cumsum(np.minimum(gaps, LONGEST_DAYS + 1), axis=1)
    return places


def score_batch(
    z: Floats, scale: Floats, late: Floats, believed: Booleans, places: Integers, begins: Integers | None = None
) -> Scores:
    """Score many series of one measure at once.

    Args:
        z: innovations in the patient's standard deviations, shape (series, steps).
        scale: the patient's squared scale, same shape.
        late: the same of late, in its units.
        believed: whether a reading strayed as those before it did and is no slip for that, same shape.
        places: see `places_of`.
        begins: the first reading that a window may hold, same shape; later than 0 after a known change.
    """
    size = np.abs(z)
    # A slip of the hand does not grow with the patient's own scatter: a quarter of the scale is given back. Of a
    # restless week half is asked for.
    point = size * np.sqrt(np.sqrt(np.sqrt(scale) / np.maximum(late, 1.0)))
    point[believed] = 0.0
    scores = Scores(point, np.full(z.shape, -np.inf), np.full(z.shape, -np.inf), np.full(z.shape, -np.inf))
    for first in range(0, len(z), BLOCK):
        block = slice(first, first + BLOCK)
        part = Scores(point[block], scores.up[block], scores.down[block], scores.restless[block])
        _score_windows(z[block], places[block], None if begins is None else begins[block], part)
    return scores


def _score_windows(z: Floats, places: Integers, begins: Integers | None, into: Scores) -> None:
    series, steps = z.shape
    rows = np.arange(series)[:, None]
    height = int(places.max(initial=0)) + 1
    flat = places + rows * height
    # Where the sums stand before the first reading of each place's next: how many readings lie on places up to it.
    before = np.cumsum(np.bincount(flat.ravel(), minlength=height * series).reshape(series, height), axis=1)
    width = steps + 1
    before += rows * width
    if begins is not None:
        begins = begins + rows * width
    sums, squares = np.zeros((series, width)), np.zeros((series, width))
    np.cumsum(np.clip(z, -CLIP, CLIP), axis=1, out=sums[:, 1:])
    np.cumsum(np.minimum(z * z, SQUARE_CLIP) - SQUARE_MEAN, axis=1, out=squares[:, 1:])
    until = np.arange(1, width) + rows * width
    now, now_squares = sums[:, 1:].copy(), squares[:, 1:].copy()
    start, score, lowest = np.empty_like(until), np.empty_like(z), np.full(z.shape, np.inf)
    for window in WINDOWS_DAYS:
        # Every place is inside, so that clipping never acts; it only spares numpy the check.
        np.take(before, flat - window, out=start, mode="clip")
        if begins is not None:
            np.maximum(start, begins, out=start)
        count = np.subtract(until, start, dtype=np.float64)
        root = np.sqrt(count * (1.0 + SHARED / window * count))
        # A window with a single reading shows nothing that lasts.
        root[count < FEWEST] = np.inf
        np.take(sums, start, out=score, mode="clip")
        np.subtract(now, score, out=score)
        score /= root
        np.maximum(into.up, score, out=into.up)
        np.minimum(lowest, score, out=lowest)
        if window in RESTLESS_WINDOWS_DAYS:
            np.take(squares, start, out=score, mode="clip")
            np.subtract(now_squares, score, out=score)
            score /= root
            np.maximum(into.restless, score, out=into.restless)
    np.negative(lowest, out=into.down)
    np.divide(into.restless, SQUARE_SD, out=into.restless)
