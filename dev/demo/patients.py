"""Seven kinds of heart patient as months of home measurements, each with the truth that made them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np

from dev.demo.ecgsyn import SyntheticStrip, synthetic_strip
from domain.kinds import VitalKind

DAYS = 90
MORNING, EVENING = 7.3, 20.2


class Archetype(StrEnum):
    """What is the matter, and so what the numbers must show."""

    TREATED_HYPERTENSION = "TREATED_HYPERTENSION"
    WHITE_COAT = "WHITE_COAT"
    DECOMPENSATING_HEART_FAILURE = "DECOMPENSATING_HEART_FAILURE"
    PAROXYSMAL_ATRIAL_FIBRILLATION = "PAROXYSMAL_ATRIAL_FIBRILLATION"
    POOR_ADHERENCE = "POOR_ADHERENCE"
    DEVICE_GAP = "DEVICE_GAP"
    HEALTHY = "HEALTHY"


@dataclass(frozen=True)
class Truth:
    """What is really so: days are counted from the first of the series, slopes are per week."""

    archetype: Archetype
    systolic_slope: float = 0.0
    weight_slope: float = 0.0
    onset_day: int | None = None
    missing_days: frozenset[int] = frozenset()
    clinic_days: frozenset[int] = frozenset()
    fibrillation_days: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Sample:
    """One measurement: `values` as `domain.vitals.NewReading` takes them, in canonical units."""

    kind: VitalKind
    at: datetime
    values: dict[str, float]
    in_clinic: bool = False


@dataclass(frozen=True)
class DemoPatient:
    """A synthetic person with a series and strips."""

    name: str
    birth_date: date
    time_zone: str
    locale: str
    conditions: tuple[str, ...]
    truth: Truth
    samples: Sequence[Sample]
    strips: Sequence[tuple[datetime, SyntheticStrip]] = field(repr=False, default=())


@dataclass(frozen=True)
class _Level:
    """The person's usual numbers and how they move by day."""

    systolic: Callable[[int], float]
    diastolic: Callable[[int], float]
    weight: Callable[[int], float]
    pulse: Callable[[int], float]
    oxygen: Callable[[int], float]
    steps: float


def _level(truth: Truth, random: np.random.Generator) -> _Level:
    systolic, weight, pulse = random.normal(124, 4), random.normal(78, 9), random.normal(68, 4)
    kind = truth.archetype
    onset = truth.onset_day or 0

    def since(day: int) -> float:
        return max(day - onset, 0) / 7

    rise = {Archetype.TREATED_HYPERTENSION: 32.0, Archetype.POOR_ADHERENCE: 28.0, Archetype.DEVICE_GAP: 14.0}
    base = systolic + rise.get(kind, 0.0)

    def pressure(day: int) -> float:
        if kind is Archetype.POOR_ADHERENCE and day in truth.missing_days:
            return base + 18
        return base + truth.systolic_slope * since(day)

    return _Level(
        systolic=pressure,
        diastolic=lambda day: 0.45 * pressure(day) + 22,
        weight=lambda day: weight + truth.weight_slope * since(day),
        pulse=lambda day: (
            pulse
            + (38 if day in truth.fibrillation_days else 0)
            + (3 * since(day) if kind is Archetype.DECOMPENSATING_HEART_FAILURE else 0)
        ),
        oxygen=lambda day: 97.0 - (0.9 * since(day) if kind is Archetype.DECOMPENSATING_HEART_FAILURE else 0),
        steps=3800.0 if kind is Archetype.DECOMPENSATING_HEART_FAILURE else float(random.normal(7000, 800)),
    )


def _truth(archetype: Archetype, random: np.random.Generator) -> Truth:
    forgotten = frozenset(int(day) for day in np.flatnonzero(random.random(DAYS) < 0.06))
    unlike = {
        Archetype.TREATED_HYPERTENSION: Truth(archetype, systolic_slope=-1.6, onset_day=14),
        Archetype.WHITE_COAT: Truth(archetype, clinic_days=frozenset({10, 40, 70})),
        Archetype.DECOMPENSATING_HEART_FAILURE: Truth(archetype, weight_slope=1.3, onset_day=DAYS - 21),
        Archetype.PAROXYSMAL_ATRIAL_FIBRILLATION: Truth(
            archetype,
            fibrillation_days=frozenset(int(day) for day in random.choice(DAYS - 5, 6, replace=False)) | {DAYS - 2},
        ),
        Archetype.POOR_ADHERENCE: Truth(archetype),
        Archetype.DEVICE_GAP: Truth(archetype),
        Archetype.HEALTHY: Truth(archetype),
    }
    if archetype is Archetype.POOR_ADHERENCE:
        forgotten = frozenset(int(day) for day in np.flatnonzero(random.random(DAYS) < 0.45))
    if archetype is Archetype.DEVICE_GAP:
        forgotten |= frozenset(range(50, 64))
    return replace(unlike[archetype], missing_days=forgotten)


