"""Runs a plan: one level of the answer at a time, each field for all objects of the level together."""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from inspect import isawaitable
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any, Protocol

from graphql import FieldNode, GraphQLError, located_error
from graphql.execution.executor import Executor
from graphql.pyutils import is_iterable

from schema.execution.from_row import FromRow, Readers
from schema.execution.plans import Completion, FieldPlan, Leaf, Listed, Objects, Selection, TypeName

Path = tuple[str | int, ...]
# The place in the answer of the value with this number in a column; asked for only when something fails.
Where = Callable[[int], Path]
_NOTHING = type(None)


class Arguments(Protocol):
    """Gives the arguments of a field as its resolver takes them."""

    def of(self, field: FieldPlan) -> Mapping[str, Any]: ...


class ResolverInfo:
    """What a resolver is told of its operation: the context, and which fields are asked for below its own."""

    __slots__ = ("asked", "context")

    def __init__(self, context: Any, asked: frozenset[str]) -> None:
        self.context = context
        self.asked = asked


class Failed:
    """A place of the answer that has no value; the nearest place above that may be null becomes null."""

    __slots__ = ("error",)

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


class Run:
    """One execution of a plan; `errors` are those that a client is told.

    With `for_orjson` the data hold moments, days and arrays as they are, which only orjson can write.
    """

    def __init__(self, arguments: Arguments, context: Any, *, for_orjson: bool, serially: bool) -> None:
        self._serially = serially
        self._for_orjson = for_orjson
        self._arguments = arguments
        self._context = context
        self._has_failed = False
        self._nulled: list[tuple[Path, GraphQLError]] = []

    async def data(self, root: Selection, source: Any) -> dict[str, Any] | None:
        """The answer's data; where it is run serially, fields of the root are resolved one after the other."""
        (answer,) = await self._selection(root, [source], lambda _: (), serially=self._serially)
        if isinstance(answer, Failed):
            self._nulled.append(((), answer.error))
            return None
        return answer

    @property
    def errors(self) -> list[GraphQLError]:
        """Each error that made some place null, without those below a place that became null for another."""
        return [
            error
            for place, error in self._nulled
            if not any(
                error is not other and len(above) <= len(place) and place[: len(above)] == above
                for above, other in self._nulled
            )
        ]

    def _failure(self, failure: BaseException, nodes: list[FieldNode], path: Path) -> Failed:
        self._has_failed = True
        return Failed(located_error(failure, nodes, [*path]))  # type: ignore[arg-type]

    async def _selection(
        self, selection: Selection, sources: Sequence[Any], where: Where, *, serially: bool = False
    ) -> list[dict[str, Any] | Failed]:
        if not sources:
            return []
        columns = await self._columns(selection, Level(sources), where, serially=serially)
        if not columns:
            return [{} for _ in sources]
        if not self._has_failed:
            return [*map(selection.row, *columns)]
        return [
            next((value for value in row if isinstance(value, Failed)), None) or selection.row(*row)
            for row in zip(*columns, strict=True)
        ]

    async def _columns(
        self, selection: Selection, level: "Level", where: Where, *, serially: bool
    ) -> Sequence[list[Any]]:
        columns: dict[int, list[Any]] = {}
        for number, field in selection.at_hand.items():
            columns[number] = self._at_hand(field, level, where)
        if selection.may_wait and not serially:
            fields = selection.waited_for.values()
            waited: Iterable[list[Any]] = await asyncio.gather(*(self._field(one, level, where) for one in fields))
            columns.update(zip(selection.waited_for, waited, strict=True))
        else:
            for number, one in selection.waited_for.items():
                columns[number] = await self._field(one, level, where)
        return [columns[number] for number in range(len(columns))]

    def _at_hand(self, field: FieldPlan | TypeName, level: "Level", where: Where) -> list[Any]:
        """A column of leaves that are attributes."""
        if isinstance(field, TypeName):
            return [field.parent.name] * len(level.sources)
        assert field.attribute is not None
        assert isinstance(field.completion, Leaf)

        def place(number: int) -> Path:
            return (*where(number), field.response_name)

        return self._leaves(field, field.completion, self._attributes(field, field.attribute, level, place), place)

    async def _field(self, field: FieldPlan, level: "Level", where: Where) -> list[Any]:
        def place(number: int) -> Path:
            return (*where(number), field.response_name)

        if field.resolver is not None:
            values = await self._resolved(field, level.sources, place)
        elif field.attribute is not None:
            values = self._attributes(field, field.attribute, level, place)
        else:
            values = [*level.sources]
        return await self._complete(field, field.completion, values, place)

    def _attributes(self, field: FieldPlan, name: str, level: "Level", where: Where) -> list[Any]:
        read, rows = level.reader(name)
        try:
            return [*map(read, rows)]
        except Exception:  # noqa: BLE001 - found one by one below
            values: list[Any] = []
        for number, row in enumerate(rows):
            try:
                values.append(read(row))
            except Exception as failure:  # noqa: BLE001 - an error of this place alone
                values.append(self._failure(failure, field.nodes, where(number)))
        return values

    async def _resolved(self, field: FieldPlan, sources: Sequence[Any], where: Where) -> list[Any]:
        resolver = field.resolver
        assert resolver is not None
        try:
            arguments = {**self._arguments.of(field)}
        except Exception as failure:  # noqa: BLE001 - an error of every place of this field
            return [self._failure(failure, field.nodes, where(number)) for number in range(len(sources))]
        if resolver.info_name is not None:
            arguments[resolver.info_name] = ResolverInfo(self._context, field.asked)
        if resolver.takes_many:
            return await self._loaded(field, resolver.call(sources, **arguments), len(sources), where)
        values: list[Any] = []
        waiting: list[int] = []
        for number, source in enumerate(sources):
            try:
                value = resolver.call(source, **arguments) if resolver.takes_self else resolver.call(**arguments)
                if isawaitable(value):
                    waiting.append(number)
                values.append(value)
            except Exception as failure:  # noqa: BLE001 - an error of this place alone
                values.append(self._failure(failure, field.nodes, where(number)))
        for number, outcome in zip(waiting, await _outcomes([values[number] for number in waiting]), strict=True):
            is_failure = isinstance(outcome, BaseException)
            values[number] = self._failure(outcome, field.nodes, where(number)) if is_failure else outcome
        return values

    async def _loaded(
        self, field: FieldPlan, values_of_all: Awaitable[Sequence[Any]], count: int, where: Where
    ) -> list[Any]:
        try:
            values = [*await values_of_all]
        except Exception as failure:  # noqa: BLE001 - an error of every place of this field
            values = [failure] * count
        return [
            self._failure(value, field.nodes, where(number)) if isinstance(value, BaseException) else value
            for number, value in enumerate(values)
        ]

    async def _complete(self, field: FieldPlan, completion: Completion, values: list[Any], where: Where) -> list[Any]:
        if isinstance(completion, Leaf):
            return self._leaves(field, completion, values, where)
        if isinstance(completion, Listed):
            finished = await self._lists(field, completion.item, values, where)
        else:
            finished = await self._objects(field, completion, values, where)
        return self._settled(field, finished, where, nullable=completion.nullable)

    def _settled(self, field: FieldPlan, values: list[Any], where: Where, *, nullable: bool) -> list[Any]:
        """The column with failures made null where that may be, and nulls made failures where it may not."""
        if nullable:
            if self._has_failed:
                for number, value in enumerate(values):
                    if isinstance(value, Failed):
                        self._nulled.append((where(number), value.error))
                values = [None if isinstance(value, Failed) else value for value in values]
            return values
        if _NOTHING not in {*map(type, values)}:
            return values
        missing = TypeError(f"Cannot return null for non-nullable field {field.parent}.{field.name}.")
        return [
            self._failure(missing, field.nodes, where(number)) if value is None else value
            for number, value in enumerate(values)
        ]

    def _leaves(self, field: FieldPlan, leaf: Leaf, values: list[Any], where: Where) -> list[Any]:
        finished = (leaf.wire if self._for_orjson else leaf.quick)(values)
        if finished is not None:
            return finished
        finished = []
        for number, value in enumerate(values):
            if value is None or isinstance(value, Failed):
                finished.append(value)
                continue
            try:
                finished.append(Executor.complete_leaf_value(leaf.kind, value))
            except Exception as failure:  # noqa: BLE001 - an error of this place alone
                finished.append(self._failure(failure, field.nodes, where(number)))
        return self._settled(field, finished, where, nullable=leaf.nullable)

    async def _lists(self, field: FieldPlan, item: Completion, values: list[Any], where: Where) -> list[Any]:
        lists: list[Any] = []
        for number, value in enumerate(values):
            if type(value) is list or value is None or isinstance(value, Failed) or is_iterable(value):
                lists.append(value)
                continue
            wrong = GraphQLError(f"Expected Iterable, but did not find one for field '{field.parent}.{field.name}'.")
            lists.append(self._failure(wrong, field.nodes, where(number)))
        filled = [number for number, value in enumerate(lists) if value is not None and not isinstance(value, Failed)]
        parts = [[*lists[number]] for number in filled]
        ends = [*accumulate(map(len, parts))]

        def place(number: int) -> Path:
            part = bisect_right(ends, number)
            return (*where(filled[part]), number - (ends[part - 1] if part else 0))

        items = await self._complete(field, item, [*chain.from_iterable(parts)], place)
        begin = 0
        for number, end in zip(filled, ends, strict=True):
            part = items[begin:end]
            begin = end
            failed = next((one for one in part if isinstance(one, Failed)), None) if self._has_failed else None
            lists[number] = part if failed is None else failed
        return lists

    async def _objects(self, field: FieldPlan, objects: Objects, values: list[Any], where: Where) -> list[Any]:
        """Every object by its class; those of one class are completed together."""
        kinds = {*map(type, values)}
        if len(kinds) == 1 and (selection := _selection_of(objects, *kinds)) is not None:
            return await self._selection(selection, values, where)
        groups: dict[type, list[int]] = {}
        finished: list[Any] = [*values]
        for number, value in enumerate(values):
            if value is not None and not isinstance(value, Failed):
                groups.setdefault(type(value), []).append(number)
        for kind, numbers in groups.items():
            selection = _selection_of(objects, kind)
            if selection is not None:
                await self._group(selection, numbers, values, finished, where)
                continue
            wrong = GraphQLError(
                f"Abstract type '{objects.kind}' must resolve to an Object type at runtime"
                f" for field '{field.parent}.{field.name}'."
            )
            for number in numbers:
                finished[number] = self._failure(wrong, field.nodes, where(number))
        return finished

    async def _group(
        self, selection: Selection, numbers: Sequence[int], values: list[Any], finished: list[Any], where: Where
    ) -> None:
        rows = await self._selection(
            selection, [values[number] for number in numbers], lambda number: where(numbers[number])
        )
        for number, row in zip(numbers, rows, strict=True):
            finished[number] = row


