"""Two clinicians at two desks see the same alert."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.unit_of_work import new_id
from tests.journeys.centre import WORKLIST, Centre, People
from tests.schema.test_alert_life import ASSIGN, RESOLVE, SNOOZE
from tests.schema.test_pressure_to_alert import ACKNOWLEDGE

pytestmark = pytest.mark.journey


async def second_clinician(centre: Centre, people: People) -> None:
    """A colleague in the care team of the same patient."""
    await centre.rows(
        "WITH account AS (INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)"
        " VALUES ($1, $2, $3, 'CLINICIAN', $4, 'Second', now()) RETURNING id)"
        " INSERT INTO care_relation (id, patient_id, clinician_id, starts_at) SELECT $5, $6, id, now() FROM account",
        new_id(),
        centre.system.issuer.url,
        people["second"],
        people.clinic_id,
        new_id(),
        people.patient_id,
    )


async def test_of_two_who_take_one_alert_one_wins_and_the_other_goes_on_with_the_current_version(
    centre: Centre, people: People
) -> None:
    await second_clinician(centre, people)
    await centre.record(people["patient"], (184, 112), (182, 108))
    await centre.wait_until_done(people.patient_id)
    desks = [people["clinician"], people["second"]]
    seen = await asyncio.gather(*(centre.ask(who, WORKLIST, first=5) for who in desks))
    alerts = [answer.data["worklist"]["edges"][0]["node"]["openAlerts"][0] for answer in seen]
    assert alerts[0] == alerts[1]
    taking = {"alertId": alerts[0]["id"], "expectedVersion": alerts[0]["version"]}
    answers = await asyncio.gather(*(centre.ask(who, ACKNOWLEDGE, input=taking) for who in desks))
    (winner,) = [who for who, answer in zip(desks, answers, strict=True) if "errors" not in answer.body]
    (loser,) = [who for who in desks if who != winner]
    current = answers[desks.index(loser)].refusal["extensions"]
    assert current == {"code": "CONFLICT", "currentVersion": 2}

    # The winner hands it to the other, who lets it wait, and then ends it with the versions that they are told.
    ids = {row["subject"]: str(row["id"]) for row in await centre.rows("SELECT subject, id FROM account")}
    handed = {"alertId": alerts[0]["id"], "expectedVersion": 2, "assigneeId": ids[loser]}
    assigned = (await centre.ask(winner, ASSIGN, input=handed)).data["assignAlert"]["alert"]
    assert (assigned["status"], assigned["version"]) == ("OPEN", 3)
    until = datetime.now(UTC) + timedelta(hours=2)
    waiting = {"alertId": alerts[0]["id"], "expectedVersion": 3, "until": until.isoformat(), "reason": "asked to rest"}
    snoozed = (await centre.ask(loser, SNOOZE, input=waiting)).data["snoozeAlert"]["alert"]
    assert (snoozed["status"], datetime.fromisoformat(snoozed["snoozedUntil"])) == ("SNOOZED", until)
    stale = await centre.ask(winner, RESOLVE, input={**taking, "expectedVersion": 3, "outcome": "ACTED_ON"})
    assert stale.refusal["extensions"] == {"code": "CONFLICT", "currentVersion": 4}
    ended = await centre.ask(winner, RESOLVE, input={**taking, "expectedVersion": 4, "outcome": "ACTED_ON"})
    assert ended.data["resolveAlert"]["alert"]["status"] == "RESOLVED"
    (row,) = await centre.alerts(people)
    assert (row["status"], row["version"]) == ("RESOLVED", 5)
    told = [kind.removeprefix("ALERT_") for kind in await centre.events(people, of=row["id"])]
    assert told == ["RAISED", "ACKNOWLEDGED", "ASSIGNED", "SNOOZED", "RESOLVED"]
