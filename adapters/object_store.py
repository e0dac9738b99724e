"""The S3 object store through the minio SDK, in threads of its own."""

import asyncio
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import MinioException, S3Error

from domain.errors import Unavailable

T = TypeVar("T")

THREADS = 16
REGION = "us-east-1"
FIRST_SERVER_ERROR = 500
MISSING = {"NoSuchKey", "NoSuchObject"}
AWAY = "The object store is away for a moment; please try again."


class S3ObjectStore:
    """`domain.ports.ObjectStore` on any S3 server."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str, bucket: str) -> None:
        url = urlsplit(endpoint)
        self._bucket = bucket
        self._threads = ThreadPoolExecutor(THREADS, "object-store")
        self._client = Minio(
            url.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=url.scheme == "https",
            region=REGION,
            http_client=urllib3.PoolManager(
                maxsize=THREADS,
                # A store that hangs must be told within the 5 s that an operation has, so it is not asked again.
                timeout=urllib3.Timeout(connect=1, read=3),
                retries=urllib3.Retry(total=1, read=False, backoff_factor=0.1),
            ),
        )

    async def _call(self, call: "partial[T]") -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except S3Error as refused:
            if refused.response.status < FIRST_SERVER_ERROR:
                raise
            raise Unavailable(AWAY) from refused
        except (urllib3.exceptions.HTTPError, OSError, MinioException) as away:
            raise Unavailable(AWAY) from away

    async def prepare(self) -> None:
        """Make the bucket if it is missing."""
        if not await self._call(partial(self._client.bucket_exists, self._bucket)):
            await self._call(partial(self._client.make_bucket, self._bucket))

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await self._call(
            partial(
                self._client.put_object,
                self._bucket,
                key,
                io.BytesIO(data),
                len(data),
                content_type=content_type,
            )
        )

    def _get(self, key: str, limit_bytes: int) -> bytes:
        response = self._client.get_object(self._bucket, key)
        try:
            return bytes(response.read(limit_bytes + 1))
        finally:
            response.close()
            response.release_conn()

    async def get(self, key: str, limit_bytes: int) -> bytes | None:
        """The object's bytes, or at most one more than the limit; `None` when there is no such object."""
        try:
            return await self._call(partial(self._get, key, limit_bytes))
        except S3Error as refused:
            if refused.code in MISSING:
                return None
            raise

    async def size(self, key: str) -> int | None:
        """How many bytes the object has; `None` when there is no such object."""
        try:
            found = await self._call(partial(self._client.stat_object, self._bucket, key))
        except S3Error as refused:
            if refused.code in MISSING:
                return None
            raise
        return int(found.size or 0)

    async def copy(self, source: str, target: str) -> bool:
        """Copy on the server; `False` when there is no source."""
        try:
            await self._call(partial(self._client.copy_object, self._bucket, target, CopySource(self._bucket, source)))
        except S3Error as refused:
            if refused.code in MISSING:
                return False
            raise
        return True

    def _written_before(self, prefix: str, at: datetime, most: int) -> list[str]:
        listed = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
        old = (str(one.object_name) for one in listed if one.last_modified is not None and one.last_modified < at)
        return list(islice(old, most))

    async def written_before(self, prefix: str, at: datetime, most: int) -> Sequence[str]:
        """At most `most` keys that begin with `prefix` and were last written before `at`."""
        return await self._call(partial(self._written_before, prefix, at, most))

    async def delete(self, key: str) -> None:
        """Delete the object; one that is not there is deleted already."""
        await self._call(partial(self._client.remove_object, self._bucket, key))

    def upload_url(self, key: str, lifetime: timedelta) -> str:
        return str(self._client.presigned_put_object(self._bucket, key, expires=lifetime))

    def download_url(self, key: str, lifetime: timedelta) -> str:
        return str(self._client.presigned_get_object(self._bucket, key, expires=lifetime))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
