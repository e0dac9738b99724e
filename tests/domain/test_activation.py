"""A code works once, for one person, for two weeks; guessing it is counted whatever else is undone."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain import activation, activation_codes, invitations
from domain.access import Actor, Newcomer
from domain.activation import MISTYPED, REFUSED
from domain.errors import BadInput, Conflict, DomainError, RateLimited
from domain.kinds import Role
from domain.unit_of_work import unit_of_work
from tests.joining import activated, everything, invited, newcomer
from tests.people import People


def another() -> str:
    """A well-formed code that nobody issued."""
    return activation_codes.grouped(activation_codes.draw())


async def outcome(runtime: Runtime, by: Newcomer, code: str) -> str:
    """The role that came of it, or the code and sentence of the refusal."""
    try:
        return (await activated(runtime, by, code)).role
    except DomainError as refused:
        return f"{refused.code} {refused.sentence}"


async def test_a_code_makes_the_account_of_its_patient(runtime: Runtime, people: People) -> None:
    admin = people.actors[Role.ADMIN]
    patient_id, code = await invited(runtime, admin)
    actor = await activated(runtime, newcomer(), code.lower().replace("-", " "))
    assert (actor.role, actor.patient_id, actor.organisation_id) == (Role.PATIENT, patient_id, admin.organisation_id)
    async with runtime.pool.acquire() as connection:
        assert await activation.caller_of(connection, newcomer().issuer, newcomer().subject) == actor
    audited = await runtime.pool.fetch(
        "SELECT actor_id, role, action FROM audit_entry WHERE patient_id = $1 ORDER BY at, id", patient_id
    )
    assert [tuple(row) for row in audited] == [
        (admin.account_id, "ADMIN", "invitePatient"),
        (admin.account_id, "ADMIN", "issueActivationCode"),
        (actor.account_id, "PATIENT", "activate"),
    ]
    assert await runtime.pool.fetchval("SELECT count(*) FROM activation_try") == 0


async def test_the_code_is_nowhere_in_the_database(runtime: Runtime, people: People) -> None:
    _, code = await invited(runtime, people.actors[Role.ADMIN])
    await activated(runtime, newcomer(), code)
    text = str(await everything(runtime))
    assert code not in text
    assert code.replace("-", "") not in text


async def test_wrong_expired_revoked_and_used_codes_look_the_same_and_change_nothing(
    runtime: Runtime, people: People
) -> None:
    admin = people.actors[Role.ADMIN]
    _, used = await invited(runtime, admin)
    await activated(runtime, newcomer("first"), used)
    revoked_id, revoked = await invited(runtime, admin)
    async with runtime.unit_of_work(admin) as work:
        await invitations.issue(work, admin, uuid4(), revoked_id)
    expired_id, expired = await invited(runtime, admin)
    await runtime.pool.execute(
        "UPDATE activation_code SET expires_at = $2 WHERE patient_id = $1", expired_id, runtime.now()
    )
    before = await everything(runtime, "activation_try")
    answers = [await outcome(runtime, newcomer(), code) for code in (another(), used, revoked, expired)]
    assert set(answers) == {f"BAD_USER_INPUT {REFUSED}"}
    assert await outcome(runtime, newcomer(), "0000-0000-0000-0001") == f"BAD_USER_INPUT {MISTYPED}"
    assert await everything(runtime, "activation_try") == before
    assert await runtime.pool.fetchval("SELECT count(*) FROM activation_try") == 5


async def test_a_code_works_until_the_moment_it_expires(runtime: Runtime, people: People) -> None:
    admin = people.actors[Role.ADMIN]
    codes = [(await invited(runtime, admin))[1] for _ in range(2)]
    ends = await runtime.pool.fetch("SELECT expires_at, issued_at FROM activation_code ORDER BY issued_at")
    assert [row["expires_at"] - row["issued_at"] for row in ends] == [timedelta(days=14)] * 2

    async def try_at(by: Newcomer, code: str, moment: int) -> Actor:
        at = ends[moment]["expires_at"] - timedelta(microseconds=1 - moment)
        async with unit_of_work(runtime.pool, at=at, by=None) as work:
            this_try = await activation.begin_try(work, by)
        async with unit_of_work(runtime.pool, at=at, by=None) as work:
            return await activation.activate(work, by, this_try, code)

    assert (await try_at(newcomer("just-in-time"), codes[0], 0)).role is Role.PATIENT
    with pytest.raises(BadInput):
        await try_at(newcomer("too-late"), codes[1], 1)


async def test_the_same_person_gets_the_first_answer_again(runtime: Runtime, people: People) -> None:
    _, code = await invited(runtime, people.actors[Role.ADMIN])
    first = await activated(runtime, newcomer(), code)
    before = await everything(runtime)
    # A request that was authenticated before the first one was committed.
    assert await activated(runtime, newcomer(), code) == first
    async with runtime.unit_of_work(first) as work:
        assert await activation.activate_again(work, first, code) == first
    for other in (another(), "nonsense", (await invited(runtime, people.actors[Role.ADMIN]))[1]):
        with pytest.raises(Conflict, match="You have an account already"):
            async with runtime.unit_of_work(first) as work:
                await activation.activate_again(work, first, other)
    after = await everything(runtime)
    assert (after["account"], after["activation_try"]) == (before["account"], before["activation_try"])


async def test_of_many_activations_at_once_one_wins(runtime: Runtime, people: People) -> None:
    patient_id, code = await invited(runtime, people.actors[Role.ADMIN])
    crowd = [newcomer(f"crowd-{number}") for number in range(12)]
    answers = Counter(await asyncio.gather(*(outcome(runtime, one, code) for one in crowd)))
    assert answers == {"PATIENT": 1, f"BAD_USER_INPUT {REFUSED}": 11}
    assert await runtime.pool.fetchval("SELECT count(*) FROM account WHERE patient_id = $1", patient_id) == 1
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'activate'") == 1


async def test_one_person_with_two_codes_at_once_gets_one_account(runtime: Runtime, people: People) -> None:
    codes = [(await invited(runtime, people.actors[Role.ADMIN]))[1] for _ in range(4)]
    answers = Counter(await asyncio.gather(*(outcome(runtime, newcomer(), code) for code in codes)))
    assert answers == {"PATIENT": 1, "CONFLICT You have an account already.": 3}
    assert await runtime.pool.fetchval("SELECT count(*) FROM activation_code WHERE used_at IS NOT NULL") == 1


async def test_issuing_and_activating_at_once_never_leaves_a_living_code_for_an_account(
    runtime: Runtime, people: People
) -> None:
    admin = people.actors[Role.ADMIN]
    pairs = [await invited(runtime, admin) for _ in range(8)]

    async def issue(patient_id: object) -> None:
        try:
            async with runtime.unit_of_work(admin) as work:
                await invitations.issue(work, admin, uuid4(), patient_id)  # type: ignore[arg-type]
        except Conflict:
            pass

    await asyncio.gather(
        *(
            each
            for number, (patient_id, code) in enumerate(pairs)
            for each in (outcome(runtime, newcomer(f"racer-{number}"), code), issue(patient_id), issue(patient_id))
        )
    )
    assert (
        await runtime.pool.fetchval(
            "SELECT count(*) FROM activation_code AS code JOIN account ON account.patient_id = code.patient_id"
            " WHERE code.used_at IS NULL AND code.revoked_at IS NULL AND account.role = 'PATIENT'"
        )
        == 0
    )


async def test_a_hundred_guesses_at_once_are_five(runtime: Runtime, people: People) -> None:
    _, right = await invited(runtime, people.actors[Role.ADMIN])
    answers = Counter(await asyncio.gather(*(outcome(runtime, newcomer(), another()) for _ in range(100))))
    assert {answer.partition(" ")[0]: count for answer, count in answers.items()} == {
        "BAD_USER_INPUT": 5,
        "RATE_LIMITED": 95,
    }
    before = await everything(runtime)
    with pytest.raises(RateLimited) as refused:
        await activated(runtime, newcomer(), right)
    wait = refused.value.details["retryAfterSeconds"]
    assert isinstance(wait, int)
    assert 3000 < wait <= 3601
    assert await everything(runtime) == before
    # Someone else is not held up, nor is the same subject of another issuer.
    assert await outcome(runtime, Newcomer("http://other", "new-1"), another()) == f"BAD_USER_INPUT {REFUSED}"
    assert await outcome(runtime, newcomer("new-2"), right) == "PATIENT"


async def test_a_try_counts_for_one_hour(runtime: Runtime, people: People) -> None:
    by, start = newcomer(), runtime.now()

    async def try_at(minutes: float) -> None:
        async with unit_of_work(runtime.pool, at=start + timedelta(minutes=minutes), by=None) as work:
            await activation.begin_try(work, by)

    for minutes in (0, 10, 20, 30, 40):
        await try_at(minutes)
    with pytest.raises(RateLimited) as refused:
        await try_at(59)
    assert refused.value.details == {"retryAfterSeconds": 61}
    await try_at(60)
    with pytest.raises(RateLimited):
        await try_at(61)
    assert await runtime.pool.fetchval("SELECT count(*) FROM activation_try") == 5


async def test_right_codes_are_not_counted(runtime: Runtime, people: People) -> None:
    for _ in range(4):
        await outcome(runtime, newcomer(), another())
    _, code = await invited(runtime, people.actors[Role.ADMIN])
    for _ in range(7):
        assert await outcome(runtime, newcomer(), code) == "PATIENT"
    assert await runtime.pool.fetchval("SELECT count(*) FROM activation_try") == 4


async def test_who_a_token_speaks_for(runtime: Runtime, people: People) -> None:
    clinician = people.actors[Role.CLINICIAN]
    async with runtime.pool.acquire() as connection:
        issuer = newcomer().issuer
        assert await activation.caller_of(connection, issuer, "test-clinician") == clinician
        assert await activation.caller_of(connection, issuer, "unknown") == Newcomer(issuer, "unknown")
        assert await activation.caller_of(connection, "http://other", "test-clinician") == Newcomer(
            "http://other", "test-clinician"
        )
        await connection.execute("UPDATE account SET ended_at = now() WHERE id = $1", clinician.account_id)
        for nobody in ("test-clinician", "", "x" * 201, "a\0b", "\ud800"):
            assert await activation.caller_of(connection, issuer, nobody) is None
