"""The demo patients' labels hold in their measurements, and nothing in them is impossible."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.noise_models import NOISE_MODELS
from analytics.trend import Trend, fit_trend
from dev.demo.patients import NAMES, DemoPatient, demo_patients
from dev.demo.truths import DAYS, Archetype
from domain.kinds import VitalKind
from domain.rules import plausibility

Floats = NDArray[np.float64]

# Summer time ends on the 25th of October, within the 90 days before.
UNTIL = date(2026, 11, 25)
FIRST_DAY = UNTIL - timedelta(days=DAYS)


@cache
def people(until: date = UNTIL) -> list[DemoPatient]:
    return demo_patients(until)


def of(archetype: Archetype) -> list[DemoPatient]:
    found = [person for person in people() if person.truth.archetype is archetype]
    assert len(found) == 2
    return found


def day_of(person: DemoPatient, at: datetime) -> int:
    return (at.astimezone(ZoneInfo(person.time_zone)).date() - FIRST_DAY).days


def measured(person: DemoPatient, kind: VitalKind, name: str = "value") -> tuple[NDArray[np.intp], Floats]:
    """Days and values of one number of one kind, measured at home."""
    samples = [sample for sample in person.samples if sample.kind is kind and not sample.in_clinic]
    days = np.array([day_of(person, sample.at) for sample in samples])
    return days, np.array([sample.values[name] for sample in samples])


def trend_of(person: DemoPatient, kind: VitalKind, name: str, measure: str, first_day: int = 0) -> Trend:
    chosen = [one for one in person.samples if one.kind is kind and day_of(person, one.at) >= first_day]
    seconds = np.array([one.at.timestamp() for one in chosen])
    found = fit_trend(seconds, np.array([one.values[name] for one in chosen]), NOISE_MODELS[measure])
    assert found is not None
    return found


def digest(patients: Iterable[DemoPatient]) -> str:
    whole = hashlib.sha256()
    for person in patients:
        whole.update(repr(person).encode())
        whole.update(repr((person.samples, [at for at, _ in person.strips])).encode())
        for _, strip in person.strips:
            whole.update(strip.microvolts.tobytes() + strip.beat_seconds.tobytes())
    return whole.hexdigest()


def test_the_same_seed_and_day_give_the_same_bytes_in_another_process() -> None:
    code = (
        "from tests.dev.test_demo_patients import UNTIL, demo_patients, digest; print(digest(demo_patients(UNTIL, 1)))"
    )
    other = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(people())
    assert digest(demo_patients(UNTIL, 2)) != digest(people())


def test_another_day_moves_the_same_people() -> None:
    later = people(UNTIL + timedelta(days=7))
    for one, other in zip(people(), later, strict=True):
        assert (one.name, one.birth_date, one.truth) == (other.name, other.birth_date, other.truth)
        assert [sample.values for sample in one.samples] == [sample.values for sample in other.samples]


def test_every_measurement_is_possible_and_shown_as_devices_show_it() -> None:
    for person in people():
        for sample in person.samples:
            values = sample.values
            if sample.kind is VitalKind.BLOOD_PRESSURE:
                verdict = plausibility.check_blood_pressure(values["systolic"], values["diastolic"], values["pulse"])
            else:
                verdict = plausibility.check_quantity(sample.kind, values["value"])
            assert verdict.problems == (), (person.name, sample)
            digits = 1 if sample.kind in {VitalKind.WEIGHT, VitalKind.BODY_TEMPERATURE} else 0
            assert all(value == round(value, digits) for value in values.values())
            assert (sample.at.second, sample.at.microsecond) == (0, 0)


@pytest.mark.parametrize("until", [UNTIL, date(2026, 4, 20), date(2028, 2, 29)])
def test_nothing_is_measured_in_the_future_or_at_night(until: date) -> None:
    midnight = datetime.combine(until, datetime.min.time(), UTC)
    for person in people(until):
        zone = ZoneInfo(person.time_zone)
        moments = [sample.at for sample in person.samples] + [at for at, _ in person.strips]
        assert midnight - timedelta(days=DAYS, hours=3) < min(moments)
        assert max(moments) < midnight
        # Of the clock in the person's own kitchen, on both sides of a change to or from summer time.
        assert all(5 <= at.astimezone(UTC).astimezone(zone).hour <= 22 for at in moments)
        pressures = [one for one in person.samples if one.kind is VitalKind.BLOOD_PRESSURE and not one.in_clinic]
        hours = np.array([one.at.astimezone(UTC).astimezone(zone).hour for one in pressures])
        assert ((hours <= 9) | (hours >= 18)).all()
        assert 0.4 < (hours <= 9).mean() < 0.6


def test_summer_time_moves_the_clock_and_not_the_habit() -> None:
    for person in people():
        offsets = {one.at.utcoffset() for one in person.samples}
        assert len(offsets) == 2
        for offset in offsets:
            mornings = [
                one.at.hour + one.at.minute / 60
                for one in person.samples
                if one.kind is VitalKind.WEIGHT and one.at.utcoffset() == offset
            ]
            assert np.mean(mornings) == pytest.approx(7.3, abs=0.25)


def test_on_missing_days_nothing_is_measured() -> None:
    for person in people():
        seen = {day_of(person, sample.at) for sample in person.samples if not sample.in_clinic}
        assert seen.isdisjoint(person.truth.missing_days)
        assert seen | person.truth.missing_days == set(range(DAYS))
        assert {day_of(person, at) for at, _ in person.strips} <= seen


def test_pressure_is_higher_in_the_morning_than_in_the_evening() -> None:
    for person in of(Archetype.HEALTHY):
        _, systolics = measured(person, VitalKind.BLOOD_PRESSURE, "systolic")
        is_evening = [sample.at.hour > 12 for sample in person.samples if sample.kind is VitalKind.BLOOD_PRESSURE]
        evening = np.array(is_evening)
        assert 2 < systolics[~evening].mean() - systolics[evening].mean() < 8


def test_treatment_lets_the_pressure_fall() -> None:
    for person in of(Archetype.TREATED_HYPERTENSION):
        days, systolics = measured(person, VitalKind.BLOOD_PRESSURE, "systolic")
        assert systolics[days < 14].mean() > 145
        found = trend_of(person, VitalKind.BLOOD_PRESSURE, "systolic", "SYSTOLIC")
        assert found.direction == "FALLING"
        treated = trend_of(person, VitalKind.BLOOD_PRESSURE, "systolic", "SYSTOLIC", first_day=14)
        assert treated.slope_low < person.truth.weekly.systolic == -1.6 < treated.slope_high


def test_a_white_coat_shows_at_the_clinic_alone() -> None:
    for person in of(Archetype.WHITE_COAT):
        visits = [one for one in person.samples if one.in_clinic]
        assert {day_of(person, one.at) for one in visits} == person.truth.clinic_days
        assert len(visits) == 3
        assert all(one.values["systolic"] >= 140 and one.values["diastolic"] >= 90 for one in visits)
        assert all(one.at.weekday() < 5 and one.values["systolic"] % 2 == 0 for one in visits)
        for name, limit in (("systolic", 135), ("diastolic", 85)):
            assert measured(person, VitalKind.BLOOD_PRESSURE, name)[1].mean() < limit


def test_nobody_else_is_measured_at_the_clinic() -> None:
    others = [person for person in people() if person.truth.archetype is not Archetype.WHITE_COAT]
    assert not any(sample.in_clinic for person in others for sample in person.samples)


def gains(person: DemoPatient) -> dict[int, float]:
    """By day, the weight above the lowest of the three days before: the European rule looks for more than 2 kg."""
    weights = dict(zip(*(row.tolist() for row in measured(person, VitalKind.WEIGHT)), strict=True))
    found = {}
    for day, weight in weights.items():
        before = [weights[earlier] for earlier in range(day - 3, day) if earlier in weights]
        if before:
            found[day] = weight - min(before)
    return found


def test_a_failing_heart_keeps_water_slowly_and_then_fast() -> None:
    for person in of(Archetype.DECOMPENSATING_HEART_FAILURE):
        onset, surge = person.truth.onset_day, person.truth.surge_day
        assert surge is not None
        assert trend_of(person, VitalKind.WEIGHT, "value", "WEIGHT", onset).direction == "RISING"
        gained = gains(person)
        assert gained[DAYS - 1] > 2
        assert max(gain for day, gain in gained.items() if day <= surge) <= 2
        for kind, rises in ((VitalKind.HEART_RATE, True), (VitalKind.OXYGEN_SATURATION, False)):
            days, values = measured(person, kind)
            assert bool(values[days >= DAYS - 7].mean() > values[days < onset].mean()) is rises


def test_nobody_else_gains_two_kilograms_in_three_days() -> None:
    for person in people():
        if person.truth.archetype is not Archetype.DECOMPENSATING_HEART_FAILURE:
            assert max(gains(person).values()) <= 2


def test_on_fibrillation_days_the_pulse_is_fast_and_scattered() -> None:
    for person in of(Archetype.PAROXYSMAL_ATRIAL_FIBRILLATION):
        assert len(person.truth.fibrillation_days) >= 6
        by_watch = measured(person, VitalKind.HEART_RATE)
        by_cuff = measured(person, VitalKind.BLOOD_PRESSURE, "pulse")
        days, pulses = (np.concatenate(both) for both in zip(by_watch, by_cuff, strict=True))
        fibrillating = np.isin(days, list(person.truth.fibrillation_days))
        assert set(days[fibrillating].tolist()) == person.truth.fibrillation_days
        assert pulses[fibrillating].mean() > 95
        assert pulses[~fibrillating].mean() < 85
        assert pulses[fibrillating].std() > 2 * pulses[~fibrillating].std()


def test_fibrillation_is_on_a_strip_of_such_a_day_and_sinus_rhythm_on_another() -> None:
    for person in people():
        rhythms = [(day_of(person, at), strip) for at, strip in person.strips]
        for day, strip in rhythms:
            assert strip.atrial_fibrillation is (day in person.truth.fibrillation_days)
        expected = [False, True] if person.truth.archetype is Archetype.PAROXYSMAL_ATRIAL_FIBRILLATION else [False]
        assert [strip.atrial_fibrillation for _, strip in rhythms] == expected


def test_who_forgets_the_tablets_forgets_to_measure_and_pays_the_day_after() -> None:
    for person in of(Archetype.POOR_ADHERENCE):
        missing = person.truth.missing_days
        assert 0.35 < len(missing) / DAYS < 0.55
        days, systolics = measured(person, VitalKind.BLOOD_PRESSURE, "systolic")
        after = np.isin(days - 1, list(missing))
        assert systolics[after].mean() - systolics[~after].mean() == pytest.approx(person.truth.missed_dose_rise, abs=3)


def test_a_device_that_was_away_leaves_two_weeks_empty() -> None:
    for person in of(Archetype.DEVICE_GAP):
        seen = sorted({day_of(person, sample.at) for sample in person.samples})
        gap = int(np.argmax(np.diff(seen)))
        assert seen[gap] < 50
        assert seen[gap + 1] > 63
        others = np.delete(np.diff(seen), gap)
        assert others.max() <= 4


def test_a_healthy_person_has_neither_trend_nor_alarm() -> None:
    for person in of(Archetype.HEALTHY):
        assert person.conditions == ()
        for kind, name, measure in (
            (VitalKind.BLOOD_PRESSURE, "systolic", "SYSTOLIC"),
            (VitalKind.WEIGHT, "value", "WEIGHT"),
        ):
            assert trend_of(person, kind, name, measure).direction == "NO_RELIABLE_TREND"
        assert max(measured(person, VitalKind.BLOOD_PRESSURE, "systolic")[1]) < 150
        assert min(measured(person, VitalKind.OXYGEN_SATURATION)[1]) >= 94


def test_names_are_many_and_places_real() -> None:
    assert len({name for name, _, _ in NAMES}) == len(NAMES) == 2 * len(Archetype)
    assert all(date(1940, 1, 1) < person.birth_date < date(1976, 1, 1) for person in people())
