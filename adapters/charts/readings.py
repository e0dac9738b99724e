"""Readings on their way into a picture: put in order, parted at gaps, thinned to what a pixel can show."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gap = tuple[float, float]


def in_window(times: Floats, values: Floats, start: float, end: float) -> tuple[Floats, Floats]:
    """The finite readings between two times, both included, oldest first.

    Raises:
        ValueError: the shapes differ or are not one-dimensional.
    """
    times, values = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if times.ndim != 1 or times.shape != values.shape:
        raise ValueError("Times and values must be two rows of equal length.")
    kept = np.isfinite(values) & (times >= start) & (times <= end)
    times, values = times[kept], values[kept]
    order = np.lexsort((values, times))
    return times[order], values[order]


def find_gaps(rows_of_times: Sequence[Floats], start: float, end: float, most_seconds: float) -> list[Gap]:
    """Where no series has a reading for longer than that, the ends of the window among them."""
    edges = np.concatenate([[start], np.sort(np.concatenate([np.empty(0), *rows_of_times])), [end]])
    wide = np.flatnonzero(np.diff(edges) > most_seconds)
    return [(float(edges[at]), float(edges[at + 1])) for at in wide]


def unbroken(times: Floats, most_seconds: float) -> list[slice]:
    """The runs of one series that may be joined by a line."""
    breaks = (np.flatnonzero(np.diff(times) > most_seconds) + 1).tolist()
    edges = [0, *breaks, len(times)]
    return [slice(first, last) for first, last in pairwise(edges) if first < last]


def medians(times: Floats, values: Floats, start: float, end: float, span_seconds: float) -> tuple[Floats, Floats]:
    """The median of each span, counted from `start`, in its middle; a span without readings has none."""
    # The very end belongs to the last span, not to one of its own.
    last = math.ceil((end - start) / span_seconds) - 1
    spans = np.floor((times - start) / span_seconds).astype(np.int64).clip(max=last)
    present, firsts = np.unique(spans, return_index=True)
    middles = [float(np.median(part)) for part in np.split(values, firsts[1:])]
    return start + (present + 0.5) * span_seconds, np.array(middles)


def thinned(columns: NDArray[np.int64], values: Floats) -> NDArray[np.int64]:
    """Which readings a line needs: first, lowest, highest and last of each column of the picture, in order of time."""
    if not len(columns):
        return np.empty(0, dtype=np.int64)
    by_value = np.lexsort((values, columns))
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    ends = np.append(starts[1:], len(columns)) - 1
    # Sorted by column and then value, a column still begins and ends at the same places.
    return np.unique(np.concatenate([starts, by_value[starts], by_value[ends], ends]))
