"""A zone's law changes: hours and appointments stay at what the clock shows, and nobody is at two at once."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.runtime import Runtime
from domain.kinds import Role, Weekday
from domain.rules.slots import Hours, WeeklyHours, instant, kept_on_the_clock, offset_minutes, slots
from tests.clocks import set_clock
from tests.domain.rules.test_slots import hours, local, of_days
from tests.domain.zone_files import law
from tests.people import People
from tests.schema.test_appointments import more_patients
from tests.workers.test_schedule import job_of

ROME = "Europe/Rome"
# As the law is, and as it would be if summer time were abolished in favour of the one or the other.
AS_IT_IS, WINTER, SUMMER = "CET-1CEST,M3.5.0,M10.5.0/3", "CET-1", "CEST-2"
NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


def test_hours_stay_on_the_clock_whatever_the_law(tmp_path: Path) -> None:
    """A pinned change of the tz database: from a release that knows the old law to one that knows the new."""
    each = hours(("MONDAY", "09:00", "10:00"))
    july = datetime(2027, 7, 5).date()  # noqa: DTZ001 - a day
    found = {}
    for rule in (AS_IT_IS, WINTER, SUMMER):
        with law(tmp_path / rule[:3] / rule[-2:], {ROME: rule}):
            found[rule] = (local(of_days(each, july, july), ROME), of_days(each, july, july)[0].starts_at)
    nine_in_summer = ["05 09:00+0200", "05 09:30+0200"]
    assert found == {
        AS_IT_IS: (nine_in_summer, datetime(2027, 7, 5, 7, tzinfo=UTC)),
        WINTER: (["05 09:00+0100", "05 09:30+0100"], datetime(2027, 7, 5, 8, tzinfo=UTC)),
        SUMMER: (nine_in_summer, datetime(2027, 7, 5, 7, tzinfo=UTC)),
    }


@given(
    minutes=some.integers(0, 366 * 24 * 60),
    before=some.sampled_from([ROME, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    after=some.sampled_from([ROME, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_what_was_promised_is_what_the_clock_shows_after(minutes: int, before: str, after: str) -> None:
    """One zone's law becomes another's; what the new clocks skip comes right after the gap, as RFC 5545 has it."""
    at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    promised = at.astimezone(ZoneInfo(before)).replace(tzinfo=None)
    kept = kept_on_the_clock(at, offset_minutes(at, ZoneInfo(before)), ZoneInfo(after))
    if before == after:
        assert kept == at
    shown = kept.astimezone(ZoneInfo(after)).replace(tzinfo=None)
    is_skipped = instant(promised, ZoneInfo(after)).astimezone(ZoneInfo(after)).replace(tzinfo=None) != promised
    assert (shown == promised) != is_skipped
    # Once it stands there, it stays.
    assert kept_on_the_clock(kept, offset_minutes(kept, ZoneInfo(after)), ZoneInfo(after)) == kept


async def put(runtime: Runtime, patient_id: UUID, clinician_id: UUID, shown: datetime, **more: Any) -> UUID:
    """An appointment of half an hour, booked while the old law held."""
    zone = more.get("zone", ROME)
    starts_at = instant(shown, ZoneInfo(zone))
    this = uuid4()
    await runtime.pool.execute(
        "INSERT INTO appointment (id, patient_id, clinician_id, client_id, kind, status, starts_at, ends_at,"
        " held_until, time_zone, offset_minutes, version) VALUES ($1, $2, $3, $1, 'VIDEO', $4, $5, $6, $6, $7, $8, 1)",
        this,
        patient_id,
        clinician_id,
        more.get("status", "BOOKED"),
        starts_at,
        starts_at + timedelta(minutes=30),
        zone,
        offset_minutes(starts_at, ZoneInfo(zone)),
    )
    return this


async def rows(runtime: Runtime) -> dict[UUID, tuple[str, int]]:
    found = await runtime.pool.fetch("SELECT id, starts_at, version FROM appointment")
    return {row["id"]: (f"{row['starts_at']:%m-%d %H:%M}", row["version"]) for row in found}


async def test_appointments_stay_on_the_clock_and_neighbours_make_room_for_each_other(
    runtime: Runtime, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, NOW)
    clinician, patients = people.actors[Role.CLINICIAN].account_id, await more_patients(runtime, people, 5)
    half_hours = [datetime(2027, 7, 5, 9, 30 * (number % 2)) + timedelta(hours=number // 2) for number in range(4)]  # noqa: DTZ001
    with law(tmp_path / "old", {ROME: AS_IT_IS, "UTC": "UTC0"}):
        ids = [
            await put(runtime, one.patient_id or uuid4(), clinician, shown)
            for one, shown in zip(patients, half_hours, strict=False)
        ]
        winter = await put(runtime, people.patient_id, clinician, datetime(2027, 2, 1, 9))  # noqa: DTZ001
        off = await put(runtime, people.patient_id, clinician, half_hours[0], status="CANCELLED")
        job = job_of(runtime, "keep_on_the_clock")
        before = await rows(runtime)
        await job.coroutine({})
        assert await rows(runtime) == before
    with law(tmp_path / "new", {ROME: WINTER, "UTC": "UTC0"}):
        for _ in range(2):
            await job.coroutine({})
            assert await rows(runtime) == {
                **{one: (f"07-05 {8 + number // 2:02}:{30 * (number % 2):02}", 2) for number, one in enumerate(ids)},
                winter: ("02-01 08:00", 1),
                off: ("07-05 07:00", 1),
            }
        # The reminders are a day and an hour before the new moments.
        planned = await runtime.pool.fetch(
            "SELECT due_at FROM reminder WHERE subject_id = $1 AND status = 'PLANNED' ORDER BY due_at", ids[0]
        )
        assert [f"{row['due_at']:%m-%d %H:%M}" for row in planned] == ["07-04 08:00", "07-05 07:00"]
    # And back, should the law be taken back.
    with law(tmp_path / "old", {ROME: AS_IT_IS, "UTC": "UTC0"}):
        await job.coroutine({})
    assert {one: at for one, (at, _) in (await rows(runtime)).items()} == {one: at for one, (at, _) in before.items()}
    kept = await runtime.pool.fetch(
        "SELECT version, changed_by_id FROM appointment_change WHERE appointment_id = $1 ORDER BY version", ids[0]
    )
    assert [tuple(row) for row in kept] == [(2, None), (3, None)]
    told = await runtime.pool.fetch("SELECT DISTINCT kind FROM event")
    assert [row["kind"] for row in told] == ["APPOINTMENT_RESCHEDULED"]


async def test_where_both_cannot_be_kept_one_stays_at_its_moment_and_the_clinic_is_told(
    runtime: Runtime, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    set_clock(monkeypatch, NOW)
    clinician, (bruno,) = people.actors[Role.CLINICIAN].account_id, await more_patients(runtime, people, 1)
    with law(tmp_path / "old", {ROME: AS_IT_IS, "UTC": "UTC0"}):
        moved = await put(runtime, people.patient_id, clinician, datetime(2027, 7, 5, 9))  # noqa: DTZ001
        # Of hours that the clinician set in another zone; an hour later by the world's clock.
        stands = await put(runtime, bruno.patient_id or uuid4(), clinician, datetime(2027, 7, 5, 8), zone="UTC")  # noqa: DTZ001
        before = await rows(runtime)
    with law(tmp_path / "new", {ROME: WINTER, "UTC": "UTC0"}), caplog.at_level(logging.WARNING):
        await job_of(runtime, "keep_on_the_clock").coroutine({})
    assert await rows(runtime) == before
    assert set(before) == {moved, stands}
    assert f"appointment {moved} could not be kept at its time on the clock" in caplog.text
    assert await runtime.pool.fetchval("SELECT count(*) FROM event") == 0


@given(
    traveller=some.sampled_from(
        ["Pacific/Apia", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Niue"]
    ),
    zone=some.sampled_from([ROME, "America/New_York", "Australia/Lord_Howe"]),
    day=some.integers(0, 365),
    slot=some.sampled_from([20, 30, 45]),
)
def test_a_traveller_who_asks_day_by_day_misses_nothing_but_what_runs_over_their_midnight(
    traveller: str, zone: str, day: int, slot: int
) -> None:
    here = ZoneInfo(traveller)
    weekly = [WeeklyHours(each, datetime.min.time(), datetime.min.time()) for each in Weekday]
    each = Hours(zone, weekly, [], [], slot, 0, 0)
    first = datetime(2027, 1, 1) + timedelta(days=day)  # noqa: DTZ001 - shown by the traveller's clock
    midnights = [instant(first + timedelta(days=number), here) for number in range(4)]
    by_day = [one for begins, ends in pairwise(midnights) for one in slots(each, UUID(int=7), begins, ends, ())]
    at_once = list(slots(each, UUID(int=7), midnights[0], midnights[-1], ()))
    over_midnight = {one for one in at_once for at in midnights[1:-1] if one.starts_at < at < one.ends_at}
    assert sorted(by_day) == sorted(set(at_once) - over_midnight)
