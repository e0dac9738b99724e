"""Plans, programmes and medicines through the real schema, as every kind of caller; what is refused changes nothing."""

import asyncio
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain import activity_changes, adherence, plan_activities, prescriptions, therapy_plans
from domain import tasks as domain_tasks
from domain.access import Newcomer
from domain.kinds import Role
from domain.rules import programmes, schedules, tasks
from tests.asking import ask
from tests.joining import newcomer
from tests.people import People
from tests.schema.test_people import code, data
from tests.schema.therapy import (
    ADD,
    ADHERENCE,
    CHANGE,
    MORNING,
    PLANS,
    PRESCRIBE,
    PROGRAMMES,
    START,
    START_PROGRAMME,
    STOP,
    STOP_PLAN,
    TASKS,
    Centre,
    shown,
)

TODAY = MORNING.date()


@pytest.fixture
async def centre(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch) -> Centre:
    made = Centre(runtime, people, monkeypatch)
    await made.settled()
    return made


async def hypertension(centre: Centre, **more: Any) -> dict[str, Any]:
    """The programme's newest version."""
    found = await centre.ask(centre.zoe, PROGRAMMES, first=20, **more)
    return next(one["node"] for one in found["edges"] if one["node"]["condition"] == "HYPERTENSION")


async def started(centre: Centre, **more: Any) -> dict[str, Any]:
    programme = await hypertension(centre)
    sent = {"patientId": str(centre.people.patient_id), "programmeId": programme["id"], "startsOn": TODAY.isoformat()}
    plan: dict[str, Any] = (await centre.ask(centre.zoe, START_PROGRAMME, input=sent | more))["therapyPlan"]
    return plan


async def test_a_programme_becomes_a_plan_in_the_patients_language(centre: Centre) -> None:
    programme = await hypertension(centre)
    assert programme["title"] == "Blood pressure under control"
    assert (await hypertension(centre, locale="de-AT"))["title"] == "Blutdruck im Griff"
    plan = await started(centre)
    assert plan["title"] == plan["programme"]["title"] == "Pressione sotto controllo"
    assert plan["programme"]["id"] == programme["id"]
    last = TODAY + timedelta(days=programme["weeks"] * 7 - 1)
    assert (plan["status"], plan["startsOn"], plan["endsOn"]) == ("ACTIVE", TODAY.isoformat(), last.isoformat())
    assert [one["kind"] for one in plan["activities"]] == [one["kind"] for one in programme["activities"]]
    assert len(plan["activities"]) == len(programme["activities"]) > 10
    for one, template in zip(plan["activities"], programme["activities"], strict=True):
        first, end = (TODAY + timedelta(days=template[name] - 1) for name in ("firstDay", "lastDay"))
        assert (one["startsOn"], one["endsOn"]) == (first.isoformat(), end.isoformat())
    pressure = plan["activities"][0]
    assert pressure["__typename"] == "MeasurementActivity"
    assert (pressure["measuredKind"], pressure["readings"]) == ("BLOOD_PRESSURE", 2)
    assert pressure["schedule"] == {
        "text": "ogni giorno alle 07:00 e 19:00",
        "timesOfDay": ["07:00", "19:00"],
        "everyDays": 1,
        "weekdays": [],
        "recurrence": "FREQ=DAILY;INTERVAL=1",
        "asNeeded": False,
    }
    lesson = next(one for one in plan["activities"] if one["kind"] == "EDUCATION")
    assert lesson["schedule"]["text"] == "il 10 novembre 2026 alle 18:00"
    listed = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=10)
    assert [edge["node"] for edge in listed["therapyPlans"]["edges"]] == [plan]


async def test_the_same_programme_runs_once_at_a_time(centre: Centre) -> None:
    plan = await started(centre)
    before = await centre.looked()
    assert await started(centre) == plan
    assert await centre.looked() == before
    sent = {"patientId": str(centre.people.patient_id), "programmeId": plan["programme"]["id"]}
    later = sent | {"startsOn": (TODAY + timedelta(days=1)).isoformat()}
    refused = await ask(centre.runtime, centre.zoe, START_PROGRAMME, input=later)
    assert code(refused) == "CONFLICT"
    assert refused.errors is not None
    assert refused.errors[0].extensions is not None
    assert refused.errors[0].extensions["therapyPlanId"] == plan["id"]
    assert await centre.looked() == before
    stopped = (await centre.ask(centre.zoe, STOP_PLAN, input={"therapyPlanId": plan["id"], "expectedVersion": 1}))[
        "therapyPlan"
    ]
    assert (stopped["status"], stopped["version"]) == ("STOPPED", 2)
    again = (await centre.ask(centre.zoe, START_PROGRAMME, input=later))["therapyPlan"]
    assert again["id"] != plan["id"]
    only = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=10, status=["ACTIVE"])
    assert [edge["node"]["id"] for edge in only["therapyPlans"]["edges"]] == [again["id"]]


