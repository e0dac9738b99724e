"""What happens at set times, in UTC. A run that was missed is not made up, so nothing may depend on a single one."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from arq import cron
from arq.cron import CronJob
from arq.typing import WorkerCoroutine

from adapters.runtime import Runtime
from domain import (
    alert_life,
    clock_changes,
    escalations,
    lapse_alerts,
    reminder_sends,
    silences,
    strips,
    task_reminders,
    trend_charts,
    waiting_list,
    worklist,
)
from domain.errors import Unavailable
from domain.unit_of_work import UnitOfWork, lone_connection

log = logging.getLogger("cuore.workers")


async def _exhaust(runtime: Runtime, step: Callable[[UnitOfWork], Awaitable[object]]) -> None:
    """Take a step again and again, each in a transaction of its own, until it finds nothing more."""
    has_more = True
    while has_more:
        async with runtime.unit_of_work() as work:
            has_more = bool(await step(work))


async def sweep_incoming(runtime: Runtime) -> None:
    """Delete uploads that were copied or never confirmed, and pictures whose links have ended."""
    await strips.sweep_incoming(runtime.store, runtime.now())
    await trend_charts.sweep(runtime.store, runtime.now())


async def make_partitions(runtime: Runtime) -> None:
    """Make the partitions of readings for this year and the next two."""
    async with lone_connection(runtime.pool) as connection:
        await connection.execute("SELECT make_reading_partitions($1)", runtime.now().year + 2)


async def let_alerts_go_on(runtime: Runtime) -> None:
    """Open alerts whose snooze has ended, and take the steps that are due of those that nobody acknowledges."""
    await _exhaust(runtime, alert_life.wake)
    await _exhaust(runtime, escalations.escalate)


async def pass_on_offers(runtime: Runtime) -> None:
    """Offer slots whose offers have ended to the next who wait."""
    async with lone_connection(runtime.pool) as connection:
        ended = await waiting_list.ended_offers(connection, runtime.now())
    for one in ended:
        async with runtime.unit_of_work() as work:
            await waiting_list.pass_on(work, one)


async def keep_on_the_clock(runtime: Runtime) -> None:
    """Keep appointments at their time on the clock where the law on a zone has changed."""
    async with lone_connection(runtime.pool) as connection:
        affected = await clock_changes.affected(connection, runtime.now())
    for one in affected:
        async with runtime.unit_of_work() as work:
            if not await clock_changes.keep_on_the_clock(work, one):
                log.warning("appointment %s could not be kept at its time on the clock", one)


async def tell_silences(runtime: Runtime) -> None:
    """Tell of patients who measured regularly and have fallen silent."""
    await _exhaust(runtime, silences.tell)


async def note_medication_lapses(runtime: Runtime) -> None:
    """Keep for the worklist who does not take their medicines as planned."""
    last = None
    while True:
        async with runtime.unit_of_work() as work:
            some = await worklist.patients_behind(work.connection, last)
            if not some:
                return
            await worklist.note_lapses(work, some)
        last = some[-1]


async def tell_deep_lapses(runtime: Runtime) -> None:
    """Tell of patients who hardly take their medicines."""
    await _exhaust(runtime, lapse_alerts.tell)


async def plan_task_reminders(runtime: Runtime) -> None:
    """Plan the reminders of the tasks that are due soon."""
    async with lone_connection(runtime.pool) as connection:
        await task_reminders.plan(connection, runtime.now())


async def forget_old_reminders(runtime: Runtime) -> None:
    """Delete reminders that are long over."""
    await _exhaust(runtime, reminder_sends.forget)


def schedule(runtime: Runtime) -> Sequence[CronJob]:
    """The table of set times; of several workers one runs each."""
    return [
        # Readings need the partition of their year; two years ahead, so that nothing can come too early.
        _at(runtime, make_partitions, minute=41, hour=3, at_start=True),
        # An emergency escalates after minutes.
        _at(runtime, let_alerts_go_on, minute=None),
        # What is prescribed now may be due in some minutes.
        _at(runtime, plan_task_reminders, minute=set(range(2, 60, 5)), at_start=True),
        # A day's silence is no emergency.
        _at(runtime, tell_silences, minute=23, hour=4),
        # It counts days that are over, wherever midnight was.
        _at(runtime, note_medication_lapses, minute=29, hour={0, 6, 12, 18}),
        # Once a day, when what was noted last holds the whole day before in Europe.
        _at(runtime, tell_deep_lapses, minute=37, hour=6),
        # A day's reminders of everybody are a few hundred thousand rows.
        _at(runtime, forget_old_reminders, minute=11, hour=1),
        # Uploads that nobody needs any more fill the store; they are kept for a day, so once an hour is often enough.
        _at(runtime, sweep_incoming, minute=17),
        # An offer holds for an hour; a minute more does no harm.
        _at(runtime, pass_on_offers, minute=None),
        # The time zones' rules come with a release, so a worker that starts may know other ones than the last.
        _at(runtime, keep_on_the_clock, minute=53, hour=2, at_start=True),
    ]


def _at(
    runtime: Runtime,
    what: Callable[[Runtime], Awaitable[None]],
    *,
    minute: int | set[int] | None,
    hour: int | set[int] | None = None,
    at_start: bool = False,
) -> CronJob:
    async def run(_: dict[str, Any]) -> None:
        try:
            await what(runtime)
        except Unavailable as away:
            log.warning("%s waits for its next time: %s", what.__name__, type(away).__name__)
        except Exception as failure:  # noqa: BLE001 - arq would log the text, which may quote a patient's data
            log.error("%s: %s", what.__name__, type(failure).__name__, extra={"failure": failure})  # noqa: TRY400 - as above

    return cron(
        cast("WorkerCoroutine", run),
        name=what.__name__,
        hour=hour,
        minute=minute,
        run_at_startup=at_start,
        unique=True,
        keep_result=0,
    )
