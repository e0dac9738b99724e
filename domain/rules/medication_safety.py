"""What to weigh before a medicine is prescribed beside others, or in a condition: data, each with its source.

Codes are of the Anatomical Therapeutic Chemical classification (ATC) of the WHO; its beginning stands for a group.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

ATC_CODE = re.compile(r"[A-Z]\d\d[A-Z]{2}\d\d")
# The fifth character ends the chemical group: C09AA holds all plain ACE inhibitors, C09AA05 is ramipril.
_GROUP = 5

ACE_INHIBITORS = ("C09A", "C09B")
SARTANS = ("C09C", "C09D")
SACUBITRIL = ("C09DX04",)
BETA_BLOCKERS = ("C07",)
VERAPAMIL_DILTIAZEM = ("C08D",)
ANTICOAGULANTS = ("B01AA", "B01AE", "B01AF", "B01AB", "B01AX05")
PLATELET_INHIBITORS = ("B01AC",)
NSAIDS = ("M01A",)
NITRATES = ("C01DA",)
PDE5_INHIBITORS = ("G04BE03", "G04BE08", "G04BE09", "G04BE10", "G04BE11")
MINERALOCORTICOID_ANTAGONISTS = ("C03DA",)
POTASSIUM_KEEPING = ("A12BA", "C03DB", "C03E")
DIGOXIN = ("C01AA",)
AMIODARONE = ("C01BD01",)
DRONEDARONE = ("C01BD07",)


@dataclass(frozen=True)
class SafetyRule:
    """`first` beside `second`, or `first` in a condition; groups by the beginnings of their ATC codes.

    `mark` says how the source was read: [S] quoted by others, [M] from memory; both are to be confirmed by a clinician.
    """

    code: str
    first: Sequence[str]
    second: Sequence[str]
    conditions: Sequence[str]
    sentence: str
    source: str
    mark: str = "[M]"

    @property
    def to_be_confirmed_by_a_clinician(self) -> bool:
        return self.mark != "[V]"


def _beside(code: str, first: Sequence[str], second: Sequence[str], sentence: str, source: str) -> SafetyRule:
    return SafetyRule(code, first, second, (), sentence, source)


def _in(code: str, first: Sequence[str], conditions: Sequence[str], sentence: str, source: str) -> SafetyRule:
    return SafetyRule(code, first, (), conditions, sentence, source)


RULES = (
    _beside(
        "BETA-BLOCKER-VERAPAMIL",
        BETA_BLOCKERS,
        VERAPAMIL_DILTIAZEM,
        "A beta-blocker with verapamil or diltiazem can slow the heart too much, block conduction and weaken it.",
        "ESC 2024 hypertension guidelines, drug combinations; SmPC of verapamil, sections 4.3 and 4.5",
    ),
    _beside(
        "ACE-INHIBITOR-SARTAN",
        ACE_INHIBITORS,
        SARTANS,
        "An ACE inhibitor with a sartan harms the kidneys and raises potassium without more benefit.",
        "ESC 2024 hypertension guidelines, class III; EMA/554928/2014 on the renin-angiotensin system",
    ),
    _beside(
        "ACE-INHIBITOR-SACUBITRIL",
        ACE_INHIBITORS,
        SACUBITRIL,
        "Sacubitril within 36 hours of an ACE inhibitor can cause angioedema.",
        "SmPC of sacubitril/valsartan, section 4.3",
    ),
    _beside(
        "TWO-ANTICOAGULANTS",
        ANTICOAGULANTS,
        ANTICOAGULANTS,
        "Two anticoagulants together make bleeding likely, except while one takes the place of the other.",
        "SmPC of apixaban, dabigatran, edoxaban and rivaroxaban, section 4.3",
    ),
    _beside(
        "ANTICOAGULANT-NSAID",
        ANTICOAGULANTS,
        NSAIDS,
        "An anticoagulant with an anti-inflammatory pain killer makes bleeding likely.",
        "ESC 2024 atrial fibrillation guidelines, bleeding risk; SmPC of apixaban, section 4.5",
    ),
    _beside(
        "ANTICOAGULANT-PLATELET-INHIBITOR",
        ANTICOAGULANTS,
        PLATELET_INHIBITORS,
        "An anticoagulant with a platelet inhibitor needs a reason and an end, such as a stent of this year.",
        "ESC 2024 atrial fibrillation guidelines, antiplatelet therapy beyond 12 months not recommended",
    ),
    _beside(
        "NITRATE-PDE5-INHIBITOR",
        NITRATES,
        PDE5_INHIBITORS,
        "A nitrate with a PDE-5 inhibitor can make the pressure fall dangerously.",
        "SmPC of sildenafil, section 4.3",
    ),
    _beside(
        "IVABRADINE-VERAPAMIL",
        ("C01EB17",),
        VERAPAMIL_DILTIAZEM,
        "Ivabradine with verapamil or diltiazem slows the heart too much.",
        "SmPC of ivabradine, section 4.3",
    ),
    _beside(
        "MINERALOCORTICOID-ANTAGONIST-POTASSIUM",
        MINERALOCORTICOID_ANTAGONISTS,
        POTASSIUM_KEEPING,
        "Spironolactone or eplerenone with potassium or another potassium-sparing diuretic can raise it dangerously.",
        "SmPC of eplerenone, sections 4.3 and 4.5; ESC 2021 heart failure guidelines, practical guidance",
    ),
    _beside(
        "DIGOXIN-LEVEL",
        DIGOXIN,
        (*AMIODARONE, *DRONEDARONE, "C08DA01"),
        "Amiodarone, dronedarone and verapamil raise the level of digoxin: halve its dose and measure it.",
        "SmPC of digoxin, section 4.5",
    ),
    _beside(
        "SIMVASTATIN-DOSE",
        ("C10AA01",),
        (*AMIODARONE, "C08CA01", *VERAPAMIL_DILTIAZEM),
        "Simvastatin beside amiodarone, amlodipine, verapamil or diltiazem harms muscles: not more than 20 mg.",
        "SmPC of simvastatin, sections 4.4 and 4.5",
    ),
    _beside(
        "DABIGATRAN-DRONEDARONE",
        ("B01AE07",),
        DRONEDARONE,
        "Dronedarone raises the level of dabigatran too far.",
        "SmPC of dabigatran, section 4.3",
    ),
    _beside(
        "ACE-INHIBITOR-ALISKIREN",
        (*ACE_INHIBITORS, *SARTANS),
        ("C09XA",),
        "Aliskiren beside an ACE inhibitor or a sartan harms the kidneys, in diabetes and renal impairment above all.",
        "SmPC of aliskiren, section 4.3; EMA/554928/2014",
    ),
    _in(
        "NSAID-HEART-FAILURE",
        NSAIDS,
        ("HEART_FAILURE",),
        "Anti-inflammatory pain killers make heart failure worse: they hold back salt and water.",
        "ESC 2021 heart failure guidelines, treatments not recommended, class III",
    ),
    _in(
        "VERAPAMIL-HEART-FAILURE",
        VERAPAMIL_DILTIAZEM,
        ("HEART_FAILURE",),
        "Verapamil and diltiazem weaken a heart whose ejection fraction is reduced.",
        "ESC 2021 heart failure guidelines, treatments not recommended, class III",
    ),
    _in(
        "GLITAZONE-HEART-FAILURE",
        ("A10BG",),
        ("HEART_FAILURE",),
        "Glitazones make heart failure worse.",
        "ESC 2021 heart failure guidelines, treatments not recommended, class III",
    ),
    _in(
        "DRONEDARONE-HEART-FAILURE",
        DRONEDARONE,
        ("HEART_FAILURE",),
        "Dronedarone raises mortality in unstable or advanced heart failure.",
        "SmPC of dronedarone, section 4.3",
    ),
    _in(
        "CLASS-I-ANTIARRHYTHMIC",
        ("C01BC",),
        ("HEART_FAILURE", "CORONARY_DISEASE"),
        "Flecainide and propafenone raise mortality in structural heart disease.",
        "SmPC of flecainide, section 4.3; CAST, N Engl J Med 1991;324:781",
    ),
    _in(
        "PDE3-HEART-FAILURE",
        ("B01AC23",),
        ("HEART_FAILURE",),
        "Cilostazol is contraindicated in heart failure.",
        "SmPC of cilostazol, section 4.3",
    ),
)
DOUBLE_SUBSTANCE = "DOUBLE-SUBSTANCE"
DOUBLE_GROUP = "DOUBLE-GROUP"
DOUBLE_SOURCE = "WHO Collaborating Centre for Drug Statistics Methodology, ATC classification"


@dataclass(frozen=True)
class Medicine:
    """What a patient takes."""

    name: str
    atc_code: str


@dataclass(frozen=True)
class SafetyWarning:
    """What a clinician is to weigh; whoever confirms it confirms the code."""

    code: str
    sentence: str
    source: str
    # The medicine that is taken already, where it is about one.
    beside: str | None


def _is_of(code: str, group: Sequence[str]) -> bool:
    return code.startswith(tuple(group))


def _found(atc_code: str, taken: Collection[Medicine], conditions: Collection[str]) -> Iterator[SafetyWarning]:
    for other in taken:
        if other.atc_code == atc_code:
            sentence = f"{other.name} is the same substance and is taken already."
            yield SafetyWarning(DOUBLE_SUBSTANCE, sentence, DOUBLE_SOURCE, other.name)
        elif other.atc_code[:_GROUP] == atc_code[:_GROUP]:
            sentence = f"{other.name} is of the same group ({atc_code[:_GROUP]}) and is taken already."
            yield SafetyWarning(DOUBLE_GROUP, sentence, DOUBLE_SOURCE, other.name)
        for rule in RULES:
            forth = _is_of(atc_code, rule.first) and _is_of(other.atc_code, rule.second)
            back = _is_of(atc_code, rule.second) and _is_of(other.atc_code, rule.first)
            if rule.second and (forth or back):
                yield SafetyWarning(rule.code, rule.sentence, rule.source, other.name)
    for rule in RULES:
        if not set(rule.conditions).isdisjoint(conditions) and _is_of(atc_code, rule.first):
            yield SafetyWarning(rule.code, rule.sentence, rule.source, None)


def warnings(atc_code: str, taken: Collection[Medicine], conditions: Collection[str]) -> list[SafetyWarning]:
    """What to weigh before this substance is prescribed beside what is taken, in these conditions; each code once."""
    found: dict[str, SafetyWarning] = {}
    for one in _found(atc_code, taken, conditions):
        found.setdefault(one.code, one)
    return list(found.values())
