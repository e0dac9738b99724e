"""Annotated strips made harder in ways that happen: other rates, tall P and T waves, beats left out, noise."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dev.ecg_noise import disturbed
from dev.ecg_recordings import Recording

Series = NDArray[np.float64]
_NORMAL_SYMBOLS = "NLR"
_EDGE_SECONDS = 0.03


def _window(seconds: Series, start: float, end: float) -> Series:
    """One between two moments, zero outside, with soft edges."""
    inside: Series = np.clip(np.minimum((seconds - start) / _EDGE_SECONDS, (end - seconds) / _EDGE_SECONDS), 0, 1)
    return inside


def _baseline(microvolts: Series, rate_hertz: float) -> Series:
    half = round(rate_hertz)
    padded = np.pad(microvolts, half, mode="edge")
    level: Series = np.convolve(padded, np.ones(2 * half + 1) / (2 * half + 1), "valid")
    return level


def reshaped(strip: Recording, chance: np.random.Generator) -> Recording:
    """Taller P waves, taller T waves, smaller QRS by chance; and normal beats whose QRS and T never came.

    Every second beat is left out in some strips, as in a 2:1 block, single ones in others; their P waves stay.
    """
    rate = strip.rate_hertz
    level = _baseline(strip.microvolts, rate)
    signal = strip.microvolts - level
    gain = np.ones(len(signal))
    p_gain, t_gain, qrs_gain = (
        float(chance.choice([1.0, chance.uniform(low, high)])) for low, high in ((1, 2), (1, 1.6), (0.8, 1))
    )
    habit = chance.choice(["none", "none", "every second", "some"])
    rr = float(np.median(np.diff(strip.beat_seconds))) if len(strip.beat_seconds) > 1 else 1.0
    kept = np.ones(len(strip.beat_seconds), dtype=bool)
    for at, (beat, symbol) in enumerate(zip(strip.beat_seconds.tolist(), strip.beat_symbols, strict=True)):
        part = slice(max(0, int((beat - 0.4) * rate)), min(len(signal), int((beat + 0.6) * rate)))
        seconds = np.arange(part.start, part.stop) / rate - beat
        gain[part] *= 1 + (p_gain - 1) * _window(seconds, -0.28, -0.07)
        gain[part] *= 1 + (t_gain - 1) * _window(seconds, 0.12, 0.42)
        gain[part] *= 1 + (qrs_gain - 1) * _window(seconds, -0.07, 0.09)
        left_out = at % 2 == 1 if habit == "every second" else habit == "some" and chance.random() < 0.2
        if left_out and symbol in _NORMAL_SYMBOLS and len(seconds) > 2:
            kept[at] = False
            end = min(0.45, 0.7 * rr)
            inside = (seconds >= -0.08) & (seconds <= end)
            if inside.any():
                level_line = np.interp(seconds, seconds[inside][[0, -1]], signal[part][inside][[0, -1]])
                share = _window(seconds, -0.08, end)
                signal[part] = signal[part] * (1 - share) + level_line * share
    return replace(
        strip,
        microvolts=signal * gain + level,
        beat_seconds=strip.beat_seconds[kept],
        beat_symbols=tuple(symbol for symbol, stays in zip(strip.beat_symbols, kept, strict=True) if stays),
    )


def at_other_pace(strip: Recording, factor: float) -> Recording:
    """The strip played faster or slower."""
    return replace(strip, rate_hertz=strip.rate_hertz * factor, beat_seconds=strip.beat_seconds / factor)


def disguises(strip: Recording, chance: np.random.Generator) -> Iterator[tuple[str, Recording]]:
    """The strip itself and what it could have been, by name."""
    yield "as it is", strip
    for kind, low, high in (("muscle", -3.0, 12.0), ("electrode motion", 2.0, 14.0)):
        noisy = disturbed(strip.microvolts, strip.rate_hertz, kind, chance.uniform(low, high), chance)
        yield kind, replace(strip, microvolts=noisy)
    yield "other pace", at_other_pace(strip, chance.uniform(0.75, 1.3))
    yield "reshaped", at_other_pace(reshaped(strip, chance), chance.uniform(0.8, 1.2))
