"""The explorer's ready tabs, read from their sources and filled in as the page does it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from graphql import DocumentNode, OperationDefinitionNode, parse

from dev.explorer import EXPLORER
from dev.personas import PERSONAS
from domain.kinds import Role

OPERATIONS = EXPLORER / "src" / "operations"
SIGN_IN = "# Sign in as: "


@dataclass(frozen=True)
class Tab:
    """One operation, with variables that have blanks, and who it says may run it."""

    file: str
    text: str
    variables: Mapping[str, Any]

    @property
    def document(self) -> DocumentNode:
        return parse(self.text)

    @property
    def operation(self) -> OperationDefinitionNode:
        (found,) = [each for each in self.document.definitions if isinstance(each, OperationDefinitionNode)]
        return found

    @property
    def name(self) -> str:
        assert self.operation.name is not None
        return self.operation.name.value

    @property
    def roles(self) -> set[Role]:
        """Those whom its comment tells to sign in."""
        (line,) = [each for each in self.text.splitlines() if each.startswith(SIGN_IN)]
        titles = line.removeprefix(SIGN_IN).removesuffix(".").split(", ")
        return {{persona.title: persona.role for persona in PERSONAS}[title] for title in titles}

    def filled_in(self, patient_id: UUID, now: datetime) -> dict[str, Any]:
        """The variables as `src/tabs.ts` fills them in."""
        blanks: dict[str, Callable[[], str]] = {
            "{{patientId}}": lambda: str(patient_id),
            "{{now}}": now.isoformat,
            "{{fourMinutesAgo}}": (now - timedelta(minutes=4)).isoformat,
            "{{inAWeek}}": (now + timedelta(days=7)).isoformat,
            "{{today}}": now.date().isoformat,
            "{{tomorrow}}": (now.date() + timedelta(days=1)).isoformat,
            "{{fourWeeksAgo}}": (now.date() - timedelta(days=28)).isoformat,
            "{{newId}}": lambda: str(uuid4()),
        }

        def fill(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: fill(each) for key, each in value.items()}
            if isinstance(value, list):
                return [fill(each) for each in value]
            return blanks[value]() if value in blanks else value

        return {key: fill(value) for key, value in self.variables.items()}


def ready_tabs() -> list[Tab]:
    """All of them, in their order."""
    return [
        Tab(one["operation"], (OPERATIONS / f"{one['operation']}.graphql").read_text(), one["variables"])
        for one in json.loads((OPERATIONS / "tabs.json").read_text())
    ]
