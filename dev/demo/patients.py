"""The people of the demo clinic, two of each kind: who they are, what is the matter, what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from dev.demo.ecgsyn import SyntheticStrip, synthetic_strip
from dev.demo.series import Sample, make_series
from dev.demo.truths import CONDITIONS, DAYS, LATELY, Archetype, Truth, make_truth

STRIP_SECONDS = 30
STRIP_TIME = time(9, 30)
NAMES = (
    ("Ada Prova", "Europe/Rome", "it-IT"),
    ("Bruno Esempio", "Europe/Rome", "it-IT"),
    ("Clara Muster", "Europe/Berlin", "de-DE"),
    ("Dieter Beispiel", "Europe/Berlin", "de-DE"),
    ("Elena Ficticia", "Europe/Madrid", "es-ES"),
    ("Felix Erfunden", "Europe/Vienna", "de-AT"),
    ("Gaia Inventata", "Europe/Rome", "it-IT"),
    ("Hanna Keksitty", "Europe/Helsinki", "fi-FI"),
    ("Ivo Smyšlený", "Europe/Prague", "cs-CZ"),
    ("Jeanne Exemple", "Europe/Paris", "fr-FR"),
    ("Karl Påhittad", "Europe/Stockholm", "sv-SE"),
    ("Lia Modello", "Europe/Rome", "it-IT"),
    ("Marek Przykład", "Europe/Warsaw", "pl-PL"),
    ("Nora Voorbeeld", "Europe/Amsterdam", "nl-NL"),
)


@dataclass(frozen=True)
class DemoPatient:
    """A synthetic person with a series and strips; times are of the person's own clock."""

    name: str
    birth_date: date
    time_zone: str
    locale: str
    conditions: tuple[str, ...]
    truth: Truth
    samples: Sequence[Sample] = field(repr=False)
    strips: Sequence[tuple[datetime, SyntheticStrip]] = field(repr=False)


def _strip_days(truth: Truth) -> list[int]:
    """The last day with measurements; who fibrillates then has a strip of an earlier day in sinus rhythm, too."""
    measured = [day for day in range(LATELY + 1) if day not in truth.missing_days]
    if measured[-1] not in truth.fibrillation_days:
        return measured[-1:]
    return [max(day for day in measured if day not in truth.fibrillation_days), measured[-1]]


def demo_patients(until: date, seed: int = 1) -> list[DemoPatient]:
    """Two patients of each kind with the 90 days before `until`; the same day and seed give the same patients."""
    first_day = until - timedelta(days=DAYS)
    people = []
    for index, (name, zone, locale) in enumerate(NAMES):
        random = np.random.default_rng((seed, index))
        archetype = list(Archetype)[index // 2]
        truth = make_truth(archetype, first_day, random)
        samples = make_series(truth, first_day, ZoneInfo(zone), random)
        strips = []
        for day in _strip_days(truth):
            fibrillates = day in truth.fibrillation_days
            rate_bpm = random.uniform(95, 125) if fibrillates else truth.usual.pulse + random.normal(0, 3)
            strip = synthetic_strip(
                seconds=STRIP_SECONDS, rate_bpm=float(rate_bpm), random=random, atrial_fibrillation=fibrillates
            )
            strips.append((datetime.combine(first_day + timedelta(days=day), STRIP_TIME, ZoneInfo(zone)), strip))
        birth_date = date(1942, 1, 1) + timedelta(days=int(random.integers(0, 12_000)))
        people.append(DemoPatient(name, birth_date, zone, locale, CONDITIONS[archetype], truth, samples, strips))
    return people
