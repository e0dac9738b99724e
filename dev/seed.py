"""Fill an empty system with the demo clinic, through the same verbs that phones and clinicians use.

`python -m dev.seed ISSUER` does it in the system that the environment names, and prints the demo patient's id.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from adapters.runtime import Runtime, open_runtime
from adapters.settings import read_settings
from dev.demo.ecgsyn import SAMPLE_RATE_HERTZ, SyntheticStrip
from dev.demo.patients import DemoPatient, demo_patients
from dev.demo.therapy import demo_therapy
from dev.importing.sending import record_all, send_strip
from dev.personas import PERSONAS
from domain import appointments, availability, on_call, vitals, worklist
from domain.access import Actor
from domain.kinds import AppointmentKind, OrganisationKind, ReadingSource, Role, StripFormat, VitalKind, Weekday
from domain.rules.slots import Hours, WeeklyHours
from domain.tables import Account, CareRelation, Organisation, Patient
from domain.unit_of_work import new_id

CLINIC = "Centro Cuore (demo)"
INSURER = "Assicurazione Salute (demo)"
Progress = Callable[[int, int], None]


async def seed(runtime: Runtime, issuer: str, progress: Progress) -> UUID:
    """The id of the demo patient; where the demo clinic exists already, only its accounts' issuer is renewed.

    `progress` is told how many of how many patients are done.
    """
    known = await runtime.pool.fetchval(
        "SELECT account.patient_id FROM account JOIN organisation ON organisation.id = account.organisation_id"
        " WHERE organisation.name = $1 AND account.role = 'PATIENT'",
        CLINIC,
    )
    if known is not None:
        await runtime.pool.execute(
            "UPDATE account SET issuer = $1 WHERE subject = ANY($2::text[]) AND issuer <> $1",
            issuer,
            [persona.subject for persona in PERSONAS],
        )
        return UUID(str(known))
    people = demo_patients(runtime.now().date())
    clinic = await Organisation.create(id=new_id(), kind=OrganisationKind.CLINIC, name=CLINIC)
    await Organisation.create(id=new_id(), kind=OrganisationKind.INSURER, name=INSURER)
    rows = [await _patient(runtime, clinic, person) for person in people]
    await _foreign_patient(runtime)
    demo = rows[0]
    actors = {}
    for persona in PERSONAS:
        own = demo if persona.role in (Role.PATIENT, Role.DEVICE) else None
        account = await Account.create(
            id=new_id(),
            issuer=issuer,
            subject=persona.subject,
            role=persona.role,
            organisation=clinic,
            patient=own,
            display_name=f"Demo {persona.name}",
            created_at=runtime.now(),
        )
        actors[persona.role] = Actor(account.id, persona.role, clinic.id, own.id if own else None, account.display_name)
    clinician = await Account.get(id=actors[Role.CLINICIAN].account_id)
    began = runtime.now() - timedelta(days=200)
    await CareRelation.bulk_create(
        [CareRelation(id=new_id(), patient=row, clinician=clinician, starts_at=began) for row in rows]
    )
    await _visits(runtime, actors)
    for done, (row, person) in enumerate(zip(rows, people, strict=True)):
        progress(done, len(people))
        await _record(runtime, actors[Role.CLINICIAN], row.id, person)
        for at, strip in person.strips:
            await send_strip(
                runtime, actors[Role.CLINICIAN], row.id, strip_json(strip), StripFormat.JSON, at=at, device="Demo ECG"
            )
        own_account = actors[Role.PATIENT] if row.id == demo.id else None
        await demo_therapy(runtime, actors[Role.CLINICIAN], own_account, row.id, person)
    # A worker does it some times a day; a newcomer looks at once.
    async with runtime.unit_of_work() as work:
        await worklist.note_lapses(work, [row.id for row in rows])
    await _crisis(runtime, actors[Role.PATIENT], demo.id)
    progress(len(people), len(people))
    return demo.id


async def _patient(runtime: Runtime, clinic: Organisation, person: DemoPatient) -> Patient:
    return await Patient.create(
        id=new_id(),
        clinic=clinic,
        display_name=person.name,
        birth_date=person.birth_date,
        time_zone=person.time_zone,
        locale=person.locale,
        conditions=list(person.conditions),
        created_at=runtime.now(),
    )


async def _visits(runtime: Runtime, actors: Mapping[Role, Actor]) -> None:
    """Hours of the clinician, who is on call as well, and a video call of the demo patient in a day or two."""
    clinician, patient = actors[Role.CLINICIAN], actors[Role.PATIENT]
    weekdays = [*Weekday][:5]
    weekly = [WeeklyHours(day, time(begins), time(ends)) for day in weekdays for begins, ends in ((9, 12), (14, 17))]
    hours = Hours("Europe/Rome", weekly, [], [*AppointmentKind], 20, 5, 60)
    async with runtime.unit_of_work(clinician) as work:
        await availability.set_availability(work, clinician, clinician.account_id, hours)
    async with runtime.unit_of_work(actors[Role.ADMIN]) as work:
        month = work.at + on_call.LONGEST_SHIFT
        await on_call.add(work, actors[Role.ADMIN], new_id(), clinician.account_id, work.at, month)
    async with runtime.unit_of_work(patient) as work:
        since = work.at + timedelta(days=1)
        (slot,) = await availability.soonest(
            work.connection,
            {clinician.account_id: hours},
            AppointmentKind.VIDEO,
            patient.patient_id,
            at=work.at,
            since=since,
            until=since + timedelta(days=7),
            most=1,
        )
        video, reason = AppointmentKind.VIDEO, "To talk about the new dose"
        await appointments.book(work, patient, new_id(), None, clinician.account_id, video, slot.starts_at, reason)


async def _foreign_patient(runtime: Runtime) -> None:
    """Somebody of another clinic, whom no persona may ever see."""
    elsewhere = await Organisation.create(id=new_id(), kind=OrganisationKind.CLINIC, name="Another clinic (demo)")
    await Patient.create(
        id=new_id(),
        clinic=elsewhere,
        display_name="Zora Straniera",
        birth_date=date(1950, 5, 5),
        time_zone="Europe/Rome",
        locale="it-IT",
        conditions=[],
        created_at=runtime.now(),
    )


async def _record(runtime: Runtime, by: Actor, patient_id: UUID, person: DemoPatient) -> None:
    readings = [
        vitals.NewReading(
            client_id=uuid5(NAMESPACE_URL, f"demo/{person.name}/{sample.kind}/{sample.at.isoformat()}"),
            kind=sample.kind,
            measured_at=sample.at,
            # A device's history that arrives at once is an import: it must not ring today's alarm.
            source=ReadingSource.MANUAL if sample.in_clinic else ReadingSource.IMPORT,
            values=sample.values,
            device="Clinic cuff" if sample.in_clinic else "Demo device",
        )
        for sample in person.samples
    ]
    await record_all(runtime, by, patient_id, readings)


def strip_json(strip: SyntheticStrip) -> bytes:
    """The bytes that a phone would upload."""
    return orjson.dumps({"sampleRateHertz": SAMPLE_RATE_HERTZ, "unit": "uV", "leads": {"I": strip.microvolts.tolist()}})


async def _crisis(runtime: Runtime, by: Actor, patient_id: UUID) -> None:
    """A very high pressure of a few minutes ago, confirmed, so that the worklist has something urgent."""
    now = runtime.now()
    readings = [
        vitals.NewReading(
            client_id=new_id(),
            kind=VitalKind.BLOOD_PRESSURE,
            measured_at=now - timedelta(minutes=minutes),
            source=ReadingSource.DEVICE,
            values={"systolic": systolic, "diastolic": diastolic, "pulse": 88.0},
            device="Demo device",
        )
        for minutes, systolic, diastolic in ((7, 186.0, 112.0), (2, 184.0, 111.0))
    ]
    await record_all(runtime, by, patient_id, readings)


async def _main(issuer: str) -> None:
    async with open_runtime(read_settings()) as runtime:
        await runtime.store.prepare()
        sys.stdout.write(f"{await seed(runtime, issuer, lambda _done, _total: None)}\n")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
