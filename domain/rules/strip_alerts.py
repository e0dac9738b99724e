"""Which strips a clinician should see soon, and how soon."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.kinds import AlertSeverity, RhythmLabel, StripUsability

# What a device or phone may send of them; words of other languages do not count.
FAINTING = frozenset({"SYNCOPE", "FAINTING"})
DANGER = FAINTING | {"CHEST_PAIN", "BREATHLESSNESS", "SHORTNESS_OF_BREATH"}
STROKE = frozenset({"FACE_DROOPING", "SPEECH_DIFFICULTY", "ARM_WEAKNESS", "STROKE_SIGNS"})


@dataclass(frozen=True)
class StripRule:
    """One rule as data; with one of `worse_with` among the symptoms, or from `worse_at`, it is `worse_severity`.

    The threshold of fibrillation is that of the analysis and its version: here it is zero.
    """

    id: str
    version: int
    title: str
    threshold: float
    unit: str
    severity: AlertSeverity
    worse_severity: AlertSeverity
    worse_with: frozenset[str]
    worse_at: float | None
    source: str
    mark: str
    to_be_confirmed_by_a_clinician: bool


# A strip that arrives later is history: it is shown, and rings no alarm of today.
LIVE_WITHIN_SECONDS = 86_400.0
QT_RATE_BPM = (40.0, 120.0)
_NEWS2 = "National Early Warning Score 2, Royal College of Physicians 2017, three points"

FIBRILLATION = StripRule(
    "AF-SUSPECT",
    1,
    "An ECG strip looks like atrial fibrillation",
    0,
    "/min",
    AlertSeverity.REVIEW,
    AlertSeverity.URGENT,
    FAINTING | STROKE,
    131,
    "ESC 2024 guidelines on atrial fibrillation: an ECG of 30 s or more, read by a clinician; urgent with syncope,"
    " signs of a stroke or 131/min is our own",
    "[S]",
    True,
)
FAST = StripRule(
    "ECG-FAST",
    1,
    "A very fast heart on an ECG strip",
    131,
    "/min",
    AlertSeverity.URGENT,
    AlertSeverity.EMERGENCY,
    DANGER,
    None,
    f"{_NEWS2} from 131/min",
    "[V]",
    False,
)
SLOW = StripRule(
    "ECG-SLOW",
    1,
    "A very slow heart on an ECG strip",
    40,
    "/min",
    AlertSeverity.URGENT,
    AlertSeverity.EMERGENCY,
    DANGER,
    None,
    f"{_NEWS2} up to 40/min",
    "[V]",
    False,
)
PAUSE = StripRule(
    "ECG-PAUSE",
    1,
    "A pause on an ECG strip",
    3,
    "s",
    AlertSeverity.REVIEW,
    AlertSeverity.URGENT,
    FAINTING,
    6,
    "ESC 2021 guidelines on cardiac pacing: pauses over 3 s with symptoms, over 6 s without",
    "[M]",
    True,
)
LONG_QT = StripRule(
    "QT-1",
    1,
    "A very long QT interval on an ECG strip",
    500,
    "ms",
    AlertSeverity.URGENT,
    AlertSeverity.URGENT,
    frozenset(),
    None,
    "American Heart Association and American College of Cardiology 2010: QTc of 500 ms or more; Fridericia,"
    " 40 to 120/min",
    "[V]",
    False,
)
RULES = (FIBRILLATION, FAST, SLOW, PAUSE, LONG_QT)


@dataclass(frozen=True)
class ReadStrip:
    """What the rules need of a strip; times in seconds, the rate a minute, QT in milliseconds after Fridericia."""

    recorded_at: datetime
    received_at: datetime
    symptoms: Sequence[str]
    usability: StripUsability
    label: RhythmLabel
    confidence: float
    rate_bpm: float | None
    beat_seconds: Sequence[float]
    qt_milliseconds: float | None


@dataclass(frozen=True)
class Concern:
    """A rule that holds, how urgent it is here, and the numbers for the clinician."""

    rule: StripRule
    severity: AlertSeverity
    explanation: str


def concerns(strip: ReadStrip) -> list[Concern]:
    """The rules that hold for a strip, in the order of the list; none for one that is unusable or of the past."""
    late = (strip.received_at - strip.recorded_at).total_seconds() > LIVE_WITHIN_SECONDS
    if late or strip.usability is StripUsability.UNUSABLE:
        return []
    symptoms = {one.strip().upper().replace(" ", "_").replace("-", "_") for one in strip.symptoms}
    found = []
    for check in _CHECKS:
        for rule, value, words in check(strip):
            is_worse = bool(symptoms & rule.worse_with) or (rule.worse_at is not None and value >= rule.worse_at)
            severity = rule.worse_severity if is_worse else rule.severity
            told = f" Symptoms: {', '.join(sorted(symptoms))}." if symptoms & rule.worse_with else ""
            found.append(Concern(rule, severity, f"Strip of {strip.recorded_at:%Y-%m-%d %H:%M} UTC: {words}.{told}"))
    return found


_Found = Iterator[tuple[StripRule, float, str]]


def _fibrillation(strip: ReadStrip) -> _Found:
    if strip.label is RhythmLabel.FIBRILLATION_SUSPECTED:
        rate = strip.rate_bpm or 0.0
        words = f"fibrillation suspected with a confidence of {strip.confidence:.2f}, heart rate {rate:.0f}/min"
        yield FIBRILLATION, rate, words


def _rate(strip: ReadStrip) -> _Found:
    if strip.rate_bpm is None:
        return
    if strip.rate_bpm >= FAST.threshold:
        yield FAST, strip.rate_bpm, f"{strip.rate_bpm:.0f}/min, limit {FAST.threshold:.0f}/min"
    if strip.rate_bpm <= SLOW.threshold:
        yield SLOW, strip.rate_bpm, f"{strip.rate_bpm:.0f}/min, limit {SLOW.threshold:.0f}/min"


def _pause(strip: ReadStrip) -> _Found:
    gaps = [after - before for before, after in zip(strip.beat_seconds, strip.beat_seconds[1:], strict=False)]
    longest = max(gaps, default=0.0)
    # A beat that noise hides looks like a pause.
    clear = strip.usability in {StripUsability.GOOD, StripUsability.USABLE_FOR_RHYTHM}
    if clear and longest >= PAUSE.threshold:
        yield PAUSE, longest, f"no beat for {longest:.1f} s, limit {PAUSE.threshold:.0f} s"


def _long_qt(strip: ReadStrip) -> _Found:
    qt, rate = strip.qt_milliseconds, strip.rate_bpm
    if qt is None or rate is None or not QT_RATE_BPM[0] <= rate <= QT_RATE_BPM[1]:
        return
    if qt >= LONG_QT.threshold:
        yield LONG_QT, qt, f"QTc {qt:.0f} ms after Fridericia, limit {LONG_QT.threshold:.0f} ms"


_CHECKS: tuple[Callable[[ReadStrip], _Found], ...] = (_fibrillation, _rate, _pause, _long_qt)