async def test_a_plan_ends_on_the_patients_calendar(centre: Centre) -> None:
    await centre.plan(endsOn=(TODAY + timedelta(days=2)).isoformat())

    async def status() -> str:
        listed = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=1)
        found: str = listed["therapyPlans"]["edges"][0]["node"]["status"]
        return found

    centre.set_clock(MORNING.replace(hour=23, minute=59) + timedelta(days=2))
    assert await status() == "ACTIVE"
    centre.set_clock(MORNING.replace(hour=0) + timedelta(days=3))
    assert await status() == "COMPLETED"


async def test_plans_come_in_pages(centre: Centre) -> None:
    made = [
        await centre.plan(
            clientId=str(uuid4()), title=f"Plan {number}", startsOn=(TODAY + timedelta(number)).isoformat()
        )
        for number in (0, 1, 1)
    ]
    seen: list[str] = []
    after = None
    while True:
        found = (await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=2, after=after))[
            "therapyPlans"
        ]
        seen += [edge["node"]["id"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == [made[2]["id"], made[1]["id"], made[0]["id"]]
    refused = await ask(
        centre.runtime, centre.ada, PLANS, id=str(centre.people.patient_id), first=2, after="WyJ4IiwieSJd"
    )
    assert code(refused) == "BAD_USER_INPUT"


async def test_a_medicine_is_prescribed_in_steps_and_told_to_the_charts(centre: Centre) -> None:
    plan = await centre.plan(endsOn=TODAY.isoformat())
    made = await centre.prescribed(
        plan,
        dose={"value": 5, "unit": "mg"},
        steps=[{"dose": {"value": 1.25, "unit": "mg"}, "days": 7}, {"dose": {"value": 2.5, "unit": "mg"}, "days": 7}],
        instructions="  With water. ",
        food="WITH_FOOD",
    )
    week = [TODAY + timedelta(days=days) for days in (0, 6, 7, 13, 14)]
    assert [(one["startsOn"], one["endsOn"], one["dose"]["value"]) for one in made["phases"]] == [
        (week[0].isoformat(), week[1].isoformat(), 1.25),
        (week[2].isoformat(), week[3].isoformat(), 2.5),
        (week[4].isoformat(), None, 5.0),
    ]
    assert (made["title"], made["instructions"], made["endsOn"]) == ("Ramipril 1,25 mg", "With water.", None)
    assert made["schedule"]["text"] == "ogni giorno alle 08:00 e 20:00, durante i pasti"
    marks = await centre.runtime.pool.fetch("SELECT label, at FROM vital_event")
    assert [tuple(row) for row in marks] == [("Ramipril 1.25 mg", MORNING)]
    listed = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=1)
    # A medicine without an end keeps its plan going.
    (node,) = [edge["node"] for edge in listed["therapyPlans"]["edges"]]
    assert (node["endsOn"], node["version"], node["activities"]) == (None, 2, [made])
    centre.set_clock(MORNING + timedelta(days=14))
    assert [one["title"] for one in await centre.tasks()] == ["Ramipril 5 mg"] * 2


async def test_the_same_client_id_prescribes_once(centre: Centre) -> None:
    plan = await centre.plan()
    same = str(uuid4())
    made = await centre.prescribed(plan, clientId=same)
    before = await centre.looked()
    assert await centre.prescribed(plan, clientId=same) == made
    other = centre.medicine(plan, clientId=same, dose={"value": 5, "unit": "mg"})
    assert code(await ask(centre.runtime, centre.zoe, PRESCRIBE, input=other)) == "CONFLICT"
    assert await centre.plan() == plan | {"activities": [made]}
    taken = {"clientId": str(centre.people.foreign_id), "patientId": str(centre.people.patient_id), "title": "Other"}
    refused = await ask(centre.runtime, centre.zoe, START, input=taken | {"startsOn": TODAY.isoformat()})
    assert code(refused) == "CONFLICT"
    assert await centre.looked() == before


async def test_what_there_is_to_weigh_is_confirmed_or_nothing_is_prescribed(centre: Centre) -> None:
    plan = await centre.plan()
    await centre.prescribed(plan, medication="Bisoprolol", atcCode="C07AB07")
    before = await centre.looked()
    sent = centre.medicine(plan, medication="Verapamil", atcCode="C08DA01", dose={"value": 80, "unit": "mg"})
    refused = await ask(centre.runtime, centre.zoe, PRESCRIBE, input=sent)
    assert code(refused) == "CONFLICT"
    assert refused.errors is not None
    assert refused.errors[0].extensions is not None
    (told,) = refused.errors[0].extensions["warnings"]
    assert (told["code"], told["beside"]) == ("BETA-BLOCKER-VERAPAMIL", "Bisoprolol")
    assert await centre.looked() == before
    made = await centre.ask(centre.zoe, PRESCRIBE, input=sent | {"confirmedWarnings": [told["code"]]})
    assert made["warnings"] == [told]
    confirmed = await centre.runtime.pool.fetchval(
        "SELECT confirmed_warnings FROM activity_schedule JOIN activity ON activity.id = activity_id"
        " WHERE medication = 'Verapamil'"
    )
    assert confirmed == ["BETA-BLOCKER-VERAPAMIL"]
    # What has ended is not weighed any more.
    stop = {"activityId": made["activity"]["id"], "expectedVersion": 1}
    await centre.ask(centre.zoe, STOP, input=stop)
    centre.set_clock(MORNING + timedelta(minutes=1))
    twice = await centre.ask(centre.zoe, PRESCRIBE, input=sent | {"confirmedWarnings": [told["code"]]})
    assert [one["code"] for one in twice["warnings"]] == ["BETA-BLOCKER-VERAPAMIL"]


async def test_a_change_never_touches_the_past(centre: Centre) -> None:
    plan = await centre.plan()
    made = await centre.prescribed(plan)
    first, second = await centre.tasks()
    centre.set_clock(MORNING.replace(hour=9))
    taken = await centre.complete(first, "TAKEN")
    sent = {"activityId": made["id"], "expectedVersion": 1, "dose": {"value": 5, "unit": "mg"}}
    changed = (await centre.ask(centre.zoe, CHANGE, input=sent | {"timesOfDay": ["07:00"]}))["activity"]
    assert changed["version"] == 2
    tomorrow = TODAY + timedelta(days=1)
    assert [(one["startsOn"], one["endsOn"], one["dose"]["value"]) for one in changed["phases"]] == [
        (TODAY.isoformat(), TODAY.isoformat(), 2.5),
        (tomorrow.isoformat(), None, 5.0),
    ]
    assert await centre.tasks() == [taken, second]
    assert [shown(one["dueAt"]) for one in await centre.tasks(MORNING + timedelta(days=1))] == ["11-11 07:00"]
    marks = await centre.runtime.pool.fetch("SELECT label FROM vital_event ORDER BY at")
    assert [row["label"] for row in marks] == ["Ramipril 2.5 mg", "Ramipril 2.5 mg to 5 mg"]
    before = await centre.looked()
    assert code(await ask(centre.runtime, centre.zoe, CHANGE, input=sent)) == "CONFLICT"
    assert await centre.looked() == before
    # Stopped at nine in the morning of a day later: what was before stays, what would come after is gone.
    centre.set_clock(MORNING.replace(hour=9) + timedelta(days=1))
    ended = (await centre.ask(centre.zoe, STOP, input={"activityId": made["id"], "expectedVersion": 2}))["activity"]
    assert (ended["endsOn"], ended["version"]) == (tomorrow.isoformat(), 3)
    assert [one["status"] for one in await centre.tasks(MORNING)] == ["TAKEN", "MISSED"]
    assert [one["status"] for one in await centre.tasks()] == ["LATE"]
    assert await centre.tasks(MORNING + timedelta(days=2)) == []
    refused = await ask(centre.runtime, centre.zoe, STOP, input={"activityId": made["id"]})
    assert code(refused) == "CONFLICT"


async def test_other_hours_leave_the_steps_that_were_planned(centre: Centre) -> None:
    plan = await centre.plan()
    made = await centre.prescribed(
        plan, dose={"value": 5, "unit": "mg"}, steps=[{"dose": {"value": 2.5, "unit": "mg"}, "days": 7}]
    )
    changed = (
        await centre.ask(centre.ada, CHANGE, input={"activityId": made["id"], "timesOfDay": ["21:00", "09:00"]})
    )["activity"]
    told = [(one["startsOn"][5:], one["dose"]["value"], one["schedule"]["timesOfDay"]) for one in changed["phases"]]
    assert told == [
        ("11-10", 2.5, ["08:00", "20:00"]),
        ("11-11", 2.5, ["09:00", "21:00"]),
        ("11-17", 5.0, ["09:00", "21:00"]),
    ]
    # A dose takes the place of the steps; today's noon means from now on.
    centre.set_clock(MORNING.replace(hour=12))
    sent = {"activityId": made["id"], "from": TODAY.isoformat(), "dose": {"value": 10, "unit": "mg"}}
    changed = (await centre.ask(centre.zoe, CHANGE, input=sent))["activity"]
    told = [(one["startsOn"][5:], one["dose"]["value"], one["schedule"]["timesOfDay"]) for one in changed["phases"]]
    assert told == [("11-10", 2.5, ["08:00", "20:00"]), ("11-10", 10.0, ["08:00", "20:00"])]
    assert [one["title"] for one in await centre.tasks()] == ["Ramipril 2,5 mg", "Ramipril 10 mg"]


async def test_of_two_that_prescribe_the_same_at_once_the_second_is_warned(centre: Centre) -> None:
    plans = [await centre.plan(clientId=str(uuid4()), title=f"Plan {number}") for number in range(4)]
    answers = await asyncio.gather(
        *(ask(centre.runtime, centre.zoe, PRESCRIBE, input=centre.medicine(plan)) for plan in plans)
    )
    assert sorted("done" if answer.errors is None else code(answer) for answer in answers) == [
        *["CONFLICT"] * 3,
        "done",
    ]
    assert await centre.runtime.pool.fetchval("SELECT count(*) FROM activity") == 1


def weighing(plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The input of addActivity: the weight, every other day."""
    return {
        "clientId": str(uuid4()),
        "therapyPlanId": plan["id"],
        "kind": "MEASUREMENT",
        "title": " Peso  a casa ",
        "startsOn": TODAY.isoformat(),
        "timesOfDay": ["07:00"],
        "everyDays": 2,
        "measurement": {"kind": "WEIGHT"},
    } | more


async def test_a_clinician_adds_what_the_patient_needs_besides(centre: Centre) -> None:
    plan = await centre.plan()
    sent = weighing(plan, instructions="Prima di colazione.")
    made = (await centre.ask(centre.zoe, ADD, input=sent))["activity"]
    assert (made["title"], made["instructions"], made["kind"]) == ("Peso a casa", "Prima di colazione.", "MEASUREMENT")
    assert (made["measuredKind"], made["readings"]) == ("WEIGHT", 1)
    assert made["schedule"]["text"] == "ogni 2 giorni alle 07:00"
    before = await centre.looked()
    assert (await centre.ask(centre.zoe, ADD, input=sent))["activity"] == made
    assert code(await ask(centre.runtime, centre.zoe, ADD, input=sent | {"title": "Peso"})) == "CONFLICT"
    assert await centre.looked() == before
    cycling = {
        "kind": "EXERCISE",
        "title": "Bicicletta",
        "measurement": None,
        "exercise": {"exercise": "CYCLING", "minutes": 20, "targetPulse": {"low": 90, "high": 110}},
    }
    ride = (await centre.ask(centre.zoe, ADD, input=weighing(plan, **cycling)))["activity"]
    assert (ride["exercise"], ride["minutes"], ride["targetPulse"]) == ("CYCLING", 20, {"low": 90, "high": 110})
    asked = {"kind": "QUESTIONNAIRE", "title": "Come sta?", "measurement": None, "questionnaireId": "daily-life"}
    assert (await centre.ask(centre.zoe, ADD, input=weighing(plan, **asked)))["activity"]["title"] == "Come sta?"
    assert [one["title"] for one in await centre.tasks()] == ["Peso a casa", "Bicicletta", "Come sta?"]
    assert await centre.tasks(MORNING + timedelta(days=1)) == []
    coordinator = centre.people.actors[Role.COORDINATOR]
    assert (await centre.tasks(by=coordinator))[0]["title"] == "Misurazione"


async def test_what_cannot_be_added_is_refused(centre: Centre) -> None:
    plan = await centre.plan()
    before = await centre.looked()
    refused: list[tuple[dict[str, Any], str]] = [
        ({"kind": "MEDICATION"}, "BAD_USER_INPUT"),
        ({"title": " "}, "BAD_USER_INPUT"),
        ({"title": "x" * 101}, "BAD_USER_INPUT"),
        ({"measurement": None}, "BAD_USER_INPUT"),
        ({"kind": "NUTRITION"}, "BAD_USER_INPUT"),
        ({"measurement": {"kind": "WEIGHT", "readings": 11}}, "BAD_USER_INPUT"),
        ({"exercise": {"exercise": "WALKING", "minutes": 10}}, "BAD_USER_INPUT"),
        (
            {"kind": "EXERCISE", "measurement": None, "exercise": {"exercise": "WALKING", "minutes": 0}},
            "BAD_USER_INPUT",
        ),
        ({"kind": "QUESTIONNAIRE", "measurement": None, "questionnaireId": "kccq-12"}, "BAD_USER_INPUT"),
        ({"timesOfDay": []}, "BAD_USER_INPUT"),
        ({"everyDays": 367}, "BAD_USER_INPUT"),
        ({"startsOn": "2026-11-09"}, "BAD_USER_INPUT"),
        ({"therapyPlanId": str(uuid4())}, "NOT_FOUND"),
    ]
    for more, refusal in refused:
        answer = await ask(centre.runtime, centre.zoe, ADD, input=weighing(plan, **more))
        assert code(answer) == refusal, more
    for role in set(Role) - {Role.CLINICIAN}:
        answer = await ask(centre.runtime, centre.people.actors[role], ADD, input=weighing(plan))
        assert code(answer) == "FORBIDDEN", role
    assert await centre.looked() == before
    await centre.ask(centre.zoe, STOP_PLAN, input={"therapyPlanId": plan["id"]})
    assert code(await ask(centre.runtime, centre.zoe, ADD, input=weighing(plan))) == "CONFLICT"


async def test_a_plan_lasts_as_long_as_its_parts(centre: Centre) -> None:
    day = [(TODAY + timedelta(days=days)).isoformat() for days in range(10)]
    plan = await centre.plan(endsOn=day[3])
    made = await centre.prescribed(plan, endsOn=day[5])

    async def ends() -> str | None:
        listed = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=1)
        found: str | None = listed["therapyPlans"]["edges"][0]["node"]["endsOn"]
        return found

    assert await ends() == day[5]
    for asked, expected in ((day[4], day[5]), (day[9], day[9])):
        await centre.ask(centre.zoe, CHANGE, input={"activityId": made["id"], "endsOn": asked})
        assert await ends() == expected


async def test_what_was_stopped_before_it_began_was_never_due(centre: Centre) -> None:
    plan = await centre.plan()
    made = await centre.prescribed(plan, startsOn=(TODAY + timedelta(days=5)).isoformat())
    ended = (await centre.ask(centre.zoe, STOP, input={"activityId": made["id"]}))["activity"]
    assert ended["phases"] == []
    assert date.fromisoformat(ended["endsOn"]) < date.fromisoformat(ended["startsOn"])
    assert await centre.tasks(MORNING + timedelta(days=5)) == []


async def test_a_clinician_adapts_a_programmes_plan_and_the_link_stays(centre: Centre) -> None:
    plan = await started(centre)
    walking = next(one for one in plan["activities"] if one["kind"] == "EXERCISE")
    sent = {
        "activityId": walking["id"],
        "minutes": 20,
        "targetPulse": {"low": 90, "high": 115},
        "weekdays": ["SUNDAY", "WEDNESDAY"],
        "instructions": "Along the river.",
    }
    changed = (await centre.ask(centre.zoe, CHANGE, input=sent))["activity"]
    assert (changed["title"], changed["instructions"]) == (walking["title"], "Along the river.")
    assert (changed["minutes"], changed["targetPulse"]) == (20, {"low": 90, "high": 115})
    assert changed["schedule"]["text"] == "ogni mercoledì e domenica alle 17:00"
    assert changed["schedule"]["recurrence"] == "FREQ=DAILY;INTERVAL=1;BYDAY=WE,SU"
    assert changed["endsOn"] == walking["endsOn"]
    listed = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=1)
    (node,) = [edge["node"] for edge in listed["therapyPlans"]["edges"]]
    assert node["programme"] == plan["programme"]


async def test_a_new_version_of_a_programme_changes_no_running_plan(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await started(centre)
    shutil.copytree(programmes.FOLDER, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "hypertension-1.toml").read_text(encoding="utf-8")
    changed = text.replace("version = 1", "version = 2", 1).replace("weeks = 12", "weeks = 13").replace("minuti", "min")
    (tmp_path / "hypertension-2.toml").write_text(changed, encoding="utf-8")
    kept = (programmes.all_versions, programmes.offered, programmes.templates)
    monkeypatch.setattr(programmes, "FOLDER", tmp_path)
    for one in kept:
        one.cache_clear()
    try:
        assert (await hypertension(centre))["version"] == 2
        listed = await centre.ask(centre.ada, PLANS, id=str(centre.people.patient_id), first=1)
        assert [edge["node"] for edge in listed["therapyPlans"]["edges"]] == [plan]
        old = {"patientId": str(centre.people.patient_id), "programmeId": plan["programme"]["id"]}
        answer = await ask(centre.runtime, centre.zoe, START_PROGRAMME, input=old | {"startsOn": TODAY.isoformat()})
        assert code(answer) == "NOT_FOUND"
    finally:
        for one in kept:
            one.cache_clear()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"medication": " "}, "BAD_USER_INPUT"),
    ({"medication": "x" * 101}, "BAD_USER_INPUT"),
    ({"atcCode": "C09"}, "BAD_USER_INPUT"),
    ({"dose": {"value": 0, "unit": "mg"}}, "BAD_USER_INPUT"),
    ({"dose": {"value": 5, "unit": "MG"}}, "BAD_USER_INPUT"),
    ({"timesOfDay": ["08:00:30"]}, "BAD_USER_INPUT"),
    ({"timesOfDay": [f"{hour:02}:00" for hour in range(13)]}, "BAD_USER_INPUT"),
    ({"everyDays": 0}, "BAD_USER_INPUT"),
    ({"startsOn": "2026-11-09"}, "BAD_USER_INPUT"),
    ({"startsOn": "2027-11-12"}, "BAD_USER_INPUT"),
    ({"endsOn": "2026-11-09"}, "BAD_USER_INPUT"),
    ({"endsOn": "2026-11-12", "steps": [{"dose": {"value": 1, "unit": "mg"}, "days": 3}]}, "BAD_USER_INPUT"),
    ({"steps": [{"dose": {"value": 1, "unit": "mg"}, "days": 0}]}, "BAD_USER_INPUT"),
    ({"steps": [{"dose": {"value": 1, "unit": "mg"}, "days": 1}] * 21}, "BAD_USER_INPUT"),
    ({"instructions": "x" * 1001}, "BAD_USER_INPUT"),
    ({"therapyPlanId": "none"}, "BAD_USER_INPUT"),
    ({"therapyPlanId": str(uuid4())}, "NOT_FOUND"),
]


async def test_no_value_that_cannot_be_is_prescribed(centre: Centre) -> None:
    plan = await centre.plan()
    before = await centre.looked()
    for more, refusal in REFUSED:
        answer = await ask(centre.runtime, centre.zoe, PRESCRIBE, input=centre.medicine(plan, **more))
        assert code(answer) == refusal, more
    assert await centre.looked() == before
    await centre.ask(centre.zoe, STOP_PLAN, input={"therapyPlanId": plan["id"]})
    before = await centre.looked()
    answer = await ask(centre.runtime, centre.zoe, PRESCRIBE, input=centre.medicine(plan))
    assert code(answer) == "CONFLICT"
    assert code(await ask(centre.runtime, centre.zoe, STOP_PLAN, input={"therapyPlanId": plan["id"]})) == "CONFLICT"
    assert await centre.looked() == before


async def test_changes_that_cannot_be_are_refused(centre: Centre) -> None:
    plan = await started(centre)
    walking = next(one for one in plan["activities"] if one["kind"] == "EXERCISE")
    made = await centre.prescribed(plan, endsOn=(TODAY + timedelta(days=9)).isoformat())
    before = await centre.looked()
    changes: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (walking, {"dose": {"value": 1, "unit": "mg"}}, "BAD_USER_INPUT"),
        (walking, {"minutes": 0}, "BAD_USER_INPUT"),
        (walking, {"targetPulse": {"low": 120, "high": 100}}, "BAD_USER_INPUT"),
        (made, {"minutes": 10}, "BAD_USER_INPUT"),
        (made, {"dose": {"value": -1, "unit": "mg"}}, "BAD_USER_INPUT"),
        (made, {"everyDays": 400}, "BAD_USER_INPUT"),
        (made, {"from": "2026-11-09"}, "BAD_USER_INPUT"),
        (made, {"from": "2026-11-20"}, "CONFLICT"),
        (made, {"from": "2026-11-15", "endsOn": "2026-11-14"}, "BAD_USER_INPUT"),
        (made, {"expectedVersion": 2}, "CONFLICT"),
        ({"id": str(uuid4())}, {}, "NOT_FOUND"),
    ]
    for activity, more, refusal in changes:
        answer = await ask(centre.runtime, centre.zoe, CHANGE, input={"activityId": activity["id"], **more})
        assert code(answer) == refusal, more
    stops: list[tuple[dict[str, Any], str]] = [
        ({"endsOn": "2026-11-09"}, "BAD_USER_INPUT"),
        ({"endsOn": "2026-11-20"}, "CONFLICT"),
        ({"expectedVersion": 7}, "CONFLICT"),
    ]
    for more, refusal in stops:
        answer = await ask(centre.runtime, centre.zoe, STOP, input={"activityId": made["id"], **more})
        assert code(answer) == refusal, more
    hours: list[dict[str, Any]] = [
        {"timesOfDay": ["08:00"]},
        {"dose": {"value": 5, "unit": "mg"}},
        {"from": "2026-11-12"},
    ]
    for more in hours:
        answer = await ask(centre.runtime, centre.ada, CHANGE, input={"activityId": made["id"], **more})
        assert code(answer) == "FORBIDDEN", more
    assert await centre.looked() == before


async def test_every_other_caller_is_refused_and_nothing_changes(centre: Centre) -> None:
    plan = await centre.plan()
    made = await centre.prescribed(plan)
    programme = await hypertension(centre)
    start = {"patientId": str(centre.people.patient_id), "programmeId": programme["id"], "startsOn": TODAY.isoformat()}
    own = {"clientId": str(uuid4()), "patientId": start["patientId"], "title": "x", "startsOn": TODAY.isoformat()}
    operations: list[tuple[str, dict[str, Any]]] = [
        (START_PROGRAMME, {"input": start}),
        (START, {"input": own}),
        (STOP_PLAN, {"input": {"therapyPlanId": plan["id"]}}),
        (PRESCRIBE, {"input": centre.medicine(plan, medication="Other", atcCode=None)}),
        (STOP, {"input": {"activityId": made["id"]}}),
    ]
    change = (CHANGE, {"input": {"activityId": made["id"], "timesOfDay": ["09:00", "21:00"]}})
    reads: list[tuple[str, dict[str, Any]]] = [
        (PLANS, {"id": start["patientId"], "first": 1}),
        (TASKS, {"id": start["patientId"], "on": TODAY.isoformat()}),
        (ADHERENCE, {"id": start["patientId"], "from": TODAY.isoformat(), "to": TODAY.isoformat()}),
    ]
    before = await centre.looked()
    actors = centre.people.actors
    for query, variables in operations:
        for role in set(Role) - {Role.CLINICIAN}:
            assert code(await ask(centre.runtime, actors[role], query, **variables)) == "FORBIDDEN", (query, role)
    for query, variables in [*reads, change]:
        for role in (Role.DEVICE, Role.ADMIN):
            assert code(await ask(centre.runtime, actors[role], query, **variables)) == "FORBIDDEN", (query, role)
    for query, variables in [reads[0], reads[2], change]:
        answer = await ask(centre.runtime, actors[Role.COORDINATOR], query, **variables)
        assert code(answer) == "FORBIDDEN", query
    nobody: Newcomer = newcomer()
    for query, variables in [*operations, change, *reads, (PROGRAMMES, {"first": 1})]:
        assert code(await ask(centre.runtime, nobody, query, **variables)) == "FORBIDDEN", query
    assert await centre.looked() == before


async def test_the_plans_of_strangers_are_as_if_they_were_not(centre: Centre) -> None:
    plan = await centre.plan()
    made = await centre.prescribed(plan)
    programme = await hypertension(centre)
    await centre.runtime.pool.execute("UPDATE care_relation SET ends_at = $1", MORNING)
    before = await centre.looked()
    start = {"patientId": str(centre.people.patient_id), "programmeId": programme["id"], "startsOn": TODAY.isoformat()}
    for query, variables in (
        (START_PROGRAMME, {"input": start}),
        (STOP_PLAN, {"input": {"therapyPlanId": plan["id"]}}),
        (PRESCRIBE, {"input": centre.medicine(plan)}),
        (CHANGE, {"input": {"activityId": made["id"], "minutes": 10}}),
        (STOP, {"input": {"activityId": made["id"]}}),
        (PLANS, {"id": start["patientId"], "first": 1}),
        (TASKS, {"id": start["patientId"], "on": TODAY.isoformat()}),
    ):
        assert code(await ask(centre.runtime, centre.zoe, query, **variables)) == "NOT_FOUND", query
    assert await centre.looked() == before
    wrong = start | {"programmeId": str(uuid4())}
    assert code(await ask(centre.runtime, centre.zoe, START_PROGRAMME, input=wrong)) == "NOT_FOUND"


async def test_a_coordinator_sees_that_there_is_something_to_do_but_not_which_medicine(centre: Centre) -> None:
    await centre.prescribed(await centre.plan(), instructions="For the heart")
    coordinator = centre.people.actors[Role.COORDINATOR]
    task = (await centre.tasks(by=coordinator))[0]
    assert (task["title"], task["instructions"], task["kind"]) == ("Medicina", None, "MEDICATION")
    assert (await centre.tasks(by=centre.zoe))[0]["title"] == "Ramipril 2,5 mg"


async def test_as_needed_there_are_no_tasks(centre: Centre) -> None:
    made = await centre.prescribed(
        await centre.plan(),
        medication="Nitroglycerin",
        atcCode="C01DA02",
        dose={"value": 2, "unit": "{puff}"},
        timesOfDay=[],
    )
    assert made["title"] == "Nitroglycerin 2 spruzzi"
    assert made["schedule"] == {
        "text": "al bisogno",
        "timesOfDay": [],
        "everyDays": 1,
        "weekdays": [],
        "recurrence": None,
        "asNeeded": True,
    }
    assert await centre.tasks() == []


async def test_prescribing_and_reading_leave_their_trace(centre: Centre) -> None:
    plan = await centre.plan()
    made = await centre.prescribed(plan)
    await centre.tasks(by=centre.zoe)
    told = await centre.runtime.pool.fetch("SELECT kind, subject_id::text FROM event ORDER BY id")
    assert [tuple(row) for row in told if row["kind"] != "MEDICATION_CHANGED"] == [
        ("THERAPY_PLAN_STARTED", plan["id"]),
        ("ACTIVITY_SET", made["id"]),
    ]
    rows = await centre.runtime.pool.fetch(
        "SELECT DISTINCT action FROM audit_entry WHERE actor_id = $1", centre.zoe.account_id
    )
    assert {"startTherapyPlan", "prescribeMedication", "tasks", "therapyPlans"} <= {row["action"] for row in rows}
    assert data(await ask(centre.runtime, centre.ada, "{ viewer { patient { id } } }"))


def test_the_page_of_limits_tells_those_of_therapy() -> None:
    page = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
    section = page.split("# Limits of therapy\n")[1].split("\n# ")[0]
    told = {
        name.strip(): int(most.replace(",", ""))
        for name, most in re.findall(r"^\| (.+?) \| ([\d,]+) \|", section, re.MULTILINE)
    }
    assert told == {
        "characters of a plan's title": therapy_plans.LONGEST_TITLE,
        "activities of a plan": prescriptions.MOST_ACTIVITIES,
        "days ahead of a plan's or an activity's first day": therapy_plans.FARTHEST_AHEAD.days,
        "days that a plan or an activity with an end lasts": therapy_plans.LONGEST.days,
        "times of day of an activity": schedules.MOST_TIMES,
        "days between two days of an activity": schedules.MOST_DAYS_BETWEEN,
        "characters of a medicine's name": prescriptions.LONGEST_MEDICATION,
        "value of a dose": prescriptions.HIGHEST_DOSE,
        "characters of the title of another activity": plan_activities.LONGEST_TITLE,
        "readings in a row of a measurement": plan_activities.MOST_READINGS,
        "minutes of an exercise": activity_changes.MOST_MINUTES,
        "steps of a dose": prescriptions.MOST_STEPS,
        "characters of instructions": prescriptions.LONGEST_INSTRUCTIONS,
        "days for which a task can be booked or taken back after its day": tasks.OPEN_DAYS,
        "days of one question for adherence": adherence.LONGEST.days,
        "days from today of one question for tasks": domain_tasks.FARTHEST.days,
    }
