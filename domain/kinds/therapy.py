"""What plans of therapy are made of."""

from enum import StrEnum


class ActivityKind(StrEnum):
    """What a part of a therapy plan asks for."""

    MEDICATION = "MEDICATION"
    MEASUREMENT = "MEASUREMENT"
    EXERCISE = "EXERCISE"
    NUTRITION = "NUTRITION"
    EDUCATION = "EDUCATION"
    QUESTIONNAIRE = "QUESTIONNAIRE"


class ExerciseKind(StrEnum):
    WALKING = "WALKING"
    CYCLING = "CYCLING"
    SWIMMING = "SWIMMING"
    STRENGTH = "STRENGTH"
    STRETCHING = "STRETCHING"
    BREATHING = "BREATHING"


class FoodRule(StrEnum):
    """Whether a medicine is taken with a meal."""

    WITH_FOOD = "WITH_FOOD"
    WITHOUT_FOOD = "WITHOUT_FOOD"


class TaskOutcome(StrEnum):
    """What became of a task."""

    TAKEN = "TAKEN"
    DONE = "DONE"
    SKIPPED = "SKIPPED"
