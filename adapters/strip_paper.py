"""A strip on ECG paper, as a cardiologist reads it: 25 mm/s, 10 mm/mV, rows of ten seconds.

What is drawn and where, in hundredths of a millimetre (1 microvolt is one); every picture comes from this one layout,
so that they cannot differ. Nothing is filtered; each row is centred on its own median, and what would leave its row is
cut and said to be.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROW_SECONDS = 10
MOST_ROWS = 60
MM = 100  # layout units in a millimetre
_UNITS_PER_SECOND = 25 * MM
BIG_SQUARE = 5 * MM
GRID_LEFT, GRID_TOP = 5 * MM, 19 * MM
_LEAD_IN, _LEAD_OUT = 15 * MM, 5 * MM  # room for the calibration mark, and a margin behind the trace
GRID_WIDTH = _LEAD_IN + ROW_SECONDS * _UNITS_PER_SECOND + _LEAD_OUT
PAGE_WIDTH = GRID_LEFT + GRID_WIDTH + GRID_LEFT
_FOOTER = 10 * MM
# The calibration mark of 1 mV for 0.2 s, from the left edge of the grid and the baseline.
_MARK = np.array([(1, 0), (3, 0), (3, -10), (8, -10), (8, 0), (10, 0)], dtype=np.int64) * MM
_LEAST_UP, _MOST_UP, _LEAST_DOWN, _MOST_DOWN = (millimetres * MM for millimetres in (15, 40, 10, 30))
_CLEARANCE = 2 * MM
_MOST_POINTS_OF_A_ROW = 6000
_MOST_CHARACTERS = 80
# Light enough to see the trace, dark enough to count the squares.
PAPER, MINOR, MAJOR, INK, GREY = "#ffffff", "#f8dada", "#e9a3a3", "#101010", "#555555"
MINOR_WIDTH, MAJOR_WIDTH, TRACE_WIDTH = 10, 18, 28

Points = NDArray[np.int64]
_Row = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class DrawnStrip:
    """One lead and the words around it; the texts are plain, any markup in them is shown as text.

    Beats are marked at the upper edge of their row.
    """

    lead: str
    sample_rate_hertz: float
    samples_microvolts: NDArray[np.float64]
    recorded_at_text: str
    rate_text: str
    note: str = ""
    beat_seconds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Text:
    """One line of words; `baseline` counts from the top."""

    left: int
    baseline: int
    size: int
    words: str
    anchor: str = "start"
    colour: str = INK


@dataclass(frozen=True)
class Layout:
    """Everything that is drawn: lines of the grid, polylines (n, 2) of ink, words."""

    height: int
    grid_height: int
    lines: list[Points]
    texts: list[Text]


def plain(words: str) -> str:
    """One line of printable characters; control characters would make the SVG no XML."""
    line = "".join(character if character.isprintable() else " " for character in words)
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def _thinned(times: NDArray[np.float64], heights: NDArray[np.float64]) -> _Row:
    """At most about 6000 points that keep every peak: lowest and highest of each short run, in order of time."""
    run = math.ceil(2 * len(heights) / _MOST_POINTS_OF_A_ROW)
    if run <= 2:  # noqa: PLR2004 - a run of two keeps both
        return times, heights
    runs = heights[: len(heights) // run * run].reshape(-1, run)
    starts = np.arange(len(runs)) * run
    kept = np.unique(np.concatenate([starts + runs.argmin(axis=1), starts + runs.argmax(axis=1), [len(heights) - 1]]))
    return times[kept], heights[kept]


def _rows(strip: DrawnStrip) -> list[_Row]:
    """Seconds from the start of the row, and microvolts from the row's median."""
    per_row = ROW_SECONDS * strip.sample_rate_hertz
    microvolts = np.nan_to_num(strip.samples_microvolts, posinf=0.0, neginf=0.0)
    rows = []
    for row in range(min(MOST_ROWS, max(1, math.ceil(len(microvolts) / per_row - 1e-9)))):
        first, last = math.ceil(row * per_row), math.ceil((row + 1) * per_row)
        heights = microvolts[first : last + 1]  # one more, so that a row ends where the next begins
        times = np.arange(first, first + len(heights)) / strip.sample_rate_hertz - row * ROW_SECONDS
        rows.append(_thinned(times, heights - np.median(heights) if len(heights) else heights))
    return rows


