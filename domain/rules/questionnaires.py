"""Questionnaires: instruments as data in `domain/questionnaires/`, a file for each version, and how they are scored."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

from domain.errors import BadInput
from domain.rules.programmes import Text, localised

FOLDER = Path(__file__).parents[1] / "questionnaires"
# A part is scored with at least this share of its items answered.
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Item:
    """A question; its choices go from worst to best."""

    key: str
    part: str
    text: Text
    choices: Sequence[Text]


@dataclass(frozen=True)
class Questionnaire:
    """A version of an instrument; `parts` are their names by key."""

    key: str
    version: int
    title: Text
    source: str
    scoring: str
    to_be_confirmed_by_a_clinician: bool
    parts: Mapping[str, Text]
    items: Sequence[Item]


@dataclass(frozen=True)
class Score:
    """0 (worst) to 100 (best), of the whole and of each part; None where too little was answered."""

    total: float | None
    parts: Mapping[str, float | None]


def read(path: Path) -> Questionnaire:
    """The questionnaire of a file."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    scales = {
        name: [dict(zip(words, one, strict=True)) for one in zip(*words.values(), strict=True)]
        for name, words in told["scales"].items()
    }
    return Questionnaire(
        key=told["key"],
        version=told["version"],
        title=localised(told["title"]),
        source=told["source"],
        scoring=told["scoring"],
        to_be_confirmed_by_a_clinician=told["to_be_confirmed_by_a_clinician"],
        parts={one["key"]: localised(one["title"]) for one in told["parts"]},
        items=[
            Item(one["key"], one["part"], localised(one["text"]), [localised(each) for each in scales[one["scale"]]])
            for one in told["items"]
        ],
    )


@cache
def all_versions() -> Mapping[tuple[str, int], Questionnaire]:
    """Every version of every questionnaire, by key and version."""
    read_ones = [read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return {(one.key, one.version): one for one in read_ones}


def newest(key: str) -> Questionnaire | None:
    """The version of a questionnaire that is answered now, if there is one."""
    versions = [one for one in all_versions().values() if one.key == key]
    return max(versions, key=lambda one: one.version, default=None)


def checked(questionnaire: Questionnaire, answers: Mapping[str, int]) -> dict[str, int]:
    """The answers in the order of the items: the place of the choice for each, counted from 0.

    Raises:
        BadInput: there is no such item or choice, or nothing was answered.
    """
    items = {one.key: one for one in questionnaire.items}
    unknown = sorted(answers.keys() - items)
    if unknown:
        raise BadInput(f"answers: there is no item {unknown[0][:60]!r}.")
    for key, choice in answers.items():
        if not 0 <= choice < len(items[key].choices):
            raise BadInput(f"answers: {key} has choices 0 to {len(items[key].choices) - 1}.")
    if not answers:
        raise BadInput("answers: answer at least one.")
    return {key: answers[key] for key in items if key in answers}


def score(questionnaire: Questionnaire, answers: Mapping[str, int]) -> Score:
    """What the answers come to."""
    worth = {
        one.key: 100 * answers[one.key] / (len(one.choices) - 1) for one in questionnaire.items if one.key in answers
    }

    def mean(items: Sequence[Item]) -> float | None:
        told = [worth[one.key] for one in items if one.key in worth]
        return fmean(told) if len(told) >= LEAST_SHARE * len(items) else None

    parts = {key: mean([one for one in questionnaire.items if one.part == key]) for key in questionnaire.parts}
    return Score(None if None in parts.values() else mean(questionnaire.items), parts)
