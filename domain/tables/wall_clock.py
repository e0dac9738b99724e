"""A moment on somebody's wall clock, wherever that hangs: what is to happen at eight happens at eight on a journey."""

from datetime import datetime

from tortoise import fields


class WallClockField(fields.Field[datetime], datetime):
    """Day and time without a zone."""

    SQL_TYPE = "TIMESTAMP"