def _room(furthest: float, least: int, most: int) -> int:
    """The distance between a row's baseline and its edge, in whole big squares."""
    return int(np.clip(math.ceil(min(furthest + _CLEARANCE, most) / BIG_SQUARE) * BIG_SQUARE, least, most))


def _visible(points: Points, is_inside: NDArray[np.bool_]) -> list[Points]:
    """The parts of a trace that its row can show, each up to the edge where it leaves.

    A line along the edge in between would look like a heart that stands still.
    """
    changes = np.flatnonzero(np.diff(is_inside.astype(np.int8), prepend=0, append=0))
    return [points[max(first - 1, 0) : last + 1] for first, last in changes.reshape(-1, 2)]


def _beat_marks(beat_seconds: tuple[float, ...], row: int, top: int) -> list[Points]:
    """A short stroke above each beat of a row."""
    within = [second - row * ROW_SECONDS for second in beat_seconds if second // ROW_SECONDS == row]
    across = [GRID_LEFT + _LEAD_IN + round(second * _UNITS_PER_SECOND) for second in within]
    return [np.array([(at, top + MM // 2), (at, top + 5 * MM // 2)], dtype=np.int64) for at in across]


def layout_of(strip: DrawnStrip) -> Layout:
    """All that is drawn of the strip."""
    rows = _rows(strip)
    up = _room(max(heights.max(initial=0) for _, heights in rows), _LEAST_UP, _MOST_UP)
    down = _room(-min(heights.min(initial=0) for _, heights in rows), _LEAST_DOWN, _MOST_DOWN)
    lead = plain(strip.lead)
    lines: list[Points] = []
    texts: list[Text] = []
    cut = False
    for row, (times, heights) in enumerate(rows):
        baseline = GRID_TOP + row * (up + down) + up
        lines.append(np.array([GRID_LEFT, baseline]) + _MARK)
        within = heights.clip(-down + MM // 5, up - MM // 5)
        cut = cut or bool((within != heights).any())
        across = GRID_LEFT + _LEAD_IN + times * _UNITS_PER_SECOND
        points = np.column_stack([across, baseline - within]).round().astype(np.int64)
        lines += _visible(points, within == heights)
        lines += _beat_marks(strip.beat_seconds, row, baseline - up)
        words = f"{lead}   {row * ROW_SECONDS} s"
        texts.append(Text(GRID_LEFT + MM, baseline + down - MM, MM * 5 // 2, words))
    grid_height = len(rows) * (up + down)
    height = GRID_TOP + grid_height + _FOOTER
    right = PAGE_WIDTH - GRID_LEFT
    note = plain(strip.note)
    if cut:
        note = f"{note}   Trace cut where it leaves its row".strip()
    texts += [
        Text(GRID_LEFT, 9 * MM, 5 * MM, f"ECG   {lead if lead.startswith('Channel') else f'Lead {lead}'}"),
        Text(right, 9 * MM, 4 * MM, f"Recorded {plain(strip.recorded_at_text)}", "end"),
        Text(GRID_LEFT, 16 * MM, 4 * MM, plain(strip.rate_text)),
        Text(right, 16 * MM, 3 * MM + MM // 2, note, "end", GREY),
        Text(
            GRID_LEFT,
            height - 4 * MM,
            3 * MM + MM // 2,
            f"25 mm/s   10 mm/mV   Filter: none added   {strip.sample_rate_hertz:g} Hz",
        ),
        Text(right, height - 4 * MM, 3 * MM + MM // 2, "Not a diagnosis", "end"),
    ]
    return Layout(height, grid_height, lines, texts)
