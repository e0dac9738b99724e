"""Reminders through the real schema: who is reminded how and where, and what staff see of what was not sent."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.channels.outgoing import LONGEST_URL
from adapters.channels.web_push import private_key
from adapters.channels.web_push_encryption import encoded, point
from adapters.runtime import Runtime
from dev.mailbox import Mailbox
from dev.receiver import Receiver
from domain.access import Actor
from domain.contact_points import CODE_EVERY, CODE_LIFETIME, MOST_CODE_TRIES, MOST_CONTACT_POINTS
from domain.kinds import Channel, Role
from domain.reminder_sends import KEPT, LONGEST_DELAY_SECONDS, MOST_LOST, TRY_SECONDS
from domain.rules.reminder_times import LONGEST_LEAD_MINUTES, MOST_LEADS, USEFUL_MINUTES
from tests.asking import ask
from tests.people import People
from tests.schema.test_people import code, data
from tests.schema.test_statement_counts import statements
from tests.workers.test_reminders import (
    ADA,
    EIGHT,
    KEY,
    Clocked,
    centre,
    go,
    mailbox,
    mailboxes,
    plan,
    prefer,
    reach,
    receiver,
    receivers,
)

__all__ = ["centre", "mailbox", "mailboxes", "receiver", "receivers", "statements"]

WISHES = "{ channels quietFrom quietUntil appointmentLeadMinutes locale showsDetails }"
SET = f"""mutation ($input: SetReminderPreferencesInput!) {{
  setReminderPreferences(input: $input) {{ preferences {WISHES} }} }}"""
WISHED = f"{{ reminderPreferences {WISHES} }}"
POINT = "contactPoint { id channel address confirmedAt }"
EMAIL = f"mutation ($input: AddEmailInput!) {{ addEmail(input: $input) {{ {POINT} }} }}"
CONFIRM = f"mutation ($input: ConfirmEmailInput!) {{ confirmEmail(input: $input) {{ {POINT} }} }}"
PUSH = f"mutation ($input: AddWebPushInput!) {{ addWebPush(input: $input) {{ {POINT} }} }}"
HOOK = f"mutation ($input: AddWebhookInput!) {{ addWebhook(input: $input) {{ {POINT} secret }} }}"
REMOVE = """mutation ($input: RemoveContactPointInput!) { removeContactPoint(input: $input) {
  contactPoints { id } } }"""
POINTS = "{ contactPoints { id channel address confirmedAt } webPushKey }"
REMINDERS = """query Reminders($patientId: ID!, $first: Int!, $after: String) { patient(id: $patientId) {
  reminders(first: $first, after: $after) { edges { node { id kind dueAt status channel sentAt } }
  pageInfo { hasNextPage endCursor } } } }"""
DEAD = """query ($first: Int!, $after: String) { deadLetters(first: $first, after: $after) { edges { node {
  id kind channel recipient dueAt deadAt error tries { outcome error } } } pageInfo { hasNextPage endCursor } } }"""
REPLAY = "mutation ($input: ReplayDeadLetterInput!) { replayDeadLetter(input: $input) { deadLetter { id } } }"
ZONE = "mutation ($input: SetTimeZoneInput!) { setTimeZone(input: $input) { timeZone } }"
DEFAULTS = {
    "channels": ["EMAIL", "WEB_PUSH", "WEBHOOK"],
    "quietFrom": None,
    "quietUntil": None,
    "appointmentLeadMinutes": [1440, 60],
    "locale": None,
    "showsDetails": False,
}


async def reminders_of(centre: Clocked, people: People, **more: Any) -> list[dict[str, Any]]:
    answer = data(
        await ask(centre, people.actors[Role.PATIENT], REMINDERS, patientId=str(people.patient_id), first=50, **more)
    )
    return [edge["node"] for edge in answer["patient"]["reminders"]["edges"]]


async def test_preferences_change_part_by_part_and_move_what_is_planned(centre: Clocked, people: People) -> None:
    ada = people.actors[Role.PATIENT]
    assert data(await ask(centre, ada, WISHED))["reminderPreferences"] == DEFAULTS
    await plan(centre, people, moment=EIGHT.replace(hour=21) + timedelta(days=1))
    quiet = {"quietFrom": "21:30", "quietUntil": "07:30"}
    changed = data(await ask(centre, ada, SET, input=quiet))["setReminderPreferences"]["preferences"]
    assert changed == DEFAULTS | {"quietFrom": "21:30:00", "quietUntil": "07:30:00"}
    assert [one["dueAt"] for one in await reminders_of(centre, people)] == ["2027-01-14T06:30:00+00:00"]
    more = {"locale": "de-AT", "channels": ["EMAIL"], "quietFrom": None, "quietUntil": None, "showsDetails": True}
    data(await ask(centre, ada, SET, input=more))
    assert data(await ask(centre, ada, WISHED))["reminderPreferences"] == DEFAULTS | more
    assert [one["dueAt"] for one in await reminders_of(centre, people)] == ["2027-01-13T21:00:00+00:00"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quietFrom": "22:00"},
        {"quietFrom": "22:00", "quietUntil": "22:00"},
        {"appointmentLeadMinutes": [0]},
        {"appointmentLeadMinutes": [20161]},
        {"appointmentLeadMinutes": [1, 2, 3, 4, 5, 6]},
        {"locale": "xx"},
    ],
)
async def test_preferences_that_nobody_can_keep_change_nothing(
    centre: Clocked, people: People, wrong: dict[str, Any]
) -> None:
    ada = people.actors[Role.PATIENT]
    assert code(await ask(centre, ada, SET, input=wrong)) == "BAD_USER_INPUT"
    assert data(await ask(centre, ada, WISHED))["reminderPreferences"] == DEFAULTS


async def test_a_patient_who_travels_is_reminded_at_eight_there(centre: Clocked, people: People) -> None:
    await plan(centre, people, moment=EIGHT.replace(hour=8, tzinfo=None) + timedelta(days=1))
    data(await ask(centre, people.actors[Role.PATIENT], ZONE, input={"timeZone": "America/New_York"}))
    assert [one["dueAt"] for one in await reminders_of(centre, people)] == ["2027-01-13T13:00:00+00:00"]
    answer = await ask(centre, people.actors[Role.PATIENT], ZONE, input={"timeZone": "Atlantis/Capital"})
    assert code(answer) == "BAD_USER_INPUT"
    assert await centre.pool.fetchval("SELECT time_zone FROM patient WHERE id = $1", people.patient_id) == (
        "America/New_York"
    )


async def last_code(mailbox: Mailbox) -> str:
    body = message_from_bytes(mailbox.deliveries[-1].content, policy=default).get_body()
    assert body is not None
    found = re.search(r"\d{6}", body.get_content())
    assert found is not None
    return found[0]


async def test_a_mail_address_counts_once_its_code_has_come_back(
    centre: Clocked, people: People, mailbox: Mailbox
) -> None:
    ada = people.actors[Role.PATIENT]
    added = data(await ask(centre, ada, EMAIL, input={"address": f" {ADA} "}))["addEmail"]["contactPoint"]
    assert (added["channel"], added["address"], added["confirmedAt"]) == ("EMAIL", ADA, None)
    # A phone that asks again, or somebody who wants to flood a mailbox.
    for address in (ADA, "eva@example.org"):
        assert code(await ask(centre, ada, EMAIL, input={"address": address})) == "RATE_LIMITED"
    await plan(centre, people)
    await go(centre)
    assert len(mailbox.deliveries) == 1
    right = await last_code(mailbox)
    wrong = {"contactPointId": added["id"], "code": "000000" if right != "000000" else "111111"}
    assert data(await ask(centre, ada, CONFIRM, input=wrong))["confirmEmail"]["contactPoint"]["confirmedAt"] is None
    stranger = people.actors[Role.CLINICIAN]
    assert code(await ask(centre, stranger, CONFIRM, input=wrong | {"code": right})) == "NOT_FOUND"
    confirmed = data(await ask(centre, ada, CONFIRM, input=wrong | {"code": right}))["confirmEmail"]["contactPoint"]
    assert confirmed["confirmedAt"] == EIGHT.isoformat()
    assert await centre.pool.fetchval("SELECT count(*) FROM reminder WHERE detail IS NOT NULL") == 0
    assert data(await ask(centre, ada, EMAIL, input={"address": ADA}))["addEmail"]["contactPoint"] == confirmed
    await plan(centre, people)
    await go(centre)
    assert [one.to for one in mailbox.deliveries] == [(ADA,), (ADA,)]


async def test_a_code_is_not_guessed_and_does_not_keep(centre: Clocked, people: People, mailbox: Mailbox) -> None:
    ada = people.actors[Role.PATIENT]
    added = data(await ask(centre, ada, EMAIL, input={"address": ADA}))["addEmail"]["contactPoint"]
    await go(centre)
    right = await last_code(mailbox)

    async def tried(what: str) -> Any:
        sent = {"contactPointId": added["id"], "code": what}
        return data(await ask(centre, ada, CONFIRM, input=sent))["confirmEmail"]["contactPoint"]["confirmedAt"]

    for _ in range(MOST_CODE_TRIES):
        assert await tried("wrong") is None
    assert await tried(right) is None
    centre.clock[0] += timedelta(minutes=1, seconds=1)
    data(await ask(centre, ada, EMAIL, input={"address": ADA}))
    await go(centre)
    late = await last_code(mailbox)
    centre.clock[0] += timedelta(minutes=15)
    assert await tried(late) is None


async def test_browsers_and_gateways_are_added_once_and_removed(
    centre: Clocked, people: People, receiver: Receiver
) -> None:
    ada = people.actors[Role.PATIENT]
    key = encoded(point(private_key(KEY).public_key()))
    browser = {"endpoint": f"{receiver.url}/push", "p256dh": key, "auth": encoded(b"a" * 16)}
    pushed = [data(await ask(centre, ada, PUSH, input=browser))["addWebPush"]["contactPoint"] for _ in range(2)]
    hooked = [data(await ask(centre, ada, HOOK, input={"url": f"{receiver.url}/hook"}))["addWebhook"] for _ in range(2)]
    assert pushed[0] == pushed[1]
    assert hooked[0]["contactPoint"] == hooked[1]["contactPoint"]
    assert hooked[0]["secret"].startswith("whsec_")
    assert hooked[1]["secret"] is None
    seen = data(await ask(centre, ada, POINTS))
    assert seen == {"contactPoints": [pushed[0], hooked[0]["contactPoint"]], "webPushKey": key}
    await plan(centre, people)
    await go(centre)
    assert sorted(one.path for one in receiver.taken) == ["/hook", "/push"]

    stranger = people.actors[Role.CLINICIAN]
    gone = {"contactPointId": pushed[0]["id"]}
    assert code(await ask(centre, stranger, REMOVE, input=gone)) == "NOT_FOUND"
    left = data(await ask(centre, ada, REMOVE, input=gone))["removeContactPoint"]["contactPoints"]
    assert left == [{"id": hooked[0]["contactPoint"]["id"]}]
    await plan(centre, people)
    await go(centre)
    assert sorted(one.path for one in receiver.taken) == ["/hook", "/hook", "/push"]


async def test_what_is_no_address_is_refused(centre: Clocked, people: People) -> None:
    ada = people.actors[Role.PATIENT]
    key = encoded(point(private_key(KEY).public_key()))
    for query, wrong in (
        (EMAIL, {"address": "ada"}),
        (PUSH, {"endpoint": "ftp://push.example", "p256dh": key, "auth": encoded(b"a" * 16)}),
        (PUSH, {"endpoint": "https://push.example", "p256dh": key, "auth": "short"}),
        (HOOK, {"url": "gateway"}),
    ):
        assert code(await ask(centre, ada, query, input=wrong)) == "BAD_USER_INPUT"
    assert await centre.pool.fetchval("SELECT count(*) FROM contact_point") == 0
    for number in range(MOST_CONTACT_POINTS):
        data(await ask(centre, ada, HOOK, input={"url": f"https://gateway.example/{number}"}))
    assert code(await ask(centre, ada, HOOK, input={"url": "https://gateway.example/more"})) == "CONFLICT"


async def test_a_channel_that_is_not_set_up_is_refused(runtime: Runtime, people: People) -> None:
    answer = await ask(runtime, people.actors[Role.PATIENT], EMAIL, input={"address": ADA})
    assert code(answer) == "BAD_USER_INPUT"


async def test_a_patient_sees_what_is_planned_and_what_became_of_it(
    centre: Clocked, people: People, mailbox: Mailbox, receiver: Receiver
) -> None:
    ada = people.actors[Role.PATIENT]
    await plan(centre, people)
    await plan(centre, people, moment=EIGHT + timedelta(hours=1))
    assert [(one["status"], one["channel"]) for one in await reminders_of(centre, people)] == [("PLANNED", None)] * 2
    await reach(centre, ada.account_id, Channel.EMAIL, ADA)
    await reach(centre, ada.account_id, Channel.WEBHOOK, f"{receiver.url}/hook", secret="czEy")
    receiver.answers["/hook"] = [(503, {})]
    await go(centre)
    seen = [
        (one["dueAt"][11:16], one["channel"], one["status"], one["sentAt"])
        for one in await reminders_of(centre, people)
    ]
    assert seen == [
        ("07:00", "EMAIL", "SENT", EIGHT.isoformat()),
        ("07:00", "WEBHOOK", "SENDING", None),
        ("08:00", "EMAIL", "PLANNED", None),
        ("08:00", "WEBHOOK", "PLANNED", None),
    ]
    paged: list[str] = []
    after = None
    while True:
        answer = data(await ask(centre, ada, REMINDERS, patientId=str(people.patient_id), first=1, after=after))
        page = answer["patient"]["reminders"]
        paged += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == [one["id"] for one in await reminders_of(centre, people)]
    assert len({*paged}) == 4


async def test_a_coordinator_sees_what_could_not_be_sent_and_sends_it_again(
    centre: Clocked, people: People, mailbox: Mailbox, receiver: Receiver
) -> None:
    ada, coordinator = people.actors[Role.PATIENT], people.actors[Role.COORDINATOR]
    await reach(centre, ada.account_id, Channel.EMAIL, "nobody@example.org")
    await plan(centre, people)
    await go(centre)
    (letter,) = [edge["node"] for edge in data(await ask(centre, coordinator, DEAD, first=5))["deadLetters"]["edges"]]
    assert letter | {"id": ""} == {
        "id": "",
        "kind": "MEDICATION",
        "channel": "EMAIL",
        "recipient": "Test patient",
        "dueAt": EIGHT.isoformat(),
        "deadAt": EIGHT.isoformat(),
        "error": "smtp 550 recipient",
        "tries": [{"outcome": "REFUSED", "error": "smtp 550 recipient"}],
    }
    elsewhere = Actor(uuid4(), Role.COORDINATOR, uuid4(), None, "Elsewhere")
    assert data(await ask(centre, elsewhere, DEAD, first=5))["deadLetters"]["edges"] == []
    again = {"deadLetterId": letter["id"]}
    assert code(await ask(centre, elsewhere, REPLAY, input=again)) == "NOT_FOUND"
    for role in (Role.PATIENT, Role.CLINICIAN, Role.ADMIN):
        assert code(await ask(centre, people.actors[role], DEAD, first=5)) == "FORBIDDEN"
        assert code(await ask(centre, people.actors[role], REPLAY, input=again)) == "FORBIDDEN"
    # The patient has put the address right meanwhile.
    await centre.pool.execute("UPDATE contact_point SET address = $1", ADA)
    centre.clock[0] += timedelta(days=1)
    data(await ask(centre, coordinator, REPLAY, input=again))
    await go(centre)
    assert [one.to for one in mailbox.deliveries] == [(ADA,)]
    assert data(await ask(centre, coordinator, DEAD, first=5))["deadLetters"]["edges"] == []
    assert code(await ask(centre, coordinator, REPLAY, input=again)) == "CONFLICT"
    assert [one["status"] for one in await reminders_of(centre, people)] == ["SENT"]


async def test_a_letter_to_where_nobody_is_any_more_is_not_sent_again(
    centre: Clocked, people: People, receiver: Receiver
) -> None:
    ada, coordinator = people.actors[Role.PATIENT], people.actors[Role.COORDINATOR]
    await reach(centre, ada.account_id, Channel.WEBHOOK, f"{receiver.url}/hook", secret="czEy")
    await prefer(centre, ada.account_id)
    receiver.answers["/hook"] = [(410, {})]
    await plan(centre, people)
    await go(centre)
    (letter,) = data(await ask(centre, coordinator, DEAD, first=5))["deadLetters"]["edges"]
    answer = await ask(centre, coordinator, REPLAY, input={"deadLetterId": letter["node"]["id"]})
    assert code(answer) == "CONFLICT"
    await go(centre)
    assert receiver.taken == []


async def test_many_dead_letters_cost_as_many_statements_as_few(
    centre: Clocked, people: People, statements: list[str]
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, "nobody@example.org")
    counts = []
    for _ in range(2):
        for _ in range(3):
            await plan(centre, people)
        await go(centre)
        statements.clear()
        letters = data(await ask(centre, people.actors[Role.COORDINATOR], DEAD, first=50))["deadLetters"]["edges"]
        assert all(len(one["node"]["tries"]) == 1 for one in letters)
        counts.append((len(letters), len(statements)))
    assert [letters for letters, _ in counts] == [3, 6]
    assert len({asked for _, asked in counts}) == 1


def test_the_page_of_limits_tells_those_of_reminders() -> None:
    page = (Path(__file__).parents[2] / "docs" / "limits.md").read_text().partition("# Limits of reminders")[2]
    told = dict(re.findall(r"^\| (.+?) \| ([\d,]+) \|", page, re.MULTILINE))
    wanted = {
        "contact points of an account": MOST_CONTACT_POINTS,
        "characters of a browser's or gateway's address": LONGEST_URL,
        "minutes for which a code holds": CODE_LIFETIME.total_seconds() / 60,
        "tries to send back a code": MOST_CODE_TRIES,
        "codes of an account in a minute": timedelta(minutes=1) / CODE_EVERY,
        "lead times of appointments": MOST_LEADS,
        "minutes of a lead time": LONGEST_LEAD_MINUTES,
        "minutes for which a reminder is of use": USEFUL_MINUTES,
        "seconds of a try": TRY_SECONDS,
        "workers that may die of one reminder": MOST_LOST,
        "days for which a reminder that is over is kept": KEPT.days,
        "seconds between two tries": LONGEST_DELAY_SECONDS,
    }
    assert {name: int(told[name].replace(",", "")) for name in wanted} == wanted
