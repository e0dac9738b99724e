"""`python -m bench.vitals_analysis [SERIES]`: how good the analysis of vitals is, beside what others would do.

Thresholds of the others are set on seeds below 500 for the same rate of false episodes; all figures are of seeds from
500 on, of the easy and of the hard world and of worlds that are neither. Ends with what it costs.
"""

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from analytics.noise_models import NOISE_MODELS
from analytics.trend import fit_trend
from analytics.vital_batch import Batch, blocks, find
from analytics.vital_filter import filter_batch
from analytics.vital_findings import FEWEST_READINGS, THRESHOLDS, FindingDirection, FindingKind
from analytics.vital_online import begin, observe, watch
from analytics.vital_population import POPULATIONS, Population
from analytics.vital_scores import places_of, score_batch
from bench.vitals_baselines import BASELINES, POINT_BASELINES, Score, esc_weight_rule, raised, scored
from bench.vitals_findings import batches, findings, lasting_days, point_readings
from bench.vitals_scoring import (
    HORIZON_DAYS,
    Raised,
    all_found,
    days_since_begin,
    false_per_month,
    found,
    mean_sensitivity,
    points,
    threshold_for,
)
from bench.vitals_worlds import OTHER_VITALS, VITALS, Floats, Series, World, heart_failure, population

CHOOSING, TELLING = 7, 507
BUDGET = 0.10
HEADER = "| false a month | shift | ramp | drift | variance | mean |\n|---|---|---|---|---|---|---|"
POINT_BUDGET = 0.05
EASY, HARD = World(hard=False), World()
HEART_FAILURE = World(adherence=(0.8, 0.98), point_errors=0.0)


def _row(name: str, series: list[Series], days: list[Raised] | list[list[float]]) -> str:
    rate, by_change = false_per_month(series, days), all_found(series, days)
    cells = [
        f"{one.sensitivity:.2f} ({one.over_chance(rate, HORIZON_DAYS[change]):.2f}) {one.delay_days:4.1f} d"
        for change, one in by_change.items()
    ]
    return f"| {name} | {rate:.3f} | " + " | ".join(cells) + f" | {mean_sensitivity(by_change):.2f} |"


def _threshold(series: list[Series], score: Score) -> float:
    """Where another's score raises as many false episodes as the budget allows."""
    scores = scored(series, score)
    return threshold_for(lambda one: false_per_month(series, raised(scores, one)), BUDGET, 0.0, 60.0)


def lasting(count: int) -> None:
    """Sustained changes: ours and others', in both worlds."""
    print("\n### Lasting changes: sensitivity (over chance) and median delay")
    for name, world in (("easy", EASY), ("hard", HARD)):
        dev, told = population(CHOOSING, world, count), population(TELLING, world, count)
        print(f"\n| {name} world {HEADER}")
        print(_row("**robust filter**", told, lasting_days(findings(told))))
        for label, score in BASELINES.items():
            print(_row(label, told, raised(scored(told, score), _threshold(dev, score))))


def point_errors(count: int) -> None:
    """Single wrong readings, all counted and only those from the tenth reading on, before which nothing is said."""
    print("\n### Wrong readings\n")
    print("| world | method | precision | recall | F1 | false a month | F1 from the 10th on |")
    print("|---|---|---|---|---|---|---|")
    for name, world in (("easy", EASY), ("hard", HARD)):
        dev, told = population(CHOOSING + 1, world, count), population(TELLING + 1, world, count)
        numbers = {"**robust filter**": point_readings(findings(told))}
        for label, score in POINT_BASELINES.items():
            numbers[label] = _above([score(one) for one in told], _point_threshold(dev, score))
        for label, ours in numbers.items():
            whole, later = points(told, ours), points(told, ours, first=FEWEST_READINGS - 1)
            print(
                f"| {name} | {label} | {whole.precision:.2f} | {whole.recall:.2f} | {whole.f1:.3f} |"
                f" {whole.false_per_month:.3f} | {later.f1:.3f} |"
            )


def _point_threshold(series: list[Series], score: Callable[[Series], Floats]) -> float:
    scores = [score(one) for one in series]
    return threshold_for(lambda one: points(series, _above(scores, one)).false_per_month, POINT_BUDGET, 1.0, 99.0)


