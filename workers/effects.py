"""What a handler gives back: the write, to be made in the transaction that ends the item."""

from collections.abc import Awaitable, Callable

from domain.unit_of_work import UnitOfWork

Effect = Callable[[UnitOfWork], Awaitable[None]]


async def no_effect(_: UnitOfWork) -> None:
    """Nothing to write."""
