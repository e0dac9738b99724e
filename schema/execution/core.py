"""The plans' place in graphql-core: every operation that comes through Strawberry is planned as well."""

from functools import lru_cache
from typing import Any

import strawberry
from graphql import GraphQLSchema, OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.execution.operations import Operations, run
from schema.execution.plans import NotPlanned


@lru_cache(maxsize=8)
def operations_of(schema: GraphQLSchema) -> Operations:
    """The operations of a schema that Strawberry made; one for each schema."""
    made_by: strawberry.Schema = schema._strawberry_schema  # type: ignore[attr-defined] # noqa: SLF001 - its way back
    return Operations(made_by)


class PlannedExecution(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's execution by plans; what cannot be planned is executed as ever."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - graphql-core's signature
        """The answer of a query, of a mutation or of one event."""
        middleware = self.middleware_manager
        try:
            if middleware is not None and middleware.middlewares:
                raise NotPlanned  # noqa: TRY301 - one way out for all that is not planned
            operation = operations_of(self.schema).operation(self.operation, self.fragment_definitions)
            selection, arguments = operation.ordinary(self.variable_values)
        except NotPlanned:
            return super().execute_operation(serially)
        one_by_one = self.operation.operation is OperationType.MUTATION
        return run(selection, arguments, self.context_value, self.root_value, for_orjson=False, serially=one_by_one)
