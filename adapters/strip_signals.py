"""Stored signals, read where they are asked for."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from adapters.strip_signal import read_signal
from domain.ports import ObjectStore

# Ten minutes of many leads in FLAC; far more than any strip that was let in comes to.
MOST_BYTES = 16 * 2**20


class StoredSignals:
    """`domain.strip_signals.Signals` over the object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def counts(
        self, key: str, lead: int, leads: int, first: int, last: int
    ) -> tuple[int, NDArray[np.int16]] | None:
        """How long each lead is and the counts of one from `first` to before `last`; None where there is no object."""
        file = await self._store.get(key, MOST_BYTES)
        if file is None:
            return None
        return await asyncio.to_thread(read_signal, file, lead, leads, first, last)