def _selection_of(objects: Objects, kind: type) -> Selection | None:
    """What to select of objects of this class; of an object type the same, whatever the class that has its fields."""
    if kind is _NOTHING or kind is Failed:
        return None
    if objects.selection is not None:
        return objects.selection
    return next((objects.by_class[one] for one in kind.__mro__ if one in objects.by_class), None)


class Level:
    """The objects of one selection, and their rows where they are made of rows."""

    def __init__(self, sources: Sequence[Any]) -> None:
        self.sources = sources
        kinds = {*map(type, sources)}
        kind = kinds.pop() if len(kinds) == 1 else object
        self._readers: Readers = kind.readers if issubclass(kind, FromRow) else {}
        self._rows = [source.row for source in sources] if self._readers else sources

    def reader(self, name: str) -> tuple[Callable[[Any], Any], Sequence[Any]]:
        """What reads an attribute of each object, and from what: straight from the rows where that can be."""
        if name in self._readers:
            return self._readers[name], self._rows
        return attrgetter(name), self.sources


async def _outcomes(awaitables: Sequence[Awaitable[Any]]) -> Iterable[Any]:
    """What each comes to, or how it fails; one alone is awaited here, without a task of its own."""
    if len(awaitables) != 1:
        return await asyncio.gather(*awaitables, return_exceptions=True)
    try:
        return [await awaitables[0]]
    except Exception as failure:  # noqa: BLE001 - an error of this place alone
        return [failure]