def _readings(truth: Truth, start: datetime, random: np.random.Generator) -> list[Sample]:
    """The series: morning and evening, with a circadian swing, a day effect that fades, and each cuff's noise."""
    level = _level(truth, random)
    found: list[Sample] = []
    drift = 0.0
    for day in range(DAYS):
        drift = 0.85 * drift + random.normal(0, 2.4)
        is_missing = day in truth.missing_days
        for hour in (MORNING, EVENING):
            at = start + timedelta(days=day, hours=hour + float(random.normal(0, 0.4)))
            # Pressure peaks in the late morning and is lowest at night.
            swing = 4.0 * np.cos(2 * np.pi * (hour - 11) / 24)
            numbers = {
                "systolic": level.systolic(day) + drift + swing + random.normal(0, 5),
                "diastolic": level.diastolic(day) + 0.6 * drift + 0.6 * swing + random.normal(0, 3.5),
                "pulse": level.pulse(day) + random.normal(0, 4),
            }
            if not is_missing and random.random() > 0.08:
                whole = {name: float(round(number)) for name, number in numbers.items()}
                found.append(Sample(VitalKind.BLOOD_PRESSURE, at, whole))
        noon = start + timedelta(days=day, hours=12)
        if day in truth.clinic_days:
            visit = {"systolic": 158.0 + float(round(random.normal(0, 4))), "diastolic": 94.0, "pulse": 86.0}
            found.append(Sample(VitalKind.BLOOD_PRESSURE, noon, visit, in_clinic=True))
        if is_missing:
            continue
        morning = start + timedelta(days=day, hours=MORNING + 0.1)
        weight = level.weight(day) + random.normal(0, 0.35)
        found += [
            Sample(VitalKind.WEIGHT, morning, {"value": round(float(weight), 1)}),
            Sample(VitalKind.HEART_RATE, noon, {"value": float(round(level.pulse(day) + random.normal(3, 4)))}),
            Sample(
                VitalKind.OXYGEN_SATURATION,
                morning + timedelta(minutes=5),
                {"value": float(min(100, round(level.oxygen(day) + random.normal(0, 0.7))))},
            ),
            Sample(
                VitalKind.STEPS,
                start + timedelta(days=day, hours=22),
                {"value": float(round(max(level.steps + random.normal(0, 1500), 200)))},
            ),
        ]
    return found


NAMES = (
    ("Ada Prova", "Europe/Rome", "it-IT"),
    ("Bruno Esempio", "Europe/Rome", "it-IT"),
    ("Clara Muster", "Europe/Berlin", "de-DE"),
    ("Dieter Beispiel", "Europe/Berlin", "de-DE"),
    ("Elena Ficticia", "Europe/Madrid", "es-ES"),
    ("Felix Erfunden", "Europe/Vienna", "de-AT"),
    ("Gaia Inventata", "Europe/Rome", "it-IT"),
    ("Hanna Keksitty", "Europe/Helsinki", "fi-FI"),
    ("Ivo Smyšlený", "Europe/Prague", "cs-CZ"),
    ("Jeanne Exemple", "Europe/Paris", "fr-FR"),
    ("Karl Påhittad", "Europe/Stockholm", "sv-SE"),
    ("Lia Modello", "Europe/Rome", "it-IT"),
    ("Marek Przykład", "Europe/Warsaw", "pl-PL"),
    ("Nora Voorbeeld", "Europe/Amsterdam", "nl-NL"),
)
CONDITIONS = {
    Archetype.TREATED_HYPERTENSION: ("HYPERTENSION",),
    Archetype.WHITE_COAT: ("WHITE_COAT_HYPERTENSION",),
    Archetype.DECOMPENSATING_HEART_FAILURE: ("HEART_FAILURE", "HYPERTENSION"),
    Archetype.PAROXYSMAL_ATRIAL_FIBRILLATION: ("PAROXYSMAL_ATRIAL_FIBRILLATION",),
    Archetype.POOR_ADHERENCE: ("HYPERTENSION",),
    Archetype.DEVICE_GAP: ("HYPERTENSION", "TYPE_2_DIABETES"),
    Archetype.HEALTHY: (),
}


def demo_patients(until: datetime, seed: int = 1) -> list[DemoPatient]:
    """Two patients of each kind whose series of 90 days end before `until` (UTC)."""
    start = until.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    people = []
    for index, (name, zone, locale) in enumerate(NAMES):
        random = np.random.default_rng((seed, index))
        archetype = list(Archetype)[index // 2]
        truth = _truth(archetype, random)
        samples = _readings(truth, start, random)
        day = DAYS - 2
        fibrillating = day in truth.fibrillation_days
        strip = synthetic_strip(
            seconds=30,
            rate_bpm=float(random.uniform(95, 125) if fibrillating else random.uniform(58, 84)),
            random=random,
            atrial_fibrillation=fibrillating,
        )
        birth = date(1942, 1, 1) + timedelta(days=int(random.integers(0, 12_000)))
        at = start + timedelta(days=day, hours=9)
        people.append(DemoPatient(name, birth, zone, locale, CONDITIONS[archetype], truth, samples, [(at, strip)]))
    return people
