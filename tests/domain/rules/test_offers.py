"""How long an offer is held, by the clock of whoever it is made to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.rules.offers import answer_by

FAR = "2026-12-24 10:00"


@pytest.mark.parametrize(
    ("made", "starts", "until"),
    [
        ("2026-11-25 08:00", FAR, "2026-11-25 09:00"),
        ("2026-11-25 19:59", FAR, "2026-11-25 20:59"),
        # In the evening and at night the hour begins in the morning.
        ("2026-11-25 20:00", FAR, "2026-11-26 09:00"),
        ("2026-11-26 03:00", FAR, "2026-11-26 09:00"),
        ("2026-11-26 07:59", FAR, "2026-11-26 09:00"),
        # The morning of the day on which the clocks were set back.
        ("2026-10-24 23:30", FAR, "2026-10-25 09:00"),
        # Where that would leave less than an hour, the night does not count.
        ("2026-11-25 23:00", "2026-11-26 10:00", "2026-11-26 09:00"),
        ("2026-11-25 23:00", "2026-11-26 09:59", "2026-11-26 00:00"),
    ],
)
def test_an_offer_is_held_for_an_hour_of_the_day(made: str, starts: str, until: str) -> None:
    rome = ZoneInfo("Europe/Rome")
    at, begin, end = (datetime.fromisoformat(one).replace(tzinfo=rome).astimezone(UTC) for one in (made, starts, until))
    assert answer_by(at, rome, begin) == end
