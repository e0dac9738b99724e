"""What each candidate looks like beside the other beats of its own strip: numbers without unit, scale or polarity.

Nothing here knows microvolts or the device's rate, so that a strip that is scaled, inverted, resampled or shifted gives
the same numbers. The order of FEATURES is the order in which the model was trained.
"""

import numpy as np
from numpy.typing import NDArray

from analytics.ecg_signal import RATE_HERTZ, Lead, Positions, Series
from analytics.first_peaks import FirstOpinion

_NARROW, _WIDE = round(0.08 * RATE_HERTZ), round(0.20 * RATE_HERTZ)
_SHIFT = round(0.04 * RATE_HERTZ)
# Where the P wave before and the T wave after a beat lie.
_P_FROM, _P_TO = round(0.30 * RATE_HERTZ), round(0.12 * RATE_HERTZ)
_T_FROM, _T_TO = round(0.16 * RATE_HERTZ), round(0.46 * RATE_HERTZ)
_NEAR_SECONDS = 0.45
_FAR_SECONDS = 3.0
_MOST_NEIGHBOURS = 2
_MOST_COMPARED = 250
_TINY = 1e-9

FEATURES = (
    "strength",
    "strength of the strip",
    "slope",
    "fast share",
    "fast share beside beats",
    "slow share",
    "slow share beside beats",
    "strongest before",
    "seconds to it",
    "strongest after",
    "seconds to it after",
    "taken at first",
    "seconds since a beat",
    "seconds to a beat",
    "since a beat, of median RR",
    "to a beat, of median RR",
    "place in the gap",
    "like the template",
    "size of the template",
    "like the template, wide",
    "like most beats",
    "like any beat",
    "size of the one most alike",
    "best neighbour's likeness",
    "like the P wave",
    "size of the P wave",
    "like the T wave",
    "size of the T wave",
    "restless",
    "restless here",
    "share taken",
    "median RR",
    "spread of RR",
    "width",
    "seconds from the edge",
    "likeness of all",
    "peakedness",
)


def _snippets(signal: Series, positions: Positions, half: int) -> Series:
    """Windows around positions, (n, 2 half + 1); beyond the ends the signal stands still."""
    index = positions[:, None] + np.arange(-half, half + 1)
    cut: Series = signal[index.clip(0, len(signal) - 1)]
    return cut


def _unit(rows: Series) -> tuple[Series, Series]:
    """Rows around their mean with length one, and the lengths they had."""
    rows = rows - rows.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(rows, axis=-1)
    return rows / np.maximum(length, _TINY)[..., None], length


def _like_waves(template: Series, unit: Series, length: Series, first: int, last: int) -> tuple[Series, Series]:
    """How well each snippet fits anywhere between two offsets of the long template, and its size beside that place."""
    windows = np.lib.stride_tricks.sliding_window_view(template, 2 * _NARROW + 1)[first : last + 1]
    places, sizes = _unit(windows)
    fit = unit @ places.T
    best = fit.argmax(axis=1)
    return fit[np.arange(len(unit)), best], np.log((length + _TINY) / (sizes[best] + _TINY))


def _nearest(candidates: Positions, beats: Positions) -> tuple[Series, Series]:
    """Seconds since the last and to the next beat that is not the candidate itself."""
    apart = round(0.08 * RATE_HERTZ)
    before = np.searchsorted(beats, candidates - apart) - 1
    after = np.searchsorted(beats, candidates + apart, side="right")
    padded = np.concatenate([beats, [0]])
    since = np.where(before >= 0, (candidates - padded[before]) / RATE_HERTZ, _FAR_SECONDS)
    until = np.where(after < len(beats), (padded[after] - candidates) / RATE_HERTZ, _FAR_SECONDS)
    return since.clip(0, _FAR_SECONDS), until.clip(0, _FAR_SECONDS)


def _neighbours(candidates: Positions, strength: Series, likeness: Series) -> NDArray[np.float64]:
    """Of the strongest candidate shortly before and after: relative strength and distance; and the best likeness."""
    own = np.arange(len(candidates))
    columns, best_likeness = [], np.full(len(candidates), -1.0)
    for side in (-1, 1):
        # Candidates are so far apart that no more than these few are near.
        index = own[:, None] + side * np.arange(1, _MOST_NEIGHBOURS + 1)
        exists = (index >= 0) & (index < len(candidates))
        index = index.clip(0, len(candidates) - 1)
        distance = np.abs(candidates[index] - candidates[:, None]) / RATE_HERTZ
        near = exists & (distance <= _NEAR_SECONDS)
        there = np.where(near, strength[index], 0.0)
        best = there.argmax(axis=1)
        columns += [
            np.log((there[own, best] + 0.05) / (strength + 0.05)),
            np.where(near.any(axis=1), distance[own, best], _NEAR_SECONDS),
        ]
        best_likeness = np.maximum(best_likeness, np.where(near, likeness[index], -1.0).max(axis=1))
    columns.append(best_likeness)
    return np.column_stack(columns)


