"""Worlds of home series of which the truth is known: easy is the filter's own, hard breaks it on purpose.

Ninety days of one to four readings a day at a personal routine, taken 60 to 97 % of the time with gaps of days; two
circadian harmonics, a day effect that fades, Student-t noise, the device's rounding, 0.6 % gross errors; half of the
series carry one change that begins between days 38 and 65. Seeds from 0 to 499 are for choosing, 500 to 999 for
telling; other seeds belong to others.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MINUTES_A_DAY = 1440
CHANGES = ("shift", "ramp", "drift", "variance")
RAMP_DAYS = {"shift": 0.0, "ramp": 4.0, "drift": 28.0}
POINT_ERRORS = 0.006
# 2026-01-05, a Monday, in minutes since 1970.
BEGIN = 29_459_520


@dataclass(frozen=True)
class Vital:
    """How one measure behaves: population mean and spread, noise, day effect, circadian swing, steps of the device."""

    measure: str
    mean: float
    between: float
    noise: float
    day_effect: float
    correlation: float
    circadian: float
    step: float
    daily: tuple[int, ...]
    lowest: float = -np.inf
    highest: float = np.inf


VITALS = (
    Vital("SYSTOLIC", 134, 14, 6.0, 4.0, 0.6, 4.0, 1, (1, 2, 2, 3, 4)),
    Vital("HEART_RATE", 70, 9, 4.0, 3.0, 0.6, 4.0, 1, (1, 2, 2, 3, 4)),
    Vital("WEIGHT", 82, 15, 0.4, 0.45, 0.7, 0.25, 0.1, (1, 1, 1, 2)),
    Vital("OXYGEN_SATURATION", 96.3, 1.2, 0.9, 0.45, 0.6, 0.3, 1, (1, 1, 2, 3), highest=100),
)
OTHER_VITALS = (
    Vital("DIASTOLIC", 80, 9, 4.5, 3.0, 0.6, 3.0, 1, (1, 2, 2, 3, 4)),
    Vital("BODY_TEMPERATURE", 36.6, 0.25, 0.2, 0.12, 0.6, 0.25, 0.1, (1, 1, 2, 3)),
    Vital("STEPS", 6000, 2500, 2300, 900, 0.5, 0, 1, (1,), lowest=0),
    Vital("RESTING_HEART_RATE", 64, 8, 2.5, 2.5, 0.5, 0, 1, (1,)),
    Vital("RESPIRATORY_RATE", 15, 2, 1.2, 0.8, 0.6, 0.4, 0.5, (1, 1, 2)),
    Vital("HEART_RATE_VARIABILITY_RMSSD", 35, 12, 9, 6, 0.5, 3, 1, (1, 1, 2), lowest=1),
    Vital("HEART_RATE_VARIABILITY_SDNN", 45, 15, 11, 7, 0.5, 3, 1, (1, 1, 2), lowest=1),
    Vital("SLEEP_DURATION", 420, 45, 55, 25, 0.4, 0, 1, (1,), lowest=0),
)


@dataclass(frozen=True)
class World:
    """What is wrong with the filter's model; all nothing is the easy world."""

    hard: bool = True
    days: int = 90
    noise: float = 1.0
    freedom: float | None = None
    adherence: tuple[float, float] = (0.60, 0.97)
    amplitude: float = 1.0
    wander: float = 0.04
    vitals: tuple[Vital, ...] = VITALS
    point_errors: float = POINT_ERRORS

    @property
    def tails(self) -> float:
        """Degrees of freedom of the noise."""
        return self.freedom or (3.0 if self.hard else 6.0)


@dataclass(frozen=True)
class Series:
    """Readings in order of time with their truth: which are wrong, what changed and when (days since `BEGIN`)."""

    vital: Vital
    minutes: NDArray[np.int64]
    values: Floats
    wrong: NDArray[np.bool_]
    change: str | None = None
    onset_day: float = np.nan
    direction: int = 0
    medication_minutes: int | None = None
    notes: dict[str, float] = field(default_factory=dict)


def routine(random: np.random.Generator, vital: Vital, world: World) -> Floats:
    """When readings are taken, in days since the beginning."""
    count = int(random.choice(vital.daily))
    hours = np.sort(random.choice([7.0, 12.5, 18.0, 21.5], count, replace=False)) if count > 1 else np.array([7.5])
    hours = hours + random.normal(0, 0.5, count)
    adherence = random.uniform(*world.adherence)
    at: Floats = np.arange(world.days, dtype=np.float64)[:, None] + np.tile(hours / 24, (world.days, 1))
    if world.hard and random.random() < 0.25:
        moved = random.uniform(30, 60)
        at = np.where(at > moved, at + random.uniform(-4, 4) / 24, at)
    at = at + random.normal(0, 0.4 / 24, at.shape)
    taken = random.random(at.shape) < adherence
    for _ in range(random.poisson(1.0)):
        first = int(random.integers(0, world.days))
        taken[first : first + int(random.integers(2, 8))] = False
    return np.sort(at[taken])


def day_effects(random: np.random.Generator, vital: Vital, world: World) -> Floats:
    """One effect a day, correlated from day to day."""
    effects = np.empty(world.days + 2)
    effects[0] = random.normal()
    for day in range(1, world.days + 2):
        fresh = np.sqrt(1 - vital.correlation**2)
        effects[day] = vital.correlation * effects[day - 1] + fresh * random.normal()
    return vital.day_effect * effects


