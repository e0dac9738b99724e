"""Months of home measurements made from a truth: daily rhythm, good and bad days, and each device's noise."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dev.demo.truths import DAYS, Truth
from domain.kinds import VitalKind

MORNING, NOON, EVENING, NIGHT = 7.3, 12.0, 20.2, 22.0
# When a racing heart is felt, it is measured more often.
FELT_HOURS = (10.0, 15.0, 18.0)
FIBRILLATION_RISE, FIBRILLATION_SD = 38.0, 14.0
DAY_CORRELATION = 0.85


@dataclass(frozen=True)
class Sample:
    """One measurement: `values` as `domain.vitals.NewReading` takes them, in canonical units."""

    kind: VitalKind
    at: datetime
    values: dict[str, float]
    in_clinic: bool = False


@dataclass(frozen=True)
class _Clock:
    """Wall clock of the person's zone, to the minute as devices show it."""

    first_day: date
    zone: ZoneInfo

    def at(self, day: int, hour: float) -> datetime:
        midnight = datetime.combine(self.first_day + timedelta(days=day), time(), self.zone)
        # Arithmetic on a zoned time moves the hands of its clock, also where summer time begins or ends.
        return midnight + timedelta(minutes=round(hour * 60))


def _day_effects(sd: float, random: np.random.Generator) -> NDArray[np.float64]:
    """How each day differs from usual: a good or bad day colours the next ones."""
    effects = random.normal(0, sd, DAYS)
    for day in range(1, DAYS):
        effects[day] = DAY_CORRELATION * effects[day - 1] + np.sqrt(1 - DAY_CORRELATION**2) * effects[day]
    return effects


def _pressure(systolic: float, diastolic: float, pulse: float) -> dict[str, float]:
    """The three whole numbers that a cuff shows."""
    return {"systolic": float(round(systolic)), "diastolic": float(round(diastolic)), "pulse": float(round(pulse))}


def _pressures(truth: Truth, clock: _Clock, random: np.random.Generator) -> Iterator[Sample]:
    """Every morning and evening, sometimes forgotten; at the clinic once, with the excitement of a visit."""
    effects = _day_effects(4.5, random)
    for day in range(DAYS):
        fibrillates = day in truth.fibrillation_days
        weeks = max(day - truth.onset_day, 0) / 7
        level = truth.usual.systolic + truth.weekly.systolic * weeks + effects[day]
        if day - 1 in truth.missing_days:
            level += truth.missed_dose_rise
        pulse = truth.usual.pulse + truth.weekly.pulse * weeks + fibrillates * FIBRILLATION_RISE
        for usual_hour in (MORNING, EVENING):
            hour = usual_hour + random.normal(0, 0.4)
            # Pressure is highest late in the morning and lowest at night.
            rhythm = 4.0 * np.cos(2 * np.pi * (hour - 11) / 24)
            # A cuff reads a beat here and there; without a rhythm no two measurements agree.
            systolic = level + rhythm + random.normal(0, 8 if fibrillates else 5)
            diastolic = 22 + 0.45 * (level + rhythm) + random.normal(0, 6 if fibrillates else 3.5)
            shown = _pressure(systolic, diastolic, pulse + random.normal(0, FIBRILLATION_SD if fibrillates else 4))
            if random.random() > 0.08 and day not in truth.missing_days:
                yield Sample(VitalKind.BLOOD_PRESSURE, clock.at(day, hour), shown)
        if day in truth.clinic_days:
            # A nurse reads even numbers.
            visit = _pressure(2 * round(random.uniform(75, 83)), 2 * round(random.uniform(46, 49)), pulse + 14)
            yield Sample(VitalKind.BLOOD_PRESSURE, clock.at(day, 11.5), visit, in_clinic=True)


def _quantities(truth: Truth, clock: _Clock, random: np.random.Generator) -> Iterator[Sample]:
    """Scales, thermometer and oximeter after getting up, the watch over the day."""
    weights, paces = _day_effects(0.3, random), _day_effects(800, random)
    for day in range(DAYS):
        weeks = max(day - truth.onset_day, 0) / 7
        weight = truth.usual.weight + truth.weekly.weight * weeks + weights[day] + random.normal(0, 0.2)
        if truth.surge_day is not None:
            weight += truth.surge_kg_per_day * max(day - truth.surge_day, 0)
        oxygen = truth.usual.oxygen + truth.weekly.oxygen * weeks + random.normal(0, 0.7)
        steps = truth.usual.steps + truth.weekly.steps * weeks + paces[day] + random.normal(0, 1000)
        hour = MORNING + random.normal(0, 0.3)
        measured = [
            (VitalKind.WEIGHT, hour, round(weight, 1)),
            (VitalKind.BODY_TEMPERATURE, hour + 0.05, round(36.4 + random.normal(0, 0.15), 1)),
            (VitalKind.OXYGEN_SATURATION, hour + 0.1, min(100, round(oxygen))),
            (VitalKind.STEPS, NIGHT, max(200, round(steps))),
        ]
        pulse, sd = truth.usual.pulse + truth.weekly.pulse * weeks, 4.0
        hours: tuple[float, ...] = (NOON,)
        if day in truth.fibrillation_days:
            pulse, sd, hours = pulse + FIBRILLATION_RISE, FIBRILLATION_SD, (NOON, *FELT_HOURS)
        measured += [
            (VitalKind.HEART_RATE, at + random.normal(0, 0.3), round(pulse + random.normal(0, sd))) for at in hours
        ]
        if day not in truth.missing_days:
            for kind, at, value in measured:
                yield Sample(kind, clock.at(day, at), {"value": float(value)})


def make_series(truth: Truth, first_day: date, zone: ZoneInfo, random: np.random.Generator) -> list[Sample]:
    """All measurements of `DAYS` days from `first_day` on, oldest first."""
    clock = _Clock(first_day, zone)
    samples = [*_pressures(truth, clock, random), *_quantities(truth, clock, random)]
    return sorted(samples, key=lambda sample: sample.at)
