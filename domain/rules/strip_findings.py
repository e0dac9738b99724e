"""What a clinician can read in a strip: SNOMED CT codes, and what each says of fibrillation.

Codes as the PhysioNet challenges of 2020 and 2021 list them (dx mapping of https://github.com/physionetchallenges).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.kinds import Agreement, RhythmLabel, StripFinding


@dataclass(frozen=True)
class FindingCode:
    """SNOMED CT code and name; whether it is fibrillation, or None where that cannot be said."""

    snomed: str | None
    display: str
    is_fibrillation: bool | None


FINDINGS: Mapping[StripFinding, FindingCode] = {
    StripFinding.SINUS_RHYTHM: FindingCode("426783006", "Sinus rhythm", False),
    StripFinding.SINUS_BRADYCARDIA: FindingCode("426177001", "Sinus bradycardia", False),
    StripFinding.SINUS_TACHYCARDIA: FindingCode("427084000", "Sinus tachycardia", False),
    StripFinding.SINUS_ARRHYTHMIA: FindingCode("427393009", "Sinus arrhythmia", False),
    StripFinding.ATRIAL_FIBRILLATION: FindingCode("164889003", "Atrial fibrillation", True),
    # One lead seldom tells flutter from fibrillation for sure, and both ask for the same care.
    StripFinding.ATRIAL_FLUTTER: FindingCode("164890007", "Atrial flutter", None),
    StripFinding.SUPRAVENTRICULAR_ECTOPY: FindingCode("63593006", "Supraventricular premature beats", False),
    StripFinding.SUPRAVENTRICULAR_TACHYCARDIA: FindingCode("426761007", "Supraventricular tachycardia", False),
    StripFinding.VENTRICULAR_ECTOPY: FindingCode("17338001", "Ventricular premature beats", False),
    StripFinding.VENTRICULAR_TACHYCARDIA: FindingCode("164895002", "Ventricular tachycardia", False),
    StripFinding.FIRST_DEGREE_BLOCK: FindingCode("270492004", "First degree atrioventricular block", False),
    StripFinding.SECOND_DEGREE_BLOCK: FindingCode("195042002", "Second degree atrioventricular block", False),
    StripFinding.COMPLETE_BLOCK: FindingCode("27885002", "Complete atrioventricular block", False),
    # The ventricles are paced in fibrillation as well.
    StripFinding.PACED_RHYTHM: FindingCode("10370003", "Pacing rhythm", None),
    StripFinding.LONG_QT: FindingCode("111975006", "Prolonged QT interval", None),
    StripFinding.OTHER_ABNORMALITY: FindingCode(None, "Another abnormality, told in the note", None),
    StripFinding.NOT_INTERPRETABLE: FindingCode(None, "Cannot be read", None),
}
_SAID: Mapping[RhythmLabel, bool] = {
    RhythmLabel.FIBRILLATION_SUSPECTED: True,
    RhythmLabel.NO_FIBRILLATION_FOUND: False,
}


def agreement(label: str | None, finding: StripFinding) -> Agreement:
    """Whether the analysis and the clinician say the same of fibrillation, where both say something of it."""
    said = _SAID.get(RhythmLabel(label)) if label is not None else None
    read = FINDINGS[finding].is_fibrillation
    if said is None or read is None:
        return Agreement.NOT_COMPARABLE
    return Agreement.AGREES if said is read else Agreement.DISAGREES
