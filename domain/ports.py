"""The outside world as the domain sees it: a few methods each."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from domain.kinds import Channel
from domain.notices import ContactPoint, Notice

if TYPE_CHECKING:
    from domain.access import Actor
    from domain.doctor_reports import DoctorReport
    from domain.feeds import Cursor, Delivery, Topic
    from domain.trend_charts import PictureFormat, TrendChart
    from domain.video_calls import CallPass


class Connection(Protocol):
    """One PostgreSQL connection inside a transaction (the shape that asyncpg gives)."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Mapping[str, Any]]: ...

    async def fetchrow(self, query: str, *args: Any) -> Mapping[str, Any] | None: ...

    async def fetchval(self, query: str, *args: Any) -> Any: ...

    async def execute(self, query: str, *args: Any) -> str: ...

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[Any]], columns: Sequence[str]
    ) -> str: ...


class ObjectStore(Protocol):
    """Bytes by key; raises `domain.errors.Unavailable` when the store is away."""

    async def prepare(self) -> None: ...

    async def put(self, key: str, data: bytes, content_type: str) -> None: ...

    async def get(self, key: str, limit_bytes: int) -> bytes | None: ...

    async def size(self, key: str) -> int | None: ...

    async def copy(self, source: str, target: str) -> bool: ...

    async def written_before(self, prefix: str, at: datetime, most: int) -> Sequence[str]: ...

    async def delete(self, key: str) -> None: ...

    def upload_url(self, key: str, lifetime: timedelta) -> str: ...

    def download_url(self, key: str, lifetime: timedelta) -> str: ...


class Charts(Protocol):
    """Makes pictures of charts."""

    async def picture_url(self, chart: "TrendChart", picture_format: "PictureFormat", width: int) -> str: ...

    async def report_url(self, report: "DoctorReport") -> str: ...


class Queue(Protocol):
    """Carries nudges; losing one costs seconds, because the relay nudges again."""

    async def nudge(self, items: Sequence[tuple[UUID, int]], *, announce: bool = False) -> None: ...

    async def announce(self) -> None: ...


class VideoRooms(Protocol):
    """Where calls are held; the address carries all that its holder needs, so it is shown to them alone."""

    def join_url(self, entry: "CallPass") -> str: ...


class Messenger(Protocol):
    """Carries notices by one channel; raises `domain.notices.Refused` or `PutOff` when it could not."""

    def accepts(self, address: str) -> bool: ...

    async def send(self, notice: Notice, to: ContactPoint) -> None: ...


class Messengers(Protocol):
    """The channels that are open; `web_push_key` is what browsers subscribe with."""

    @property
    def web_push_key(self) -> str | None: ...

    def get(self, channel: Channel, /) -> Messenger | None: ...


class Events(Protocol):
    """What happens, to those who follow it and may see it: each event once, in order, audited before it is given."""

    def follow(self, by: "Actor", topic: "Topic", after: "Cursor | None") -> AsyncGenerator["Delivery"]: ...
