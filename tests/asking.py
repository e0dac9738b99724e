"""Operations as the door runs them, without HTTP and with a budget that lets a test ask for much."""

from typing import Any

import orjson
from strawberry.types import ExecutionResult

from adapters.runtime import Runtime
from api.documents import Documents
from api.query_budget import QueryLimits
from domain.access import Actor, Newcomer
from schema.context import open_context
from schema.errors import coded
from schema.root import schema

KNOWN = Documents(schema, QueryLimits(aliases=100, root_fields=100), coded=coded)


async def ask(runtime: Runtime, caller: Actor | Newcomer, query: str, **variables: Any) -> ExecutionResult:
    """The answer to `query` for `caller`."""
    prepared = KNOWN.prepare(query, variables)
    assert KNOWN.validate(prepared) == []
    async with open_context(runtime, caller) as context:
        answer = await KNOWN.execute(prepared, query, None, variables, context)
    # As it is written and read again.
    answer.data = orjson.loads(orjson.dumps(answer.data, option=orjson.OPT_SERIALIZE_NUMPY))
    return answer