def _above(scores: list[Floats], threshold: float) -> list[set[int]]:
    return [set(np.flatnonzero(score > threshold).tolist()) for score in scores]


def _gains(series: list[Series]) -> list[list[float]]:
    return [
        [
            days_since_begin(one.minute)
            for one in ones
            if one.kind is not FindingKind.POINT and one.direction is FindingDirection.UP
        ]
        for ones in findings(series)
    ]


def heart_failure_weights(count: int) -> None:
    """Ramps of weight until three days after their end."""
    print("\n### Heart failure: gain of 1.5 to 4 kg over 4, 7, 14 days, one weighing a morning (hard world)\n")
    print("| rule | false a month | 4 days | 7 days | 14 days |\n|---|---|---|---|---|")
    clean = heart_failure(TELLING + 2, HEART_FAILURE, count, None)
    ramps = {days: heart_failure(TELLING + 3, HEART_FAILURE, count, days) for days in (4.0, 7.0, 14.0)}
    dev = heart_failure(CHOOSING + 2, HEART_FAILURE, count, None)
    threshold = _threshold(dev, BASELINES["MACD 3/21"])
    rules: dict[str, Callable[[list[Series]], list[list[float]]]] = {
        "**robust filter**, upwards": _gains,
        "**robust filter**, all it raises": lambda some: lasting_days(findings(some)),
        "ESC: more than 2 kg in 3 days": lambda some: [esc_weight_rule(one) for one in some],
        "MACD 3/21": lambda some: raised(scored(some, BASELINES["MACD 3/21"]), threshold),
    }
    for name, rule in rules.items():
        cells = []
        for days, some in ramps.items():
            one = found(some, rule(some), "heart failure", days + 3)
            cells.append(f"{one.sensitivity:.2f} {one.delay_days:4.1f} d")
        print(f"| {name} | {false_per_month(clean, rule(clean)):.3f} | " + " | ".join(cells) + " |")


def doses(count: int) -> None:
    """Steps that a record of medication accounts for."""
    some = population(TELLING + 4, HARD, count, doses=True)
    told = findings(some)
    changed = [(one, ones) for one, ones in zip(some, told, strict=True) if one.change]
    explained = np.mean([any(one.explained for one in ones) for _, ones in changed])
    alerts = np.mean(
        [
            any(
                not one.explained
                and one.kind is not FindingKind.POINT
                and 0 <= days_since_begin(one.minute) - series.onset_day <= 28
                for one in ones
            )
            for series, ones in changed
        ]
    )
    print(
        f"\n### Dose steps with a record: {explained:.2f} told as explained, {alerts:.3f} with an alert within 28 days"
    )


def other_worlds(count: int) -> None:
    """Worlds that nothing was chosen on."""
    print(f"\n### Other worlds\n\n| world {HEADER}")
    worlds = {
        "noise x 0.6": replace(HARD, noise=0.6),
        "noise x 1.6": replace(HARD, noise=1.6),
        "normal noise": replace(HARD, freedom=30),
        "wilder tails": replace(HARD, freedom=2.4),
        "adherence 30 to 60 %": replace(HARD, adherence=(0.3, 0.6)),
        "level wanders twice as much": replace(HARD, wander=0.08),
        "day effect x 1.4": replace(
            HARD, vitals=tuple(replace(one, day_effect=1.4 * one.day_effect) for one in VITALS)
        ),
        "four a day": replace(HARD, vitals=tuple(replace(one, daily=(4,)) for one in VITALS)),
        "other vitals": replace(HARD, vitals=OTHER_VITALS),
        "changes x 1.4": replace(HARD, amplitude=1.4),
    }
    for name, world in worlds.items():
        some = population(TELLING + 5, world, count)
        print(_row(name, some, lasting_days(findings(some))))


