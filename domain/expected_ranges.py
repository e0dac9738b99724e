"""What the next reading of a series is expected to be at some moment, by what the analysis remembers."""

from datetime import datetime, timedelta
from math import sqrt
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.vital_filter import COSINES, LONGEST_EFFECT_DAYS, MINUTES_A_DAY, SINES, STRAYS_BELIEVED, foresee
from analytics.vital_findings import FEWEST_READINGS, NORMAL_95
from analytics.vital_online import Memory
from domain import filter_memories
from domain.kinds import Measure
from domain.ports import Connection
from domain.vital_filters import EPOCH

_MINUTE = timedelta(minutes=1)


async def expected_range(
    connection: Connection, patient_id: UUID, measure: Measure, at: datetime
) -> tuple[float, float] | None:
    """The 95 % range of a reading at that moment; nothing where the series is too young to tell."""
    row = await connection.fetchrow(
        "SELECT memory, version, time_zone FROM vital_filter JOIN patient ON patient.id = patient_id"
        " WHERE patient_id = $1 AND measure = $2::text::measure AND readings >= $3",
        patient_id,
        measure.value,
        FEWEST_READINGS,
    )
    if row is None or row["version"] != filter_memories.version_of(measure):
        return None
    local = at.astimezone(ZoneInfo(row["time_zone"]))
    return _range(filter_memories.from_bytes(row["memory"]), measure, (at - EPOCH) // _MINUTE, local)


def _range(memory: Memory, measure: Measure, minute: int, local: datetime) -> tuple[float, float]:
    fixed, kept = filter_memories.watch_of(measure).constants, memory.filter
    elapsed = max(minute - memory.sums.minute, 0)
    days, rest = divmod(elapsed, MINUTES_A_DAY)
    decay = fixed.day_powers[min(days, LONGEST_EFFECT_DAYS)] * fixed.minute_powers[rest]
    settling = fixed.settling if abs(kept.strays) == STRAYS_BELIEVED else 0.0
    clock = local.hour * 60 + local.minute
    _, _, mean, variance = foresee(
        kept.state, elapsed * fixed.wander + settling, decay, COSINES[clock], SINES[clock], fixed
    )
    half = NORMAL_95 * sqrt(variance * kept.square_sum / kept.weight_sum)
    return mean - half, mean + half