def describe(lead: Lead, first: FirstOpinion, beats: Positions) -> NDArray[np.float64]:
    """One row of FEATURES per candidate, given the beats of an earlier opinion (at least one)."""
    at = first.candidates
    strength = lead.energy / first.reference
    beat_energy = max(float(np.median(lead.energy[beats])), _TINY)
    fast, slow = (energy / np.maximum(lead.energy, _TINY) for energy in (lead.fast_energy, lead.slow_energy))
    rr = np.diff(beats) / RATE_HERTZ
    median_rr = float(np.median(rr)) if len(rr) else 1.0
    spread = float(np.median(np.abs(np.diff(rr)))) / median_rr if len(rr) > 1 else 0.0
    since, until = _nearest(at, beats)

    # The template is aligned at the largest excursion, where beats of one kind are sharpest.
    aligned = beats + np.abs(_snippets(lead.peak, beats, _NARROW)).argmax(axis=1) - _NARROW
    reach = _T_TO + 2 * _NARROW
    template = np.median(_snippets(lead.peak, aligned.astype(np.intp), reach), axis=0)
    own = at + np.abs(_snippets(lead.peak, at, _NARROW)).argmax(axis=1) - _NARROW
    unit, length = _unit(_snippets(lead.peak, own.astype(np.intp), _NARROW))
    windows = np.lib.stride_tricks.sliding_window_view(template, 2 * _NARROW + 1)
    centre = reach - _NARROW
    places, sizes = _unit(windows[centre - _SHIFT : centre + _SHIFT + 1])
    like = (unit @ places.T).max(axis=1)
    size = np.log((length + _TINY) / (sizes[_SHIFT] + _TINY))
    wide, _ = _unit(_snippets(lead.peak, own.astype(np.intp), _WIDE))
    wide_template, _ = _unit(template[reach - _WIDE : reach + _WIDE + 1])
    # Of ten minutes of beats a part says as much as all, and takes a fraction of the memory.
    some = slice(None, None, len(beats) // _MOST_COMPARED + 1)
    beat_unit, beat_length = _unit(_snippets(lead.peak, aligned[some].astype(np.intp), _NARROW))
    alike = unit @ beat_unit.T
    alike[np.abs(at[:, None] - beats[None, some]) < 0.1 * RATE_HERTZ] = np.nan  # not with itself
    alike = np.where(np.isnan(alike).all(axis=1, keepdims=True), 0.0, alike)
    closest = np.nanargmax(alike, axis=1)
    p_like, p_size = _like_waves(template, unit, length, centre - _P_FROM, centre - _P_TO)
    t_like, t_size = _like_waves(template, unit, length, centre + _T_FROM, centre + _T_TO)
    around = np.median(_snippets(lead.energy, at, round(RATE_HERTZ))[:, ::5], axis=1)
    energy_here = np.maximum(lead.energy[at], _TINY)
    width = (_snippets(lead.energy, at, _WIDE) > 0.5 * energy_here[:, None]).mean(axis=1)
    neighbours = _neighbours(at, strength[at], like)
    taken = np.isin(at, beats)
    count = len(at)
    return np.column_stack(
        [
            np.log(strength[at] + _TINY),
            np.log(energy_here / beat_energy),
            np.log((first.slope[at] + _TINY) / (np.median(first.slope[beats]) + _TINY)),
            np.log(fast[at] + _TINY),
            np.log((fast[at] + _TINY) / (np.median(fast[beats]) + _TINY)),
            np.log(slow[at] + _TINY),
            np.log((slow[at] + _TINY) / (np.median(slow[beats]) + _TINY)),
            neighbours[:, :4],
            taken,
            since,
            until,
            (since / median_rr).clip(0, 6),
            (until / median_rr).clip(0, 6),
            since / (since + until),
            like,
            size,
            (wide * wide_template).sum(axis=1),
            np.nanmedian(alike, axis=1),
            np.nanmax(alike, axis=1),
            np.log((length + _TINY) / (beat_length[closest] + _TINY)),
            neighbours[:, 4],
            p_like,
            p_size,
            t_like,
            t_size,
            np.full(count, np.median(lead.energy) / np.median(first.reference)),
            around / first.reference[at],
            np.full(count, len(beats) / count),
            np.full(count, median_rr),
            np.full(count, spread),
            width,
            np.minimum(at, len(lead.energy) - 1 - at).clip(0, RATE_HERTZ) / RATE_HERTZ,
            np.full(count, np.median(like[taken]) if taken.any() else 0.0),
            np.log((np.abs(_snippets(lead.peak, own.astype(np.intp), 2)).mean(axis=1) + _TINY) / (length + _TINY)),
        ]
    )
