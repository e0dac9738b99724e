"""Whose readings a message holds, from where they are, and what becomes of each."""

from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain import messages
from domain.errors import BadInput, Forbidden
from domain.kinds import ReadingSource, Role, VitalKind
from domain.messages import Kept
from domain.new_readings import NewReading
from tests.people import People


async def test_whose_readings_a_message_holds(people: People) -> None:
    actors, mine, other = people.actors, people.patient_id, people.foreign_id
    for role in (Role.PATIENT, Role.DEVICE):
        assert messages.addressee(actors[role], None) == mine
        assert messages.addressee(actors[role], mine) == mine
    # Whether that patient exists for them is asked later; a device asks for nobody else at all.
    assert messages.addressee(actors[Role.PATIENT], other) == other
    assert messages.addressee(actors[Role.CLINICIAN], mine) == mine
    with pytest.raises(Forbidden):
        messages.addressee(actors[Role.DEVICE], other)
    with pytest.raises(BadInput):
        messages.addressee(actors[Role.CLINICIAN], None)


async def test_what_became_of_each_reading_in_its_order(runtime: Runtime, people: People) -> None:
    patient = people.actors[Role.PATIENT]

    def weight(value: float, unit: str | None = None, minutes: int = 5) -> NewReading:
        at = runtime.now().replace(microsecond=0) - timedelta(minutes=minutes)
        return NewReading(uuid4(), VitalKind.WEIGHT, at, ReadingSource.DEVICE, {"value": value}, unit)

    first = weight(71.5)
    pounds = first._replace(client_id=uuid4(), values={"value": 157.63}, unit="[lb_av]")
    heavy = weight(7150)
    taken = weight(72.5)._replace(client_id=first.client_id)
    async with runtime.unit_of_work(patient) as work:
        fates = await messages.record(work, patient, people.patient_id, [heavy, first, pounds, taken, first])
    ids = await runtime.pool.fetch("SELECT id FROM reading")
    (kept,) = [row["id"] for row in ids]
    told = [one if isinstance(one, Kept) else [(why.index, why.code) for why in one] for one in fates]
    new, known = Kept(kept, is_new=True), Kept(kept, is_new=False)
    assert told == [[(0, "OUT_OF_RANGE")], new, known, [(3, "CONFLICT")], known]

    async with runtime.unit_of_work(patient) as work:
        assert await messages.record(work, patient, people.patient_id, [pounds]) == [known]


async def test_a_message_is_no_import(runtime: Runtime, people: People) -> None:
    reading = NewReading(uuid4(), VitalKind.STEPS, runtime.now(), ReadingSource.IMPORT, {"value": 4000})
    named = reading._replace(device="Watch")
    patient, device = people.actors[Role.PATIENT], people.actors[Role.DEVICE]
    assert messages.as_sent(reading, patient) == reading._replace(source=ReadingSource.MANUAL)
    assert messages.as_sent(named, patient) == named._replace(source=ReadingSource.DEVICE)
    assert messages.as_sent(reading, device) == reading._replace(source=ReadingSource.DEVICE)
