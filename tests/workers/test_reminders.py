"""Reminders from the plan to the mailbox: once each, whatever fails on the way, and nothing of health in them."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from adapters.channels.opened import Messengers
from adapters.channels.web_push import private_key
from adapters.channels.web_push_encryption import encoded, point
from adapters.runtime import Runtime
from dev.mailbox import Mailbox
from dev.receiver import Receiver
from dev.services import free_port
from domain import reminder_sends, reminders
from domain.kinds import Channel, ReminderKind, Role
from domain.reminders import Plan
from domain.unit_of_work import lone_connection, unit_of_work
from tests.people import People
from workers.ending import end
from workers.reminders import Sender, remind

KEY = encoded((12345).to_bytes(32))
EIGHT = datetime(2027, 1, 12, 7, 0, tzinfo=UTC)
ADA = "ada@example.org"


class Clocked(Runtime):
    """A runtime whose clock a test moves."""

    clock: list[datetime]

    def now(self) -> datetime:
        return self.clock[0]


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port(), refuses=frozenset({"nobody@example.org"}))
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture(scope="module")
def receivers() -> Iterator[Receiver]:
    receiver = Receiver(free_port())
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture
def mailbox(mailboxes: Mailbox) -> Mailbox:
    mailboxes.deliveries.clear()
    return mailboxes


@pytest.fixture
def receiver(receivers: Receiver) -> Receiver:
    receivers.taken.clear()
    receivers.answers.clear()
    return receivers


@pytest.fixture
async def centre(runtime: Runtime, mailbox: Mailbox, receiver: Receiver) -> AsyncIterator[Clocked]:
    """The runtime with every channel open, at eight o'clock in Rome."""
    settings = replace(
        runtime.settings,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        mail_from="Cuore <cuore@clinic.example>",
        vapid_private_key=KEY,
        vapid_contact="mailto:heart@clinic.example",
        reaches_private_addresses=True,
    )
    messengers = Messengers(settings)
    values = {name: getattr(runtime, name) for name in runtime.__dataclass_fields__}
    clocked = Clocked(**(values | {"messengers": messengers}))
    object.__setattr__(clocked, "clock", [EIGHT])
    yield clocked
    await messengers.close()


async def reach(runtime: Runtime, account_id: UUID, channel: Channel, address: str, **keys: str) -> None:
    await runtime.pool.execute(
        "INSERT INTO contact_point (id, account_id, channel, address, keys, made_at, code_tries, confirmed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 0, $6)",
        uuid4(),
        account_id,
        channel,
        address,
        orjson.dumps(keys).decode(),
        EIGHT,
    )


async def reach_everywhere(runtime: Runtime, people: People, receiver: Receiver) -> None:
    """Ada's mail address, browser and gateway."""
    ada = people.actors[Role.PATIENT].account_id
    browser = encoded(point(private_key(KEY).public_key()))
    await reach(runtime, ada, Channel.EMAIL, ADA)
    await reach(runtime, ada, Channel.WEB_PUSH, f"{receiver.url}/push", p256dh=browser, auth=encoded(b"a" * 16))
    await reach(runtime, ada, Channel.WEBHOOK, f"{receiver.url}/hook", secret=base64.b64encode(b"s" * 24).decode())


async def prefer(runtime: Runtime, account_id: UUID, **columns: Any) -> None:
    values = {
        "channels": ["EMAIL", "WEB_PUSH", "WEBHOOK"],
        "appointment_lead_minutes": [],
        "shows_details": False,
        "locale": None,
    } | columns
    await runtime.pool.execute(
        f"INSERT INTO reminder_preferences (account_id, set_at, {', '.join(values)}) VALUES ($1, $2, $3, $4, $5, $6)",  # noqa: S608
        account_id,
        EIGHT,
        *values.values(),
    )


async def plan(centre: Clocked, people: People, **more: Any) -> UUID:
    """One thing at eight; what it is about."""
    values: dict[str, Any] = {"kind": ReminderKind.MEDICATION, "moment": EIGHT, "subject_id": uuid4()} | more
    async with unit_of_work(centre.pool, at=centre.now(), by=None) as work:
        await reminders.plan(work, [Plan(patient_id=people.patient_id, **values)])
    subject_id: UUID = values["subject_id"]
    return subject_id


@asynccontextmanager
async def reminding(centre: Clocked, *, at_once: int = 1) -> AsyncIterator[None]:
    """So many workers' reminders run."""
    tasks = [asyncio.create_task(remind(centre)) for _ in range(at_once)]
    try:
        yield
    finally:
        await end(*tasks)


