"""A patient's own limits: the last one set holds, nothing set is forgotten, and nobody else can set it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.runtime import Runtime
from domain import vital_limits
from domain.access import Actor
from domain.errors import BadInput, NotFound
from domain.kinds import Measure, Role
from domain.rules.plausibility import LIMITS
from domain.tables import Account, CareRelation
from domain.unit_of_work import new_id, unit_of_work
from domain.vital_limits import VitalLimit
from tests.people import People

SYSTOLIC = VitalLimit(Measure.SYSTOLIC, 100, 135)
WEIGHT = VitalLimit(Measure.WEIGHT, None, 84.5)


async def set_by(runtime: Runtime, people: People, limits: Sequence[VitalLimit], by: Actor | None = None) -> None:
    by = by or people.actors[Role.CLINICIAN]
    async with runtime.unit_of_work(by) as work:
        row = await vital_limits.set_limits(work, by, people.patient_id, limits)
    assert row["display_name"] == "Ada Prova"


async def held(runtime: Runtime, people: People) -> list[tuple[str, float | None, float | None, str]]:
    async with runtime.reading() as work:
        rows = await vital_limits.limits_of(work.connection, [people.patient_id, people.foreign_id])
    return [(row["measure"], row["low"], row["high"], row["set_by_name"]) for row in rows]


async def history(runtime: Runtime) -> list[tuple[str, float | None, float | None, int]]:
    rows = await runtime.pool.fetch("SELECT measure, low, high, version FROM vital_limit ORDER BY measure, version")
    return [tuple(row) for row in rows]


async def colleague(runtime: Runtime, people: People) -> Actor:
    """Another clinician of the care team."""
    first = people.actors[Role.CLINICIAN]
    account = await Account.create(
        id=new_id(),
        issuer="http://127.0.0.1:1",
        subject="colleague",
        role=Role.CLINICIAN,
        organisation_id=first.organisation_id,
        display_name="Test colleague",
        created_at=runtime.now(),
    )
    await CareRelation.create(
        id=new_id(), patient_id=people.patient_id, clinician=account, starts_at=runtime.now() - timedelta(days=1)
    )
    return Actor(account.id, Role.CLINICIAN, first.organisation_id, None, account.display_name)


async def test_what_is_set_holds_in_the_order_of_the_measures(runtime: Runtime, people: People) -> None:
    await set_by(runtime, people, [WEIGHT, SYSTOLIC])
    assert await held(runtime, people) == [
        ("SYSTOLIC", 100, 135, "Test clinician"),
        ("WEIGHT", None, 84.5, "Test clinician"),
    ]


async def test_the_same_again_changes_nothing_and_keeps_who_set_it(runtime: Runtime, people: People) -> None:
    await set_by(runtime, people, [SYSTOLIC])
    await set_by(runtime, people, [SYSTOLIC], await colleague(runtime, people))
    assert await held(runtime, people) == [("SYSTOLIC", 100, 135, "Test clinician")]
    assert await history(runtime) == [("SYSTOLIC", 100, 135, 1)]
    counts = await runtime.pool.fetchrow(
        "SELECT (SELECT count(*) FROM event WHERE kind = 'VITAL_LIMITS_SET') AS told,"
        " (SELECT count(*) FROM audit_entry WHERE action = 'setVitalLimits') AS audited"
    )
    assert tuple(counts) == (1, 1)


async def test_a_change_and_a_return_to_the_defaults_stay_in_history(runtime: Runtime, people: People) -> None:
    other = await colleague(runtime, people)
    await set_by(runtime, people, [SYSTOLIC, WEIGHT])
    await set_by(runtime, people, [VitalLimit(Measure.SYSTOLIC, None, 140)], other)
    assert await held(runtime, people) == [
        ("SYSTOLIC", None, 140, "Test colleague"),
        ("WEIGHT", None, 84.5, "Test clinician"),
    ]
    await set_by(runtime, people, [VitalLimit(Measure.SYSTOLIC, None, None)])
    assert await held(runtime, people) == [("WEIGHT", None, 84.5, "Test clinician")]
    await set_by(runtime, people, [SYSTOLIC])
    assert await history(runtime) == [
        ("SYSTOLIC", 100, 135, 1),
        ("SYSTOLIC", None, 140, 2),
        ("SYSTOLIC", None, None, 3),
        ("SYSTOLIC", 100, 135, 4),
        ("WEIGHT", None, 84.5, 1),
    ]
    named = await runtime.pool.fetch(
        "SELECT actor_id, audit_entry.patient_id FROM audit_entry JOIN vital_limit ON vital_limit.id = subject_id"
        " AND vital_limit.set_by_id = actor_id WHERE action = 'setVitalLimits'"
    )
    assert sorted(tuple(row) for row in named) == sorted(
        [(people.actors[Role.CLINICIAN].account_id, people.patient_id)] * 4 + [(other.account_id, people.patient_id)]
    )


async def test_clearing_what_was_never_set_leaves_no_trace(runtime: Runtime, people: People) -> None:
    await set_by(runtime, people, [VitalLimit(Measure.STEPS, None, None)])
    assert await history(runtime) == []


async def test_of_two_who_set_at_once_the_later_holds_though_it_asked_first(runtime: Runtime, people: People) -> None:
    by, other = people.actors[Role.CLINICIAN], await colleague(runtime, people)
    async with unit_of_work(runtime.pool, at=runtime.now(), by=by) as first:
        async with unit_of_work(runtime.pool, at=runtime.now(), by=other) as second:
            await vital_limits.set_limits(second, other, people.patient_id, [SYSTOLIC])
            waiting = asyncio.create_task(
                vital_limits.set_limits(first, by, people.patient_id, [VitalLimit(Measure.SYSTOLIC, 90, 130)])
            )
            async with asyncio.timeout(10):
                while not await runtime.pool.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                    assert not waiting.done()
        await waiting
    assert await held(runtime, people) == [("SYSTOLIC", 90, 130, "Test clinician")]
    assert [version for *_, version in await history(runtime)] == [1, 2]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ([], "at least one"),
        ([SYSTOLIC, VitalLimit(Measure.SYSTOLIC, 90, 130)], "each measure once"),
        ([WEIGHT, VitalLimit(Measure.SYSTOLIC, 135, 100)], "low must be below high for SYSTOLIC"),
        ([VitalLimit(Measure.SYSTOLIC, 135, 135)], "low must be below high"),
        ([VitalLimit(Measure.SYSTOLIC, 39.9, None)], r"SYSTOLIC must be between 40 and 300 mm\[Hg\]"),
        ([VitalLimit(Measure.DIASTOLIC, None, 200.1)], "DIASTOLIC must be between 20 and 200"),
        ([VitalLimit(Measure.OXYGEN_SATURATION, None, 101)], "between 50 and 100 %"),
        ([VitalLimit(Measure.WEIGHT, float("nan"), 90)], "WEIGHT must be between"),
        ([VitalLimit(Measure.WEIGHT, None, float("inf"))], "WEIGHT must be between"),
    ],
)
async def test_what_cannot_be_a_limit_is_refused_and_nothing_is_set(
    runtime: Runtime, people: People, limits: list[VitalLimit], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        await set_by(runtime, people, limits)
    assert await history(runtime) == []


@pytest.mark.parametrize("measure", list(Measure))
async def test_the_ends_of_what_a_body_can_show_are_limits_for_every_measure(
    runtime: Runtime, people: People, measure: Measure
) -> None:
    low, high = (LIMITS.get(measure) or LIMITS[measure.lower()]).hard
    await set_by(runtime, people, [VitalLimit(measure, low, high)])
    assert await held(runtime, people) == [(measure, low, high, "Test clinician")]


async def test_a_patient_of_another_team_does_not_exist(runtime: Runtime, people: People) -> None:
    by = people.actors[Role.CLINICIAN]
    with pytest.raises(NotFound):
        async with runtime.unit_of_work(by) as work:
            await vital_limits.set_limits(work, by, people.foreign_id, [SYSTOLIC])
    await runtime.pool.execute("UPDATE care_relation SET ends_at = now()")
    with pytest.raises(NotFound):
        await set_by(runtime, people, [SYSTOLIC])
    assert await history(runtime) == []
