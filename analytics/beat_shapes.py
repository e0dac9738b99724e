"""Which beats of a strip look alike: clusters around templates, the median beat of the main one, and beat kinds.

A kind is said for each beat: NORMAL_LIKE has the shape of the main cluster, WIDE_OR_EARLY another shape or a moment
well before its time. The main cluster is the narrowest of those that hold a good part of the beats, so that bigeminy
does not turn the extra beats into the normal ones.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ecg_signal import RATE_HERTZ, Lead, Positions, Series

BEFORE_SECONDS, AFTER_SECONDS = 0.36, 0.60
_QRS_SECONDS = 0.10
_SHIFT_SECONDS = 0.024
_ALIKE, _UNLIKE = 0.85, 0.5
_MOST_CLUSTERS = 6
_LEAST_SHARE = 0.25
_FEWEST_OF_A_KIND = 3
_TWICE = np.log(2.0)
_WIDER = 1.25
_EARLY = 0.80
_REGULAR = 0.08
_NEIGHBOURS = 4
_TINY = 1e-9


class BeatKind(StrEnum):
    """What a beat is beside the others of its strip; not a diagnosis."""

    NORMAL_LIKE = "NORMAL_LIKE"
    WIDE_OR_EARLY = "WIDE_OR_EARLY"


@dataclass(frozen=True)
class BeatShapes:
    """The beats of one strip, n of them, as they lie at 250 Hz.

    `snippets` (n, m) are microvolts around each R peak, `likeness` (n,) the correlation of each QRS with the template
    of the main cluster, `size` (n,) the logarithm of its size beside that of the main cluster, `cluster` (n,) its
    cluster (0 is the main one, -1 is alone), `template` (m,) the median beat of the main cluster, `width` (n,) seconds
    for which a QRS is steep.
    """

    positions: Positions
    snippets: Series
    likeness: Series
    size: Series
    cluster: NDArray[np.intp]
    width: Series
    template: Series
    kinds: tuple[BeatKind, ...]


def cut(signal: Series, positions: Positions, before_seconds: float, after_seconds: float) -> Series:
    """Windows around positions; beyond the ends the signal stands still."""
    offsets = np.arange(-round(before_seconds * RATE_HERTZ), round(after_seconds * RATE_HERTZ) + 1)
    rows: Series = signal[(positions[:, None] + offsets).clip(0, len(signal) - 1)]
    return rows


def unit(rows: Series) -> tuple[Series, Series]:
    """Rows around their mean with length one, and the lengths they had."""
    rows = rows - rows.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(rows, axis=-1)
    return rows / np.maximum(length, _TINY)[..., None], length


def _fit(lead: Lead, positions: Positions, template: Series) -> Series:
    """The best correlation of each QRS with a template within a small shift."""
    half = round(_SHIFT_SECONDS * RATE_HERTZ)
    shifted = cut(lead.peak, positions, _QRS_SECONDS + _SHIFT_SECONDS, _QRS_SECONDS + _SHIFT_SECONDS)
    windows = np.lib.stride_tricks.sliding_window_view(shifted, len(template), axis=1)[:, : 2 * half + 1 : 2]
    best: Series = (unit(windows)[0] @ unit(template)[0]).max(axis=1)
    return best


def _clusters(lead: Lead, positions: Positions) -> tuple[NDArray[np.intp], list[Series]]:
    """Beats that look alike, the largest group first; what is like nothing stays alone (-1)."""
    rows = cut(lead.peak, positions, _QRS_SECONDS, _QRS_SECONDS)
    units, _ = unit(rows)
    alike = units @ units.T > _ALIKE
    cluster = np.full(len(positions), -1, dtype=np.intp)
    templates: list[Series] = []
    for name in range(_MOST_CLUSTERS):
        free = cluster < 0
        counts = np.where(free, (alike & free).sum(axis=1), 0)
        leader = int(counts.argmax())
        if counts[leader] < 1:
            break
        template = np.median(rows[alike[leader] & free], axis=0)
        members = free & (_fit(lead, positions, template) > _ALIKE)
        members[leader] = True
        cluster[members] = name
        templates.append(np.median(rows[members], axis=0))
    return cluster, templates


def _widths(lead: Lead, positions: Positions) -> Series:
    """For how long each QRS keeps more than a fifth of its steepness, in seconds."""
    steep = np.abs(np.gradient(cut(lead.shape, positions, 0.14, 0.14), axis=1))
    steep = np.maximum(steep[:, 1:-1], np.maximum(steep[:, :-2], steep[:, 2:]))
    over = steep > 0.2 * steep.max(axis=1, keepdims=True)
    widths: Series = over.sum(axis=1) / RATE_HERTZ
    return widths


def _early(seconds: Series) -> NDArray[np.bool_]:
    """Beats well before their time; where the rhythm has no time to keep, none is early."""
    rr = np.diff(seconds)
    if len(rr) < _NEIGHBOURS:
        return np.zeros(len(seconds), dtype=bool)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(rr, _NEIGHBOURS, mode="symmetric"), 2 * _NEIGHBOURS + 1)
    usual = np.median(around, axis=1)
    steady = np.median(np.abs(around - usual[:, None]), axis=1) < _REGULAR * usual
    return np.append(False, steady & (rr < _EARLY * usual))


def shape_beats(lead: Lead, seconds: Series) -> BeatShapes:
    """Clusters, template and kinds of the beats at `seconds` (increasing, at least one)."""
    positions = np.round(seconds * RATE_HERTZ).astype(np.intp).clip(0, len(lead.shape) - 1)
    cluster, templates = _clusters(lead, positions)
    widths = _widths(lead, positions)
    counts = np.array([(cluster == name).sum() for name in range(len(templates))])
    sizeable = np.flatnonzero(counts >= max(1, _LEAST_SHARE * len(positions)))
    typical = [float(np.median(widths[cluster == name])) for name in sizeable]
    # Of groups about as wide the larger one is the main one.
    narrow = [name for name, width in zip(sizeable, typical, strict=True) if width < _WIDER * min(typical)]
    main = int(max(narrow, key=lambda name: counts[name])) if narrow else 0
    order = [main, *(name for name in range(len(templates)) if name != main)]
    renamed = np.array([order.index(name) if name >= 0 else -1 for name in cluster], dtype=np.intp)
    likeness = _fit(lead, positions, templates[main])
    snippets = cut(lead.shape, positions, BEFORE_SECONDS, AFTER_SECONDS)
    lengths = unit(cut(lead.peak, positions, _QRS_SECONDS, _QRS_SECONDS))[1]
    size = np.log((lengths + _TINY) / (np.median(lengths[renamed == 0]) + _TINY))
    whole = (positions >= BEFORE_SECONDS * RATE_HERTZ) & (positions < len(lead.shape) - AFTER_SECONDS * RATE_HERTZ)
    usable = (renamed == 0) & whole
    template = np.median(snippets[usable if usable.any() else renamed == 0], axis=0)
    main_width = float(np.median(widths[renamed == 0]))
    other = (likeness < _ALIKE) | (np.abs(size) > _TWICE)
    strange = other & ((widths > _WIDER * main_width) | (likeness < _UNLIKE) | (size > _TWICE))
    kinds = tuple(BeatKind.WIDE_OR_EARLY if odd else BeatKind.NORMAL_LIKE for odd in strange | _early(seconds))
    return BeatShapes(positions, snippets, likeness, size, renamed, widths, template, kinds)
