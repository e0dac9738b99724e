"""The analysed signal as FLAC of 16 bits: all leads one after another on one channel, so that any number fits.

FLAC knows only whole rates: the file has the rounded one, the row the true one.
"""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

CONTENT_TYPE = "audio/flac"
# Whole microvolts are what most devices send; finer steps are taken where they make every value exact.
_STEPS_MICROVOLTS = (1.0, 0.5, 0.25, 0.125)
_NEARLY = 1e-3
_HIGHEST = np.iinfo(np.int16).max


def _step(samples: NDArray[np.float64]) -> float:
    """Microvolts of one count: exact where a step can be, else the finest of half a microvolt and what fits."""
    highest = float(np.abs(samples).max(initial=0.0))
    for step in _STEPS_MICROVOLTS:
        counts = samples / step
        if highest / step <= _HIGHEST and np.abs(counts - np.round(counts)).max(initial=0.0) < _NEARLY:
            return step
    return max(0.5, float(np.ceil(highest / _HIGHEST)) if highest > 0.5 * _HIGHEST else 0.5)


def encode_signal(leads: dict[str, NDArray[np.float64]], sample_rate_hertz: float) -> tuple[bytes, float]:
    """The file, and how many microvolts one count of it is; `leads` are equally long."""
    samples = np.concatenate([*leads.values()])
    step = _step(samples)
    counts = np.round(samples / step).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, counts, round(sample_rate_hertz), format="FLAC", subtype="PCM_16")
    return file.getvalue(), step


def read_signal(file: bytes, lead: int, leads: int, first: int, last: int) -> tuple[int, NDArray[np.int16]]:
    """How many samples each lead has, and the counts of one from `first` to before `last`."""
    with soundfile.SoundFile(io.BytesIO(file)) as signal:
        length = signal.frames // leads
        first, last = min(first, length), min(last, length)
        signal.seek(lead * length + first)
        counts: NDArray[np.int16] = signal.read(last - first, dtype="int16")
    return length, counts
