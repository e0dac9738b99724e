"""When two readings are the same one: same patient, kind, instant and value, to the digit that a device shows."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

# A UUID as asyncpg gives and takes it; Python's own takes longer to make than all the rest of an id.
from asyncpg.pgproto import pgproto

from domain.kinds import ReadingSource, VitalKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Another app may have converted the value to pounds or Fahrenheit and back; a device shows no more than this.
_TENTHS = (VitalKind.WEIGHT, VitalKind.BODY_TEMPERATURE)
# Whose word shows where two sent the same reading: the device itself, then a person, then a file.
PRIORITY: Mapping[ReadingSource, int] = {
    ReadingSource.DEVICE: 0,
    ReadingSource.CORRECTION: 1,
    ReadingSource.MANUAL: 2,
    ReadingSource.IMPORT: 3,
}


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)


def reading_id(patient_id: UUID, kind: VitalKind, measured_at: datetime, value: float, diastolic: float | None) -> UUID:
    """The id of a reading, made of what it says; the migration of readings makes the same in SQL."""
    micros = (measured_at - _EPOCH) // _MICROSECOND
    scaled = _rounded(value * 10 if kind in _TENTHS else value)
    lower = "" if diastolic is None else _rounded(diastolic)
    said = f"{patient_id}/{kind}/{micros}/{scaled}/{lower}"
    found: UUID = pgproto.UUID(hashlib.md5(said.encode(), usedforsecurity=False).digest())
    return found
