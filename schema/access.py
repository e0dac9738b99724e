"""`needs(roles)`: makes a resolver a guarded, described field."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import strawberry

from domain.access import Newcomer
from domain.errors import Forbidden
from domain.kinds import Role

GUARD = "needs"


def needs(*roles: Role, subscription: bool = False, newcomers: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """A field that only `roles` may ask for; its description is the resolver's docstring.

    `newcomers` lets those in too whose token holds but who have no account yet.
    """

    def decorate(resolver: Callable[..., Any]) -> Any:
        def check(info: Any) -> None:
            if newcomers and isinstance(info.context.caller, Newcomer):
                return
            if info.context.actor.role not in roles:
                raise Forbidden("Your role may not use this field.")

        if subscription:

            @functools.wraps(resolver)
            async def guarded_feed(*args: Any, **kwargs: Any) -> Any:
                check(kwargs["info"])
                async for item in resolver(*args, **kwargs):
                    yield item

            guarded: Any = guarded_feed
            make = strawberry.subscription
        else:

            @functools.wraps(resolver)
            async def guarded_value(*args: Any, **kwargs: Any) -> Any:
                check(kwargs["info"])
                return await resolver(*args, **kwargs)

            guarded = guarded_value
            make = strawberry.field
        return make(
            resolver=guarded,
            description=inspect.cleandoc(resolver.__doc__ or ""),
            metadata={GUARD: frozenset(roles)},
        )

    return decorate
