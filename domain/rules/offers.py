"""How long a slot that came free is held for one on the waiting list before it goes to the next."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.rules.slots import instant

# Long enough to be seen and answered, short enough for the next one.
HELD_FOR = timedelta(hours=1)
# What begins sooner is for whoever books it.
OFFERED_BEFORE = timedelta(hours=2)
# By the patient's clock: at night nobody looks, and all who wait would be passed over by morning.
DAY_BEGINS, DAY_ENDS = time(8), time(20)


def answer_by(at: datetime, zone: ZoneInfo, starts_at: datetime) -> datetime:
    """Until when an offer made at `at` is held: an hour, at night an hour of the next morning.

    Where the slot begins too soon after that, the night does not count.
    """
    local = at.astimezone(zone)
    ends = at + HELD_FOR
    if not DAY_BEGINS <= local.time() < DAY_ENDS:
        day = local.date() + timedelta(days=local.time() >= DAY_ENDS)
        morning = instant(datetime.combine(day, DAY_BEGINS), zone) + HELD_FOR
        ends = morning if starts_at - morning >= OFFERED_BEFORE - HELD_FOR else ends
    return ends