async def settled(centre: Clocked) -> None:
    """Wait until nothing is due and nothing is under way."""
    deadline = asyncio.get_running_loop().time() + 20
    while await centre.pool.fetchval(
        "SELECT EXISTS (SELECT FROM reminder WHERE status = 'PLANNED' AND due_at <= $1) OR EXISTS"
        " (SELECT FROM reminder_send WHERE status = 'WAITING' AND (due_at <= $1 OR leased_until IS NOT NULL))",
        centre.now(),
    ):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


async def go(centre: Clocked, *, at_once: int = 1) -> None:
    async with reminding(centre, at_once=at_once):
        await settled(centre)


async def rows(centre: Clocked, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await centre.pool.fetch(query)]


SENDS = (
    "SELECT channel, status, last_error FROM reminder_send JOIN contact_point ON contact_point.id = contact_point_id"
    " ORDER BY channel"
)
TRIES = "SELECT attempt, outcome, error FROM reminder_try ORDER BY send_id, attempt"


async def test_what_is_due_goes_out_once_by_every_channel_and_says_nothing_of_health(
    centre: Clocked, people: People, mailbox: Mailbox, receiver: Receiver
) -> None:
    await reach_everywhere(centre, people, receiver)
    await plan(centre, people, detail="Bisoprolol 5 mg")
    centre.clock[0] = EIGHT - timedelta(seconds=1)
    await go(centre)
    assert mailbox.deliveries == []
    centre.clock[0] = EIGHT
    await go(centre)
    await go(centre)
    (mail,) = mailbox.deliveries
    by_path = {one.path: one for one in receiver.taken}
    assert len(receiver.taken) == 2
    assert orjson.loads(by_path["/hook"].body)["text"] == "Alle 08:00 è previsto qualcosa nel suo piano."
    everything = mail.content + by_path["/hook"].body + str(by_path["/hook"].headers).encode()
    assert b"isoprolol" not in everything
    seen = message_from_bytes(mail.content, policy=default)
    assert seen["subject"] == "Il suo piano"
    assert await rows(centre, SENDS) == [("EMAIL", "SENT", None), ("WEBHOOK", "SENT", None), ("WEB_PUSH", "SENT", None)]
    assert await rows(centre, TRIES) == [(1, "SENT", None)] * 3
    assert await rows(centre, "SELECT status FROM reminder") == [("HANDED_OVER",)]


async def test_who_has_opted_in_reads_what_it_is_about_in_their_language(
    centre: Clocked, people: People, mailbox: Mailbox
) -> None:
    ada = people.actors[Role.PATIENT].account_id
    await reach(centre, ada, Channel.EMAIL, ADA)
    await prefer(centre, ada, shows_details=True, locale="de-AT")
    await plan(centre, people, detail="Bisoprolol 5 mg")
    await go(centre)
    (mail,) = mailbox.deliveries
    body = message_from_bytes(mail.content, policy=default).get_body()
    assert body is not None
    assert body.get_content().strip() == "Um 08:00 Uhr: Bisoprolol 5 mg."


async def test_only_wanted_channels_are_used_and_none_reaches_nobody(
    centre: Clocked, people: People, mailbox: Mailbox, receiver: Receiver
) -> None:
    await reach_everywhere(centre, people, receiver)
    await prefer(centre, people.actors[Role.PATIENT].account_id, channels=["EMAIL"])
    await plan(centre, people)
    await go(centre)
    assert (len(mailbox.deliveries), receiver.taken) == (1, [])
    await centre.pool.execute("UPDATE reminder_preferences SET channels = '{}'")
    await plan(centre, people)
    await go(centre)
    assert len(mailbox.deliveries) == 1
    assert sorted(await rows(centre, "SELECT status FROM reminder")) == [("HANDED_OVER",), ("UNADDRESSED",)]


async def test_a_gateway_that_is_busy_gets_it_later_and_once(
    centre: Clocked, people: People, receiver: Receiver
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.WEBHOOK, f"{receiver.url}/hook", secret="czEy")
    receiver.answers["/hook"] = [(503, {}), (429, {"retry-after": "60"})]
    await plan(centre, people)
    await go(centre)
    assert await rows(centre, "SELECT due_at FROM reminder_send") == [(EIGHT + timedelta(seconds=10),)]
    for seconds in (9, 10, 69, 70):
        centre.clock[0] = EIGHT + timedelta(seconds=seconds)
        await go(centre)
    assert [one.path for one in receiver.taken] == ["/hook"]
    assert await rows(centre, TRIES) == [
        (1, "PUT_OFF", "webhook 503"),
        (2, "PUT_OFF", "webhook 429"),
        (3, "SENT", None),
    ]


