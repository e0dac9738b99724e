"""A day's summary is what its readings come to, whatever was late, corrected, sent twice or measured on a trip."""

import random
import statistics
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.runtime import Runtime
from domain import daily_summaries, vitals
from domain.daily_summaries import local_day
from domain.errors import BadInput, Conflict
from domain.kinds import Measure, ReadingSource, Role, VitalKind
from tests.people import People

ROME = ZoneInfo("Europe/Rome")
# Both nights in which Rome's clocks change, and a trip to Sydney and to Honolulu.
STARTS = [datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2025, 10, 25, 20, tzinfo=UTC)]
NUMBERS = ("readings", "minimum", "maximum", "mean", "median")
OFFSETS = [timedelta(hours=hours) for hours in (0, 1, 2, 11, -10)]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-28T23:30:00+01:00", date(2026, 3, 28)),
        ("2026-03-29T00:30:00+01:00", date(2026, 3, 29)),
        ("2026-03-29T23:30:00+02:00", date(2026, 3, 29)),
        ("2026-03-28T22:30:00+00:00", date(2026, 3, 28)),
        ("2026-03-28T23:30:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2025-10-26T22:59:00+00:00", date(2025, 10, 26)),
        ("2025-10-26T23:00:00+00:00", date(2025, 10, 27)),
        ("2026-06-01T07:00:00+11:00", date(2026, 6, 1)),
        ("2026-06-01T23:00:00-10:00", date(2026, 6, 1)),
    ],
)
def test_the_day_is_that_of_the_wall_clock_over_dst_and_on_a_trip(moment: str, day: date) -> None:
    assert local_day(datetime.fromisoformat(moment), ROME) == day


def a_reading(chance: random.Random, start: datetime) -> vitals.NewReading:
    at = (start + timedelta(minutes=chance.randrange(4 * 24 * 60))).astimezone(timezone(chance.choice(OFFSETS)))
    if chance.random() < 0.5:
        values = {"systolic": float(chance.randint(110, 160)), "diastolic": float(chance.randint(70, 95))}
        return vitals.NewReading(uuid4(), VitalKind.BLOOD_PRESSURE, at, ReadingSource.DEVICE, values)
    value = {"value": float(chance.randint(50, 90))}
    return vitals.NewReading(uuid4(), VitalKind.HEART_RATE, at, ReadingSource.DEVICE, value)


async def recomputed(runtime: Runtime, patient_id: UUID) -> dict[tuple[str, date], tuple[float, ...]]:
    """The summaries by the slow way: every reading that counts, in Python."""
    found: dict[tuple[str, date], list[float]] = defaultdict(list)
    rows = await runtime.pool.fetch("SELECT * FROM reading WHERE patient_id = $1 AND superseded_by IS NULL", patient_id)
    for row in rows:
        wall = row["measured_at"].astimezone(timezone(timedelta(minutes=row["offset_minutes"])))
        day = (wall if row["offset_minutes"] else row["measured_at"].astimezone(ROME)).date()
        if row["kind"] == "BLOOD_PRESSURE":
            found["SYSTOLIC", day].append(row["value"])
            found["DIASTOLIC", day].append(row["diastolic"])
        else:
            found[row["kind"], day].append(row["value"])
    return {
        key: (len(numbers), min(numbers), max(numbers), statistics.fmean(numbers), statistics.median(numbers))
        for key, numbers in found.items()
    }


@pytest.mark.parametrize("seed", range(12))
async def test_summaries_equal_what_the_readings_come_to_after_any_history(
    runtime: Runtime, people: People, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable history
    by = people.actors[Role.PATIENT]
    start = chance.choice(STARTS)
    sent: list[vitals.NewReading] = []
    for _ in range(8):
        batch = [a_reading(chance, start) for _ in range(chance.randint(1, 12))]
        batch += chance.sample(sent, min(len(sent), 3))  # phones send again
        async with runtime.unit_of_work(by) as work:
            await vitals.record(work, by, None, batch)
        sent += batch
        current = await runtime.pool.fetch("SELECT * FROM reading WHERE superseded_by IS NULL ORDER BY id")
        for wrong in chance.sample(current, min(len(current), 2)):
            right = a_reading(chance, start)
            while right.kind != wrong["kind"]:
                right = a_reading(chance, start)
            # By chance the patient has the right one already; then nothing may change.
            with suppress(Conflict):
                async with runtime.unit_of_work(by) as work:
                    await vitals.correct(work, by, None, wrong["id"], right)
    rows = await runtime.pool.fetch("SELECT * FROM daily_summary")
    kept = {(row["measure"], row["local_day"]): tuple(row[name] for name in NUMBERS) for row in rows}
    expected = await recomputed(runtime, people.patient_id)
    assert len(kept) == len(rows) > 5
    assert kept.keys() == expected.keys()
    for key, numbers in kept.items():
        assert numbers == pytest.approx(expected[key])


async def test_the_window_takes_whole_days_of_the_patient(runtime: Runtime, people: People) -> None:
    by = people.actors[Role.PATIENT]
    days = [datetime(2026, 3, 28 + day, 12, tzinfo=ROME) for day in range(3)]
    async with runtime.unit_of_work(by) as work:
        sent = [
            vitals.NewReading(uuid4(), VitalKind.WEIGHT, at, ReadingSource.DEVICE, {"value": 80.0 + number})
            for number, at in enumerate(days)
        ]
        await vitals.record(work, by, None, sent)
        found = await daily_summaries.daily_summaries(
            work.connection,
            people.patient_id,
            Measure.WEIGHT,
            datetime(2026, 3, 28, 23, 30, tzinfo=UTC),  # half past midnight of the 29th in Rome
            datetime(2026, 3, 29, 22, 30, tzinfo=UTC),  # and of the 30th
        )
        assert [row["local_day"] for row in found] == [date(2026, 3, 29), date(2026, 3, 30)]
        for since, until in ((days[1], days[0]), (days[0] - timedelta(days=1101), days[0])):
            with pytest.raises(BadInput, match="to: ask for at most"):
                await daily_summaries.daily_summaries(work.connection, people.patient_id, Measure.WEIGHT, since, until)
