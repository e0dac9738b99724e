"""`python -m bench.vitals_fit [SERIES]`: populations and thresholds fitted anew, beside those shipped.

Prints a row per measure: fitted level, spread of levels, day effect, swing and noise (shipped ones in brackets), and
the thresholds that a budget of alerts asks for. Series are of the easy world for the fit, since it is the model's own,
and steady ones of the hard world for the thresholds; seeds below 500.
"""

import sys
from dataclasses import replace

from analytics.alert_budget import Budget, calibrate
from analytics.population_fit import fit_population
from analytics.vital_findings import THRESHOLDS
from analytics.vital_population import POPULATIONS
from bench.vitals_findings import batches
from bench.vitals_worlds import OTHER_VITALS, VITALS, World, population

SEED = 301


def main(count: int) -> None:
    """Fit every measure that the worlds know."""
    print("| measure | level | spread of levels | day effect | swing | noise | point | up | down | restless |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for vital in (*VITALS, *OTHER_VITALS):
        easy = population(SEED, World(hard=False, vitals=(vital,)), count)
        hard = [one for one in population(SEED + 1, World(vitals=(vital,)), 4 * count) if one.change is None]
        shipped = POPULATIONS[vital.measure]
        ((_, _, readings),) = batches([one for one in easy if one.change is None])
        fitted = fit_population(replace(shipped, noise_sd=shipped.noise_sd * 1.5), readings)
        ((_, _, steady),) = batches(hard)
        limits = calibrate(shipped, steady, Budget(), THRESHOLDS[vital.measure], version=1)
        cells = [
            f"{getattr(fitted, name):.3g} ({getattr(shipped, name):g})"
            for name in ("level_mean", "level_sd", "day_effect_sd", "swing_sd", "noise_sd")
        ]
        cells += [f"{one:.2f}" for one in (limits.point, limits.up, limits.down, limits.restless)]
        print(f"| {vital.measure} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
