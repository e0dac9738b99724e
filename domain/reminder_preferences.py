"""How somebody wants to be reminded, and on which clock: their own matter alone."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from uuid import UUID

from domain import reminders
from domain.access import Actor
from domain.errors import BadInput
from domain.kinds import Channel
from domain.notice_words import LANGUAGES
from domain.ports import Connection
from domain.rules.reminder_times import APPOINTMENT_LEAD_MINUTES, LONGEST_LEAD_MINUTES, MOST_LEADS
from domain.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Preferences:
    """How somebody wants to be reminded; the defaults hold until something is said."""

    channels: Sequence[Channel] = tuple(Channel)
    quiet_from: time | None = None
    quiet_until: time | None = None
    appointment_lead_minutes: Sequence[int] = APPOINTMENT_LEAD_MINUTES
    locale: str | None = None
    shows_details: bool = False

    def check(self) -> None:
        """Refuse what nobody can keep.

        Raises:
            BadInput: a value cannot be.
        """
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise BadInput("quietFrom, quietUntil: give both or none.")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise BadInput("quietFrom, quietUntil: give two different times.")
        leads = self.appointment_lead_minutes
        if len(leads) > MOST_LEADS or not all(1 <= one <= LONGEST_LEAD_MINUTES for one in leads):
            raise BadInput(
                f"appointmentLeadMinutes: give at most {MOST_LEADS} numbers of minutes, 1 to {LONGEST_LEAD_MINUTES}."
            )
        if self.locale is not None and self.locale.partition("-")[0].lower() not in LANGUAGES:
            raise BadInput(f"locale: there are {', '.join(LANGUAGES)}.")


async def preferences_of(connection: Connection, account_id: UUID) -> Preferences:
    """What an account has said, else the defaults."""
    row = await connection.fetchrow("SELECT * FROM reminder_preferences WHERE account_id = $1", account_id)
    if row is None:
        return Preferences()
    return Preferences(
        [Channel(one) for one in row["channels"]],
        row["quiet_from"],
        row["quiet_until"],
        row["appointment_lead_minutes"],
        row["locale"],
        row["shows_details"],
    )


async def set_preferences(work: UnitOfWork, by: Actor, wanted: Preferences) -> None:
    """Remind the caller like this from now on; what is planned moves with it.

    Raises:
        BadInput: a value cannot be.
    """
    wanted.check()
    await work.connection.execute(
        "INSERT INTO reminder_preferences (account_id, channels, quiet_from, quiet_until, appointment_lead_minutes,"
        " locale, shows_details, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id) DO UPDATE"
        " SET channels = excluded.channels, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,"
        " appointment_lead_minutes = excluded.appointment_lead_minutes, locale = excluded.locale,"
        " shows_details = excluded.shows_details, set_at = excluded.set_at",
        by.account_id,
        [*dict.fromkeys(wanted.channels)],
        wanted.quiet_from,
        wanted.quiet_until,
        [*dict.fromkeys(wanted.appointment_lead_minutes)],
        wanted.locale,
        wanted.shows_details,
        work.at,
    )
    if by.patient_id is not None:
        await reminders.plan_again(work, by.patient_id)
    work.audit("setReminderPreferences", patient_id=by.patient_id, subject_id=by.account_id)


async def set_time_zone(work: UnitOfWork, by: Actor, time_zone: str) -> None:
    """The patient lives in this zone from now on: what hangs on the wall clock moves, what has gone out stays so.

    Raises:
        BadInput: there is no such zone.
    """
    assert by.patient_id is not None, "a patient has a record"
    if time_zone not in zoneinfo.available_timezones():
        raise BadInput("timeZone: name a zone such as Europe/Rome.")
    await work.connection.execute("UPDATE patient SET time_zone = $2 WHERE id = $1", by.patient_id, time_zone)
    await reminders.plan_again(work, by.patient_id)
    work.audit("setTimeZone", patient_id=by.patient_id)
