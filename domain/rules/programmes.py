"""Programmes: templates of plans, as data in `domain/programmes/`, a file for each version; what was released stays."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.kinds import ActivityKind, ExerciseKind, VitalKind
from domain.rules.schedules import LANGUAGES, Schedule, checked, language_of

FOLDER = Path(__file__).parents[1] / "programmes"

Text = Mapping[str, str]


@dataclass(frozen=True)
class TemplateActivity:
    """A part of a programme; days are counted from 1, the first day of the plan."""

    key: str
    kind: ActivityKind
    first_day: int
    last_day: int
    schedule: Schedule
    title: Text
    instructions: Text
    measured_kind: VitalKind | None
    readings_each: int | None
    exercise: ExerciseKind | None
    minutes: int | None
    pulse_low: int | None
    pulse_high: int | None
    questionnaire: str | None


@dataclass(frozen=True)
class Programme:
    """A version of a programme; `sources` are what its content was written after."""

    key: str
    version: int
    condition: str
    weeks: int
    title: Text
    description: Text
    sources: Sequence[str]
    to_be_confirmed_by_a_clinician: bool
    activities: Sequence[TemplateActivity]

    @property
    def id(self) -> UUID:
        """The same wherever this version is offered."""
        return uuid5(NAMESPACE_URL, f"cuore/programmes/{self.key}/{self.version}")


def said(text: Text, locale: str) -> str:
    """A text in the language of a locale."""
    return text[language_of(locale)]


def localised(value: Mapping[str, str]) -> Text:
    """A text of a file, in every language, its lines as one."""
    return {language: " ".join(value[language].split()) for language in LANGUAGES}


def _activity(told: Mapping[str, Any], weeks: int) -> TemplateActivity:
    first = told.get("first_day", 1)
    low, high = told.get("pulse", (None, None))
    return TemplateActivity(
        key=told["key"],
        kind=ActivityKind(told["kind"]),
        first_day=first,
        last_day=told.get("last_day", weeks * 7),
        schedule=checked(
            Schedule(
                [time.fromisoformat(at) for at in told["times"]], told.get("every_days", 1), told.get("weekdays", ())
            )
        ),
        title=localised(told["title"]),
        instructions=localised(told["instructions"]),
        measured_kind=VitalKind(told["measure"]) if "measure" in told else None,
        readings_each=told.get("readings"),
        exercise=ExerciseKind(told["exercise"]) if "exercise" in told else None,
        minutes=told.get("minutes"),
        pulse_low=low,
        pulse_high=high,
        questionnaire=told.get("questionnaire"),
    )


def read(path: Path) -> Programme:
    """The programme of a file."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return Programme(
        key=told["key"],
        version=told["version"],
        condition=told["condition"],
        weeks=told["weeks"],
        title=localised(told["title"]),
        description=localised(told["description"]),
        sources=told["sources"],
        to_be_confirmed_by_a_clinician=told["to_be_confirmed_by_a_clinician"],
        activities=[_activity(one, told["weeks"]) for one in told["activities"]],
    )


@cache
def all_versions() -> Mapping[tuple[str, int], Programme]:
    """Every version of every programme, by key and version."""
    read_ones = [read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return {(one.key, one.version): one for one in read_ones}


@cache
def offered() -> Sequence[Programme]:
    """The newest version of each programme, by key."""
    newest: dict[str, Programme] = {}
    for one in all_versions().values():
        if one.key not in newest or one.version > newest[one.key].version:
            newest[one.key] = one
    return [newest[key] for key in sorted(newest)]


@cache
def templates(key: str, version: int) -> Mapping[str, TemplateActivity]:
    """The parts of a version, by their keys."""
    return {one.key: one for one in all_versions()[key, version].activities}
