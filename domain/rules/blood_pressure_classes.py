"""BP-CAT: the class of a blood pressure by the clinic's scheme, at home or in the clinic; pressures in mm[Hg]."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.kinds import BloodPressureScheme, ReadingSetting


class BloodPressureCategory(StrEnum):
    """Every class of every scheme; computed whenever it is read, never stored."""

    NON_ELEVATED = "NON_ELEVATED"
    ELEVATED = "ELEVATED"
    BELOW_HYPERTENSION = "BELOW_HYPERTENSION"
    HYPERTENSION = "HYPERTENSION"
    OPTIMAL = "OPTIMAL"
    NORMAL = "NORMAL"
    HIGH_NORMAL = "HIGH_NORMAL"
    GRADE_1_HYPERTENSION = "GRADE_1_HYPERTENSION"
    GRADE_2_HYPERTENSION = "GRADE_2_HYPERTENSION"
    GRADE_3_HYPERTENSION = "GRADE_3_HYPERTENSION"


@dataclass(frozen=True)
class PressureClass:
    """A class that is reached where either pressure is at its limit or above."""

    category: BloodPressureCategory
    words: str
    systolic_at_least: float
    diastolic_at_least: float
    mark: str


@dataclass(frozen=True)
class Classification:
    """The classes of one scheme for one setting, the lowest first."""

    id: str
    version: int
    name: str
    classes: tuple[PressureClass, ...]
    # Systolic and diastolic limit of which only one is reached in isolated hypertension; absent where not told.
    isolated_at: tuple[float, float] | None
    source: str
    to_be_confirmed_by_a_clinician: bool

    def reached(self, systolic: float, diastolic: float) -> PressureClass:
        """The highest class that one of the two pressures reaches."""
        return [
            one for one in self.classes if systolic >= one.systolic_at_least or diastolic >= one.diastolic_at_least
        ][-1]

    def words(self, systolic: float, diastolic: float) -> str:
        """`grade 1 hypertension (isolated systolic) by ESH 2023`."""
        isolated = ""
        if self.isolated_at is not None:
            high = (systolic >= self.isolated_at[0], diastolic >= self.isolated_at[1])
            isolated = {(True, False): " (isolated systolic)", (False, True): " (isolated diastolic)"}.get(high, "")
        return f"{self.reached(systolic, diastolic).words}{isolated} by {self.name}"


_Class = BloodPressureCategory

CLASSIFICATIONS: Mapping[tuple[BloodPressureScheme, ReadingSetting], Classification] = {
    (BloodPressureScheme.ESC_2024, ReadingSetting.HOME): Classification(
        id="BP-CAT-ESC24",
        version=1,
        name="ESC 2024",
        classes=(
            PressureClass(_Class.NON_ELEVATED, "non-elevated", 0, 0, "[M]"),
            PressureClass(_Class.ELEVATED, "elevated", 120, 70, "[M]"),
            PressureClass(_Class.HYPERTENSION, "hypertension", 135, 85, "[V]"),
        ),
        isolated_at=None,
        source="ESC 2024 guidelines on elevated blood pressure and hypertension; 135/85 in the BMJ Best Practice table"
        " and CHEP 2017, 120/70 from memory",
        to_be_confirmed_by_a_clinician=True,
    ),
    (BloodPressureScheme.ESC_2024, ReadingSetting.OFFICE): Classification(
        id="BP-CAT-ESC24-OFFICE",
        version=1,
        name="ESC 2024",
        classes=(
            PressureClass(_Class.NON_ELEVATED, "non-elevated", 0, 0, "[V]"),
            PressureClass(_Class.ELEVATED, "elevated", 120, 70, "[V]"),
            PressureClass(_Class.HYPERTENSION, "hypertension", 140, 90, "[V]"),
        ),
        isolated_at=None,
        source="ESC 2024 guidelines on elevated blood pressure and hypertension: PACE-CME, escardio.org",
        to_be_confirmed_by_a_clinician=False,
    ),
    (BloodPressureScheme.ESH_2023, ReadingSetting.HOME): Classification(
        id="BP-CAT-ESH23-HOME",
        version=1,
        name="ESH 2023",
        classes=(
            PressureClass(_Class.BELOW_HYPERTENSION, "below hypertension", 0, 0, "[M]"),
            PressureClass(_Class.HYPERTENSION, "hypertension", 135, 85, "[M]"),
        ),
        isolated_at=None,
        source="ESH 2023 guidelines, from memory: 135/85 at home and no grades there; 135/85 itself as in ESC 2024",
        to_be_confirmed_by_a_clinician=True,
    ),
    (BloodPressureScheme.ESH_2023, ReadingSetting.OFFICE): Classification(
        id="BP-CAT-ESH23",
        version=1,
        name="ESH 2023",
        classes=(
            PressureClass(_Class.OPTIMAL, "optimal", 0, 0, "[V]"),
            PressureClass(_Class.NORMAL, "normal", 120, 80, "[V]"),
            PressureClass(_Class.HIGH_NORMAL, "high-normal", 130, 85, "[V]"),
            PressureClass(_Class.GRADE_1_HYPERTENSION, "grade 1 hypertension", 140, 90, "[V]"),
            PressureClass(_Class.GRADE_2_HYPERTENSION, "grade 2 hypertension", 160, 100, "[V]"),
            PressureClass(_Class.GRADE_3_HYPERTENSION, "grade 3 hypertension", 180, 110, "[V]"),
        ),
        isolated_at=(140, 90),
        source="ESH 2023 guidelines: abstract boa.unimib.it/10281/569361, the grades from the BMJ Best Practice table",
        to_be_confirmed_by_a_clinician=False,
    ),
}


def category(
    systolic: float, diastolic: float, scheme: BloodPressureScheme, setting: ReadingSetting
) -> BloodPressureCategory:
    """The class of these two pressures taken at HOME or in the OFFICE: a class of the numbers, not a diagnosis."""
    return CLASSIFICATIONS[scheme, setting].reached(systolic, diastolic).category