async def test_what_is_of_no_use_any_more_is_not_sent(
    centre: Clocked, people: People, mailbox: Mailbox, receiver: Receiver
) -> None:
    ada = people.actors[Role.PATIENT].account_id
    await reach(centre, ada, Channel.EMAIL, ADA)
    await plan(centre, people, useful_minutes=30)
    centre.clock[0] = EIGHT + timedelta(minutes=30)
    await go(centre)
    assert mailbox.deliveries == []
    assert await rows(centre, "SELECT status FROM reminder") == [("EXPIRED",)]
    # What a gateway does not take until then is a dead letter.
    await reach(centre, ada, Channel.WEBHOOK, f"{receiver.url}/hook", secret="czEy")
    await prefer(centre, ada, channels=["WEBHOOK"])
    receiver.answers["/hook"] = [(500, {})] * 20
    await plan(centre, people, moment=centre.now(), useful_minutes=1)
    for _ in range(10):
        await go(centre)
        centre.clock[0] += timedelta(seconds=20)
    assert await rows(centre, "SELECT status, last_error FROM reminder_send") == [("DEAD", "webhook 500")]
    assert receiver.taken == []


async def test_a_browser_that_took_its_subscription_back_is_not_tried_again(
    centre: Clocked, people: People, receiver: Receiver
) -> None:
    await reach_everywhere(centre, people, receiver)
    receiver.answers["/push"] = [(410, {})]
    for _ in range(2):
        await plan(centre, people)
        await go(centre)
    assert [one.path for one in receiver.taken] == ["/hook", "/hook"]
    assert ("WEB_PUSH", "DEAD", "web push 410") in await rows(centre, SENDS)
    ended = await rows(centre, "SELECT ended_at IS NOT NULL FROM contact_point WHERE channel = 'WEB_PUSH'")
    assert ended == [(True,)]