def trends(count: int) -> None:
    """How often the 95 % interval of four weeks' slope holds the truth, which is none, of series without a change."""
    print("\n### Trend: share of steady series whose 95 % interval holds no slope, and half its width a week\n")
    print("| measure | easy | hard |\n|---|---|---|")
    for vital in (*VITALS, *OTHER_VITALS):
        cells = []
        for world in (EASY, HARD):
            some = population(TELLING + 6, replace(world, vitals=(vital,)), count)
            fits = []
            for one in some:
                late = one.minutes > one.minutes[-1] - 28 * 1440
                if one.change is None:
                    fits.append(fit_trend(one.minutes[late] * 60.0, one.values[late], NOISE_MODELS[vital.measure]))
            found = [fit for fit in fits if fit is not None]
            holds = np.mean([fit.slope_low <= 0 <= fit.slope_high for fit in found])
            half = np.median([(fit.slope_high - fit.slope_low) / 2 for fit in found])
            cells.append(f"{holds:.3f}, {half:.3g} {NOISE_MODELS[vital.measure].unit}")
        print(f"| {vital.measure} | " + " | ".join(cells) + " |", flush=True)


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the faster of two rounds."""
    rounds = []
    for _ in range(2):
        begun = time.process_time()
        work()
        rounds.append(time.process_time() - begun)
    return min(rounds)


def _filter_and_score(population_: Population, batch: Batch) -> None:
    for block in blocks(batch, 0.0):
        filtered = filter_batch(population_, block.minutes, block.clock, block.values, block.counts)
        z, scale, late = (np.ascontiguousarray(part.T) for part in (filtered.z, filtered.scale, filtered.late))
        places = places_of(np.ascontiguousarray(block.days.T))
        score_batch(z, scale, late, np.ascontiguousarray(filtered.believed.T), places)


def speed() -> None:
    """CPU seconds of the batch and of one reading, and a statsmodels filter beside them."""
    some = [replace(one, medication_minutes=None) for one in population(TELLING + 7, HARD, 4000)]
    series = readings = 0
    whole = alone = 0.0
    for measure, _, batch in batches(some):
        copies = 25
        many = Batch(
            np.tile(batch.minutes, copies),
            np.tile(batch.local_minutes, copies),
            np.tile(batch.values, copies),
            np.concatenate([[0], *(batch.starts[1:] + copy * batch.starts[-1] for copy in range(copies))]),
            {},
        )
        whole += _seconds(partial(find, POPULATIONS[measure], many, THRESHOLDS[measure]))
        alone += _seconds(partial(_filter_and_score, POPULATIONS[measure], many))
        series, readings = series + len(many.starts) - 1, readings + len(many.values)
    print("\n### Cost, CPU of one core\n")
    print(f"- {series:,} series of {readings / series:.0f} readings, half of them with a change")
    for name, taken in (("filter and scores", alone), ("findings as well", whole)):
        print(
            f"- {name}: {series / taken:,.0f} series/s, {readings / taken:,.0f} readings/s,"
            f" 10 million readings in {1e7 * taken / readings:.1f} s"
        )
    one = next(
        series
        for series, found_there in zip(some, findings(some), strict=True)
        if series.vital.measure == "SYSTOLIC" and not found_there
    )
    population_ = POPULATIONS["SYSTOLIC"]
    by = watch(population_, THRESHOLDS["SYSTOLIC"])
    pairs = list(zip(one.minutes.tolist(), one.values.tolist(), strict=True))

    def one_by_one() -> None:
        memory = begin(by)
        for minute, value in pairs:
            memory, _ = observe(memory, minute, minute, value, by)

    # What the bench itself has in its hands is no part of a reading's cost.
    gc.collect()
    gc.freeze()
    ours = min(_seconds(one_by_one) for _ in range(20)) / len(pairs)
    print(f"- one reading that raises nothing: {1e6 * ours:.1f} us")
    from analytics.vital_smoothing import representation  # noqa: PLC0415 - brings statsmodels

    minutes = one.minutes
    noise = np.full(len(minutes), population_.noise_sd**2)
    theirs = min(
        _seconds(lambda: representation(population_, minutes, minutes % 1440, one.values, noise).filter())
        for _ in range(10)
    )
    print(f"- statsmodels' filter, parameters known: {1 / theirs:,.0f} series/s; ratio {series / alone * theirs:,.0f}")


def main(count: int) -> None:
    """Print everything."""
    lasting(count)
    point_errors(count)
    heart_failure_weights(count // 2)
    doses(count)
    other_worlds(count)
    trends(count // 4)
    speed()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1200)
