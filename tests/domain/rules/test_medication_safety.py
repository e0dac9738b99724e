"""What to weigh before a medicine is prescribed, against the page that a doctor reads."""

from pathlib import Path

import pytest

from domain.rules.medication_safety import ATC_CODE, RULES, Medicine, warnings

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "medication-safety.md"


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def listed(cell: str) -> list[str]:
    return [] if cell == "–" else cell.split(", ")


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in table("Cases")])
def test_each_case_of_the_page(cells: list[str]) -> None:
    _, new, taken, conditions, expected = cells
    others = [Medicine(f"Medicine {code}", code) for code in listed(taken)]
    assert all(ATC_CODE.fullmatch(code) for code in (new, *listed(taken)))
    found = warnings(new, others, listed(conditions))
    assert sorted(one.code for one in found) == sorted(listed(expected))
    assert warnings(new, [*others, *others], listed(conditions)) == found


def test_the_page_tells_the_rules_as_they_ship() -> None:
    assert table("The rules") == [
        [
            one.code,
            ", ".join(one.first),
            ", ".join(one.second or one.conditions),
            one.sentence,
            one.source,
        ]
        for one in RULES
    ]
    assert len({one.code for one in RULES}) == len(RULES)
    assert all(one.to_be_confirmed_by_a_clinician for one in RULES)


def test_every_rule_has_a_case() -> None:
    told = {code for *_, expected in table("Cases") for code in listed(expected)}
    assert {one.code for one in RULES} <= told
