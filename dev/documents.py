"""`python -m dev.documents [--check]`: the pages that are made from the code, and whether all pages are right.

Made: docs/schema.graphql, docs/states.md. Checked besides: every field and argument of the schema is described, and
every link from one page to a file finds it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from graphql.utilities import lexicographic_sort_schema, print_schema

from dev.system import ROOT
from domain.rules.states import MACHINES, StateMachine
from schema.root import schema

_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
CORE: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry offers no public way to the core schema


def _diagram(machine: StateMachine) -> str:  # type: ignore[type-arg] # a machine of any states
    verb, start = machine.begins
    lines = [f"## {machine.name}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {start}: {verb}"]
    for verb, (allowed, target) in machine.verbs.items():
        lines += [f"    {state} --> {target}: {verb}" for state in sorted(allowed)]
    return "\n".join([*lines, "```", ""])


def pages() -> dict[Path, str]:
    """Every page that is made, with its text."""
    states = "# States\n\nMade from `domain/rules/states.py` by `make documents`.\n\n"
    return {
        ROOT / "docs" / "schema.graphql": print_schema(lexicographic_sort_schema(CORE)) + "\n",
        ROOT / "docs" / "states.md": states + "\n".join(_diagram(machine) for machine in MACHINES),
    }


def undescribed(core: GraphQLSchema = CORE) -> Iterator[str]:
    """Types, fields, arguments and inputs of ours that say nothing of themselves."""
    composite = (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)
    for name, kind in core.type_map.items():
        if name.startswith("__") or not isinstance(kind, (*composite, GraphQLEnumType)):
            continue
        if not kind.description:
            yield name
        if isinstance(kind, GraphQLEnumType):
            continue
        for field_name, field in kind.fields.items():
            if not field.description:
                yield f"{name}.{field_name}"
            yield from (
                f"{name}.{field_name}({argument})"
                for argument, described in getattr(field, "args", {}).items()
                if not described.description
            )


def broken_links() -> Iterator[str]:
    """Links from one page to a file that is not there."""
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in _LINK.findall(page.read_text()):
            if not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: {target}"


def main(words: list[str]) -> int:
    """Write the pages, or with --check say what is not as it should be."""
    made = pages()
    if "--check" not in words:
        for path, text in made.items():
            path.write_text(text)
        return 0
    wrong = [
        f"{path.relative_to(ROOT)} is not what the code says; run: make documents"
        for path, text in made.items()
        if not path.exists() or path.read_text() != text
    ]
    wrong += [f"the schema does not describe {name}" for name in undescribed()]
    wrong += [f"a link leads nowhere: {link}" for link in broken_links()]
    for sentence in wrong:
        print(sentence, file=sys.stderr)  # noqa: T201 - a command talks
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
