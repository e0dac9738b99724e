"""R peaks on records that the detector's model has not seen, as they are and disguised, beside other libraries."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from analytics.boosted_trees import BoostedTrees, read_model
from analytics.ecg_signal import prepare
from analytics.rpeaks import detect_beats
from dev.ecg_noise import disturbed
from dev.ecg_recordings import Recording
from dev.train_peak_model import Examples, document, fit, folds

Series = NDArray[np.float64]
Detector = Callable[[Series, float], Series]
EDGE_SECONDS = 0.15
FOLDS = 4
# A third of the examples of many records is as good as all, and learned in a third of the time.
_SHARE = 0.35


@dataclass(frozen=True)
class Count:
    """Beats within a strip, and how they were found."""

    beats: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.beats + other.beats, self.missed + other.missed, self.false + other.false)

    @property
    def sensitivity(self) -> float:
        """In percent."""
        return 100 * (1 - self.missed / max(1, self.beats))

    @property
    def predictivity(self) -> float:
        """In percent."""
        found = self.beats - self.missed
        return 100 * found / max(1, found + self.false)


def matched(reference: Series, found: Series, tolerance_seconds: float) -> int:
    """How many beats and findings pair one to one."""
    first = second = pairs = 0
    while first < len(reference) and second < len(found):
        distance = found[second] - reference[first]
        pairs += bool(abs(distance) <= tolerance_seconds)
        first += distance >= -tolerance_seconds
        second += distance <= tolerance_seconds
    return pairs


def count(reference: Series, found: Series, seconds: float, tolerance_seconds: float = 0.15) -> Count:
    """Beats at a strip's edge, of which half is cut off, are not counted."""

    def inside(beats: Series) -> Series:
        return beats[(beats >= EDGE_SECONDS) & (beats <= seconds - EDGE_SECONDS)]

    true = len(inside(reference))
    missed = true - matched(inside(reference), found, tolerance_seconds)
    return Count(true, missed, len(inside(found)) - matched(reference, inside(found), tolerance_seconds))


def resampled(strip: Recording, rate_hertz: int) -> Recording:
    """At another rate of whole hertz."""
    ours = int(strip.rate_hertz)
    common = int(np.gcd(rate_hertz, ours))
    samples = resample_poly(strip.microvolts, rate_hertz // common, ours // common)
    return replace(strip, microvolts=samples, rate_hertz=float(rate_hertz))


def shifted(strip: Recording, seconds: float) -> Recording:
    """Without its first seconds."""
    beats = strip.beat_seconds - seconds
    kept = beats >= 0
    symbols = tuple(symbol for symbol, stays in zip(strip.beat_symbols, kept, strict=True) if stays)
    samples = strip.microvolts[round(seconds * strip.rate_hertz) :]
    return replace(strip, microvolts=samples, beat_seconds=beats[kept], beat_symbols=symbols)


def variants(strip: Recording, chance: np.random.Generator) -> Iterator[tuple[str, Recording]]:
    """What must change nothing, and what makes it harder."""
    yield "shifted by 7.3 s", shifted(strip, 7.3)
    for rate_hertz in (125, 250, 1000):
        yield f"at {rate_hertz} Hz", resampled(strip, rate_hertz)
    yield "inverted", replace(strip, microvolts=-strip.microvolts)
    for factor in (0.3, 4.0):
        yield f"scaled by {factor:g}", replace(strip, microvolts=strip.microvolts * factor)
    for kind, decibels in (("muscle", 6), ("muscle", 0), ("electrode motion", 12), ("electrode motion", 6)):
        noisy = disturbed(strip.microvolts, strip.rate_hertz, kind, decibels, chance)
        yield f"{kind}, {decibels} dB", replace(strip, microvolts=noisy)


def models_by_record(records: list[Examples], leads: list[Examples]) -> dict[str, BoostedTrees]:
    """For each record a model that was learned without it."""
    names = [one.record for one in records]
    found: dict[str, BoostedTrees] = {}
    for left_out in folds(names, FOLDS):
        learned = fit([*(one for one in records if one.record not in left_out), *leads], _SHARE)
        found |= dict.fromkeys(left_out, read_model(document(learned, {})))
    return found


def ours(model: BoostedTrees | None) -> Detector:
    """Our detector with a model; None is the shipped one."""

    def detect(microvolts: Series, rate_hertz: float) -> Series:
        lead = prepare(microvolts, rate_hertz)
        return detect_beats(lead, model).seconds if lead is not None else np.empty(0)

    return detect


def _sleepecg(microvolts: Series, rate_hertz: float) -> Series:
    found = import_module("sleepecg").detect_heartbeats(microvolts, rate_hertz)
    return np.asarray(found, dtype=np.float64) / rate_hertz


def _neurokit(microvolts: Series, rate_hertz: float) -> Series:
    neurokit = import_module("neurokit2")
    cleaned = neurokit.ecg_clean(microvolts / 1000, sampling_rate=int(rate_hertz))
    found = neurokit.ecg_peaks(cleaned, sampling_rate=int(rate_hertz))[1]["ECG_R_Peaks"]
    return np.asarray(found, dtype=np.float64) / rate_hertz


def _gqrs(microvolts: Series, rate_hertz: float) -> Series:
    processing = import_module("wfdb.processing")
    found = processing.gqrs_detect(sig=microvolts / 1000, fs=rate_hertz)
    return np.asarray(found, dtype=np.float64) / rate_hertz


def others() -> dict[str, Detector | None]:
    """Detectors of other libraries by name; None where one is not installed."""
    known = {"sleepecg": _sleepecg, "neurokit2": _neurokit, "wfdb": _gqrs}
    return {name: detector if find_spec(name) else None for name, detector in known.items()}


def score(detector: Detector, strips: list[Recording], tolerance_seconds: float = 0.15) -> Count:
    """Over separate strips; a library that raises on one has found nothing in it."""
    total = Count()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for strip in strips:
            try:
                found = np.sort(detector(strip.microvolts, strip.rate_hertz))
            except Exception:  # noqa: BLE001 - other people's code on hard strips
                found = np.empty(0)
            seconds = len(strip.microvolts) / strip.rate_hertz
            total += count(strip.beat_seconds, found, seconds, tolerance_seconds)
    return total
