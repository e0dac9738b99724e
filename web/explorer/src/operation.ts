import { Kind, parse, type OperationDefinitionNode } from "graphql";

/**
 * The operation that is meant: the document's only one, or the one of that name.
 *
 * GraphiQL learns the name a moment after a tab has been opened; whoever presses play before that means the new tab.
 */
export function operationIn(query: string, name: string | null | undefined): OperationDefinitionNode | null {
  let definitions;
  try {
    ({ definitions } = parse(query));
  } catch {
    return null;
  }
  const operations = definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const only = operations.length === 1 ? operations[0] : operations.find((each) => each.name?.value === name);
  return only ?? null;
}