def gross_error(random: np.random.Generator, vital: Vital, value: float, spread: float) -> float:
    """A mistyped number, another person's, or a bad cuff's."""
    kind = random.integers(3)
    if kind == 0:
        digits = list(f"{value:.1f}" if vital.step < 1 else f"{value:.0f}")
        places = [place for place in range(len(digits)) if digits[place].isdigit()]
        place = int(random.choice(places[: max(2, len(places) - 1)]))
        digits[place] = str(random.integers(1, 10))
        typed = float("".join(digits))
        if abs(typed - value) > 5 * spread:
            return typed
    if kind == 1:
        other = vital.mean + vital.between * random.normal()
        if abs(other - value) > 5 * spread:
            return float(other)
    off = random.choice([-1, 1]) * random.uniform(6, 14) * spread
    return float(value + off if vital.lowest <= value + off <= vital.highest else value - off)


def simulate(random: np.random.Generator, world: World, vital: Vital, change: str | None = None) -> Series:
    """One patient's series; `change` is one of `CHANGES`, or a "dose" that is a shift with a record of medication."""
    at = routine(random, vital, world)
    day = np.clip(at.astype(int), 0, world.days + 1)
    scale = world.noise * np.exp(random.normal(0, 0.25))
    spread = float(np.hypot(vital.noise, vital.day_effect))
    level = vital.mean + vital.between * random.normal()
    swing = vital.circadian * random.uniform(0.4, 1.6)
    phase, second = random.uniform(0, 2 * np.pi, 2)
    angle = 2 * np.pi * at
    signal = level + swing * (np.cos(angle - phase) + 0.35 * np.cos(2 * angle - second))
    effects = day_effects(random, vital, world) * scale
    if world.hard:
        steps = random.normal(0, world.wander * spread, world.days + 2)
        signal = signal + np.cumsum(steps)[day]
        signal = signal + random.uniform(-0.5, 0.5) * spread * (day % 7 >= 5)
        if random.random() < 0.3:
            signal = signal + random.normal(0, 0.3) * spread * (at > random.uniform(20, 80))
    noise = random.standard_t(world.tails, len(at)) * np.sqrt((world.tails - 2) / world.tails) * vital.noise * scale
    onset = random.uniform(38, 65) * world.days / 90
    direction = int(random.choice([-1, 1]))
    size = world.amplitude * random.uniform(1.5, 3.5) * spread
    if change in RAMP_DAYS or change == "dose":
        ramp = RAMP_DAYS.get(change or "", 0.0)
        grown = np.clip((at - onset) / ramp, 0, 1) if ramp else (at >= onset).astype(float)
        signal = signal + direction * size * grown
    elif change == "variance":
        after = random.uniform(2.2, 3.5)
        noise = np.where(at >= onset, noise * after, noise)
        direction = 1
    values = signal + effects[day] + noise
    wrong = random.random(len(at)) < world.point_errors
    for place in np.flatnonzero(wrong):
        values[place] = gross_error(random, vital, float(values[place]), spread)
    if world.hard and vital.measure in {"SYSTOLIC", "DIASTOLIC"} and random.random() < 0.3:
        rounded = random.random(len(at)) < 0.8
        values = np.where(rounded, np.round(values / 5) * 5, values)
    values = np.clip(np.round(values / vital.step) * vital.step, vital.lowest, vital.highest)
    if world.hard:
        calm = np.abs(noise + effects[day]) < 0.5 * spread
        kept = ~calm | (random.random(len(at)) > 0.2) | wrong
        at, values, wrong = at[kept], values[kept], wrong[kept]
    minutes = BEGIN + np.round(at * MINUTES_A_DAY).astype(np.int64)
    dose = BEGIN + round((onset - random.uniform(0, 1)) * MINUTES_A_DAY) if change == "dose" else None
    return Series(vital, minutes, values, wrong, change, onset if change else np.nan, direction, dose)


def population(seed: int, world: World, count: int, *, doses: bool = False) -> list[Series]:
    """`count` series of all vitals in turn: half without a change, the other half with each change in turn."""
    random = np.random.default_rng([seed, int(world.hard)])
    changes = ("dose",) if doses else CHANGES
    found = []
    for place in range(count):
        vital = world.vitals[place % len(world.vitals)]
        turn = place // len(world.vitals)
        change = changes[(turn // 2) % len(changes)] if turn % 2 else None
        found.append(simulate(random, world, vital, change))
    return found


WEIGHT = replace(VITALS[2], daily=(1,))


def heart_failure(seed: int, world: World, count: int, ramp_days: float | None) -> list[Series]:
    """Weights of one weighing a morning; with a ramp of 1.5 to 4 kg, or without."""
    random = np.random.default_rng([seed, int(world.hard), int(ramp_days or 0)])
    found = []
    for _ in range(count):
        clean = simulate(random, world, WEIGHT)
        if ramp_days is None:
            found.append(clean)
            continue
        onset, gain = random.uniform(38, 65), random.uniform(1.5, 4.0)
        at = (clean.minutes - BEGIN) / MINUTES_A_DAY
        values = np.round(clean.values + gain * np.clip((at - onset) / ramp_days, 0, 1), 1)
        found.append(replace(clean, values=values, change="heart failure", onset_day=onset, direction=1))
    return found
