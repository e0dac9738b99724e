"""`needs(roles)`: makes a resolver a guarded, described field; `loads(roles)` the same for many objects at once."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import aclosing
from typing import Any, get_args

import strawberry
from strawberry.dataloader import DataLoader

from domain.access import Newcomer
from domain.errors import Forbidden
from domain.kinds import Role
from schema.execution.plans import FOR_ALL, LOADED

GUARD = "needs"


def _check(info: Any, roles: Sequence[Role]) -> None:
    if info.context.actor.role not in roles:
        raise Forbidden("Your role may not use this field.")


def needs(*roles: Role, subscription: bool = False, newcomers: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """A field that only `roles` may ask for; its description is the resolver's docstring.

    `newcomers` lets those in too whose token holds but who have no account yet.
    """

    def decorate(resolver: Callable[..., Any]) -> Any:
        def check(info: Any) -> None:
            if not (newcomers and isinstance(info.context.caller, Newcomer)):
                _check(info, roles)

        if subscription:

            @functools.wraps(resolver)
            async def guarded_feed(*args: Any, **kwargs: Any) -> Any:
                check(kwargs["info"])
                async with aclosing(resolver(*args, **kwargs)) as items:
                    async for item in items:
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


def loads(*roles: Role, key: Callable[[Any], Hashable], for_all: bool = False) -> Callable[[Any], Any]:
    """A field that is loaded for all objects of an answer's level at once, however many there are.

    It decorates a static method `async (keys, info, …arguments) -> list` that gives one value for each key, in their
    order; an exception among them is the error of that one. `key` takes an object's key from it; without one (None)
    the value is null. Its annotation is that of the list; the field has the type of one. `for_all` says that everybody
    of one role who may see the object gets the same, and that no audit entry is due for it: an event's is made once.
    """

    def decorate(method: Any) -> Any:
        load: Callable[..., Awaitable[Sequence[Any]]] = method.__func__

        async def loaded(sources: Sequence[Any], info: Any, **arguments: Any) -> list[Any]:
            _check(info, roles)
            keys = [key(source) for source in sources]
            wanted = [*dict.fromkeys(one for one in keys if one is not None)]
            found = dict(zip(wanted, await load(wanted, info, **arguments), strict=True)) if wanted else {}
            return [None if one is None else found[one] for one in keys]

        async def loaded_one(self: Any, info: Any, **arguments: Any) -> Any:
            # Only where graphql-core asks object by object, and then still with one statement for all of them.
            name = f"{load.__qualname__} {arguments}"
            loader = info.context.loaders.get(name)
            if loader is None:
                loader = DataLoader(load_fn=functools.partial(loaded, info=info, **arguments), cache=False)
                info.context.loaders[name] = loader
            return await loader.load(self)

        _, about, *others = inspect.signature(load).parameters.values()
        (of_one,) = get_args(inspect.signature(load).return_annotation)
        myself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        loaded_one.__signature__ = inspect.Signature(  # type: ignore[attr-defined] # Strawberry reads it
            [myself, about, *others], return_annotation=of_one
        )
        loaded_one.__module__, loaded_one.__name__ = load.__module__, load.__name__
        return strawberry.field(
            resolver=loaded_one,
            description=inspect.cleandoc(load.__doc__ or ""),
            metadata={GUARD: frozenset(roles), LOADED: loaded, FOR_ALL: for_all},
        )

    return decorate
