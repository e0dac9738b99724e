"""A strip's bytes read and analysed, in the words of the domain; for a child process, which loads this and no more."""

import contextlib
import resource
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.strip_formats import DecodedStrip, UnreadableStrip, decode_strip
from adapters.strip_formats.strip import checked
from analytics import strip_analysis as analytics
from domain.kinds import BeatKind, QualityReason, RateFinding, RhythmLabel, StripUsability
from domain.strip_analyses import Disturbance, Interval, Quality, Rhythm, StripAnalysis, Variability

# What reading a stranger's file may take on top of what the process has; the deadline is its caller's.
MEMORY_BYTES = 1 << 30
TOO_COSTLY = ("TOO_COSTLY", "The recording takes too much time or memory. Please send a shorter one.")


@dataclass(frozen=True)
class ReadStrip:
    """What the bytes are, every lead in microvolts, and what the first lead shows: in numbers, and in our words."""

    decoded: DecodedStrip
    numbers: analytics.StripAnalysis
    analysis: StripAnalysis


def limit_memory() -> None:
    """Let this process grow by so much and no further: what wants more ends as a MemoryError."""
    with open("/proc/self/statm", encoding="ascii") as sizes:  # noqa: PTH123 - no file of ours
        used = int(sizes.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, hard))


def read_strip(data: bytes) -> ReadStrip:
    """Everything that is said of a strip.

    Raises:
        UnreadableStrip: with a reason that a patient understands.
    """
    try:
        decoded = decode_strip(data)
        samples = next(iter(decoded.leads.values()))
        found = analytics.analyse_strip(samples, decoded.sample_rate_hertz)
    except MemoryError:
        raise UnreadableStrip(*TOO_COSTLY) from None
    return ReadStrip(decoded, found, _in_words(found, decoded.sample_rate_hertz, tuple(decoded.leads)))


def _in_words(found: analytics.StripAnalysis, sample_rate_hertz: float, leads: tuple[str, ...]) -> StripAnalysis:
    quality, rhythm, varied, rate = found.quality, found.rhythm, found.variability, found.heart_rate
    measured = {
        "PR": found.intervals.pr,
        "QRS": found.intervals.qrs,
        "QT": found.intervals.qt,
        "QT_FRIDERICIA": found.intervals.qt_fridericia,
    }
    return StripAnalysis(
        sample_rate_hertz=sample_rate_hertz,
        duration_seconds=found.duration_seconds,
        leads=leads,
        beat_seconds=found.beat_seconds,
        beat_kinds=tuple(BeatKind(one) for one in found.beat_kinds),
        heart_rate=(rate.mean, rate.minimum, rate.maximum) if rate else None,
        quality=Quality(
            StripUsability(quality.usability),
            quality.score,
            tuple(QualityReason(one) for one in quality.reasons),
            tuple(
                Disturbance(QualityReason(one.reason), one.start_seconds, one.end_seconds)
                for one in quality.disturbances
            ),
        ),
        rhythm=Rhythm(
            RhythmLabel(rhythm.label),
            rhythm.confidence,
            rhythm.evidence,
            tuple(RateFinding(one) for one in rhythm.rate_findings),
            rhythm.method,
            rhythm.version,
        ),
        variability=Variability(varied.rmssd_milliseconds, varied.sdnn_milliseconds, varied.pnn50) if varied else None,
        intervals={
            name: Interval(one.milliseconds, one.uncertainty_milliseconds) for name, one in measured.items() if one
        },
        method=found.method,
        version=found.version,
    )


def read_stranger(data: bytes) -> tuple[str, StripAnalysis] | tuple[str, str]:
    """Format and analysis, or code and reason; for a child process, whose memory is limited first."""
    limit_memory()
    try:
        found = read_strip(data)
    except UnreadableStrip as unreadable:
        return unreadable.code, str(unreadable)
    return found.decoded.format, found.analysis


def read_samples(
    microvolts: NDArray[np.float64], sample_rate_hertz: float
) -> tuple[str, StripAnalysis] | tuple[str, str]:
    """The same of samples that came without a file."""
    limit_memory()
    try:
        decoded = checked("SAMPLES", sample_rate_hertz, {"I": microvolts})
        found = analytics.analyse_strip(microvolts, sample_rate_hertz)
    except UnreadableStrip as unreadable:
        return unreadable.code, str(unreadable)
    except MemoryError:
        return TOO_COSTLY
    return decoded.format, _in_words(found, sample_rate_hertz, ("I",))