async def test_one_that_cannot_be_said_is_buried_and_holds_up_nobody(
    centre: Clocked, people: People, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    poison = await plan(centre, people, detail="Ada Prova")
    await plan(centre, people)
    await centre.pool.execute("UPDATE reminder SET kind = 'UNHEARD_OF' WHERE subject_id = $1", poison)
    await go(centre)
    assert len(mailbox.deliveries) == 1
    assert sorted(await rows(centre, "SELECT status, last_error FROM reminder_send")) == [
        ("DEAD", "ValueError"),
        ("SENT", None),
    ]
    assert "Ada" not in caplog.text
    assert "example.org" not in caplog.text


async def test_a_worker_that_dies_under_a_try_leaves_it_to_another_and_the_mailbox_shows_one_mail(
    centre: Clocked, people: People, mailbox: Mailbox
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    await plan(centre, people)
    async with lone_connection(centre.pool) as connection:
        await reminder_sends.hand_over(connection, EIGHT, [*Channel], 10)
        (claimed,) = await reminder_sends.claim(connection, EIGHT, 10)
    # It dies after the server has taken the mail, and before that is written down.
    await centre.messengers[Channel.EMAIL].send(claimed.notice(), claimed.to)
    centre.clock[0] = EIGHT + reminder_sends.LEASE - timedelta(seconds=1)
    async with lone_connection(centre.pool) as connection:
        assert await reminder_sends.claim(connection, centre.now(), 10) == []
    centre.clock[0] = EIGHT + reminder_sends.LEASE
    await go(centre)
    assert await rows(centre, TRIES) == [(1, "LOST", None), (2, "SENT", None)]
    assert len(mailbox.deliveries) == 2
    assert {one.message_id for one in mailbox.deliveries} == {f"<{claimed.send_id}@clinic.example>"}


async def test_what_workers_die_of_is_buried(centre: Clocked, people: People) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    await plan(centre, people)
    async with lone_connection(centre.pool) as connection:
        await reminder_sends.hand_over(connection, EIGHT, [*Channel], 10)
        for _ in range(reminder_sends.MOST_LOST):
            assert len(await reminder_sends.claim(connection, centre.now(), 10)) == 1
            centre.clock[0] += reminder_sends.LEASE
        assert await reminder_sends.claim(connection, centre.now(), 10) == []
    assert await rows(centre, "SELECT status, last_error, lost FROM reminder_send") == [
        ("DEAD", "the worker died", reminder_sends.MOST_LOST)
    ]
    assert [row[1] for row in await rows(centre, TRIES)] == ["LOST"] * reminder_sends.MOST_LOST


async def test_nobody_answers_a_critical_one_so_it_comes_again_and_then_the_care_team_hears_of_it(
    centre: Clocked, people: People, mailbox: Mailbox
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    await reach(centre, people.actors[Role.CLINICIAN].account_id, Channel.EMAIL, "clinician@example.org")
    done = await plan(centre, people, nudge_after_minutes=30, care_team_after_minutes=90)
    await plan(centre, people, nudge_after_minutes=30, care_team_after_minutes=90)
    for minutes in (0, 30, 90):
        centre.clock[0] = EIGHT + timedelta(minutes=minutes)
        await go(centre)
        if minutes == 0:
            async with unit_of_work(centre.pool, at=centre.now(), by=None) as work:
                await reminders.cancel(work, [done])
    told = [(one.to, message_from_bytes(one.content, policy=default)["subject"]) for one in mailbox.deliveries]
    assert told == [
        ((ADA,), "Il suo piano"),
        ((ADA,), "Il suo piano"),
        ((ADA,), "Se n'è ricordato?"),
        (("clinician@example.org",), "Cuore"),
    ]


async def test_workers_side_by_side_share_what_is_due(centre: Clocked, people: People, mailbox: Mailbox) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    async with unit_of_work(centre.pool, at=EIGHT, by=None) as work:
        plans = [Plan(ReminderKind.MEASUREMENT, people.patient_id, uuid4(), EIGHT) for _ in range(300)]
        await reminders.plan(work, plans)
    await go(centre, at_once=4)
    assert len(mailbox.deliveries) == len({one.message_id for one in mailbox.deliveries}) == 300
    assert await rows(centre, "SELECT count(*) FROM reminder_try WHERE outcome = 'SENT'") == [(300,)]


async def test_a_sender_that_is_asked_to_end_writes_down_what_it_has_sent(
    centre: Clocked, people: People, mailbox: Mailbox
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    for _ in range(10):
        await plan(centre, people)
    async with lone_connection(centre.pool) as connection:
        await reminder_sends.hand_over(connection, EIGHT, [*Channel], 100)
    sending = asyncio.create_task(Sender(centre).run())
    while not mailbox.deliveries:  # noqa: ASYNC110 - filled by another thread
        await asyncio.sleep(0.001)
    await end(sending)
    sent = await rows(centre, "SELECT status, leased_until FROM reminder_send WHERE status = 'SENT'")
    assert sent == [("SENT", None)] * len(mailbox.deliveries)


async def test_what_is_long_over_is_forgotten_and_what_is_ahead_stays(
    centre: Clocked, people: People, mailbox: Mailbox
) -> None:
    await reach(centre, people.actors[Role.PATIENT].account_id, Channel.EMAIL, ADA)
    # Made so long ago by its id; what is planned for a year ahead was made then as well.
    ahead = await plan(centre, people, moment=EIGHT + timedelta(days=365))
    await plan(centre, people)
    await go(centre)
    await centre.pool.execute("ALTER TABLE reminder_send DROP CONSTRAINT reminder_send_reminder_id_fkey")
    try:
        old = UUID(int=int((EIGHT - timedelta(seconds=1)).timestamp() * 1000) << 80 | 1)
        await centre.pool.execute("UPDATE reminder SET id = $1 WHERE status = 'HANDED_OVER'", old)
        await centre.pool.execute("UPDATE reminder_send SET reminder_id = $1", old)
    finally:
        await centre.pool.execute(
            "ALTER TABLE reminder_send ADD FOREIGN KEY (reminder_id) REFERENCES reminder (id) ON DELETE RESTRICT"
        )
    for days, left in ((89, 2), (91, 1)):
        async with unit_of_work(centre.pool, at=EIGHT + timedelta(days=days), by=None) as work:
            await reminder_sends.forget(work)
        assert len(await rows(centre, "SELECT id FROM reminder")) == left
    assert await rows(centre, "SELECT subject_id FROM reminder") == [(ahead,)]
    assert await rows(centre, "SELECT count(*) FROM reminder_try") == [(0,)]
