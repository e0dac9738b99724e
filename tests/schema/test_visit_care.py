"""A clinician whom the patient meets sees the patient, also from outside the care team, for a day and not before."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from domain.tables import CareRelation
from tests.asking import ask
from tests.clocks import set_clock
from tests.people import People
from tests.schema.test_appointments import SET, STEP, booked, free, hours, looked
from tests.schema.test_people import code, data
from tests.schema.test_video_calls import ENTER, colleague

PATIENT = "query ($id: ID!) { patient(id: $id) { displayName latestReadings(kinds: [WEIGHT]) { id } } }"


@pytest.fixture
async def locum(runtime: Runtime, people: People) -> Actor:
    """A clinician of the clinic who takes appointments and is in nobody's care team."""
    made = await colleague(runtime, people)
    await CareRelation.filter(clinician_id=made.account_id).delete()
    data(await ask(runtime, people.actors[Role.ADMIN], SET, input=hours(made.account_id)))
    return made


async def visit_with(runtime: Runtime, people: People, locum: Actor) -> dict[str, Any]:
    ada = people.actors[Role.PATIENT]
    return await booked(runtime, ada, (await free(runtime, ada, clinicianId=str(locum.account_id)))[0])


async def sees(runtime: Runtime, people: People, by: Actor) -> bool:
    answer = await ask(runtime, by, PATIENT, id=str(people.patient_id))
    return answer.errors is None


@pytest.mark.parametrize("comes", ["CHECK_IN", "BEGIN", "enterCall"])
async def test_the_record_opens_when_they_meet_and_closes_after_a_day(
    runtime: Runtime, people: People, locum: Actor, monkeypatch: pytest.MonkeyPatch, comes: str
) -> None:
    made = await visit_with(runtime, people, locum)
    began = datetime.fromisoformat(made["startsAt"])
    set_clock(monkeypatch, began)
    assert not await sees(runtime, people, locum)
    ref = {"appointmentId": made["id"]}
    if comes == "enterCall":
        data(await ask(runtime, people.actors[Role.PATIENT], ENTER, input=ref))
    else:
        by = locum if comes == "BEGIN" else people.actors[Role.PATIENT]
        data(await ask(runtime, by, STEP, input=ref | {"expectedVersion": 1, "step": comes}))
    assert await sees(runtime, people, locum)
    set_clock(monkeypatch, began + timedelta(hours=23, minutes=59))
    assert await sees(runtime, people, locum)
    set_clock(monkeypatch, began + timedelta(hours=24))
    assert not await sees(runtime, people, locum)
    told = await runtime.pool.fetchval("SELECT count(*) FROM event WHERE kind = 'CARE_TEAM_CHANGED'")
    audited = await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'openCareOfVisit'")
    assert (told, audited) == (1, 1)


async def test_nobody_opens_a_record_by_beginning_a_visit_long_before_it(
    runtime: Runtime, people: People, locum: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await visit_with(runtime, people, locum)
    set_clock(monkeypatch, datetime.fromisoformat(made["startsAt"]) - timedelta(minutes=61))
    before = await looked(runtime)
    for step in ("CHECK_IN", "BEGIN"):
        sent = {"appointmentId": made["id"], "expectedVersion": 1, "step": step}
        assert code(await ask(runtime, locum, STEP, input=sent)) == "BAD_USER_INPUT"
    assert await looked(runtime) == before
    assert not await sees(runtime, people, locum)


async def test_who_is_in_the_care_team_already_stays_as_long_as_before(
    runtime: Runtime, people: People, locum: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await visit_with(runtime, people, locum)
    began = datetime.fromisoformat(made["startsAt"])
    await CareRelation.create(
        id=uuid4(),
        patient_id=people.patient_id,
        clinician_id=locum.account_id,
        starts_at=began - timedelta(days=1),
        ends_at=began + timedelta(hours=1),
    )
    set_clock(monkeypatch, began)
    sent = {"appointmentId": made["id"], "expectedVersion": 1, "step": "BEGIN"}
    data(await ask(runtime, locum, STEP, input=sent))
    assert await CareRelation.filter(clinician_id=locum.account_id).count() == 1
