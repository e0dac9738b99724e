"""`python -m bench.vitals_pictures`: the pictures of docs/analysis.md, drawn anew into docs/pictures."""

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from analytics.vital_filter import filter_batch
from analytics.vital_findings import NORMAL_95, FindingKind
from analytics.vital_population import POPULATIONS
from bench.vitals_findings import findings
from bench.vitals_scoring import HORIZON_DAYS, days_since_begin
from bench.vitals_worlds import CHANGES, VITALS, Series, World, population, simulate

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SEED = 611
INK, BAND, POINT, LASTING = "#1f2933", "#c9d8ea", "#b3261e", "#0b5fa5"


def _examples() -> list[tuple[str, Series]]:
    random = np.random.default_rng(SEED)
    shift = simulate(random, World(), VITALS[0], "shift")
    ramp = simulate(random, World(), VITALS[2], "ramp")
    restless = simulate(random, World(), VITALS[1], "variance")
    dose = simulate(random, World(), VITALS[0], "dose")
    return [
        ("Systolic pressure, mmHg: a step", shift),
        ("Weight, kg: a ramp of four days", ramp),
        ("Heart rate, /min: restlessness", restless),
        ("Systolic pressure, mmHg: a step after a recorded change of dose", dose),
    ]


def draw_examples() -> None:
    """Four series with what was expected of each reading and what was found."""
    figure, axes = plt.subplots(4, 1, figsize=(9, 11), sharex=True, layout="constrained")
    for axis, (title, one) in zip(axes, _examples(), strict=True):
        days = np.array([days_since_begin(minute) for minute in one.minutes.tolist()])
        filtered = filter_batch(
            POPULATIONS[one.vital.measure],
            one.minutes[:, None],
            (one.minutes % 1440)[:, None],
            one.values[:, None],
            np.array([len(days)]),
        )
        expected, half = filtered.expected[:, 0], NORMAL_95 * filtered.spread[:, 0]
        axis.fill_between(
            days[5:], (expected - half)[5:], (expected + half)[5:], color=BAND, lw=0, label="expected, 95 %"
        )
        axis.plot(days, one.values, ".", color=INK, ms=4, label="readings")
        axis.axvline(one.onset_day, color=INK, ls=":", lw=1, label="true beginning")
        for number, finding in enumerate(findings([one])[0]):
            at = days_since_begin(finding.minute)
            if finding.kind is FindingKind.POINT:
                axis.plot(at, one.values[finding.reading], "o", mfc="none", mec=POINT, ms=10, mew=1.5)
            else:
                text = (
                    f"{finding.kind.title()} {finding.direction.lower()}{' (explained)' if finding.explained else ''}"
                )
                axis.axvline(at, color=LASTING, lw=1.5)
                axis.annotate(
                    text, (at, 0.03 + 0.09 * (number % 2)), xycoords=("data", "axes fraction"), xytext=(4, 0),
                    textcoords="offset points", color=LASTING, fontsize=9,
                )  # fmt: skip
        low, high = np.quantile(one.values, [0.01, 0.99])
        axis.set_ylim(low - 0.5 * (high - low), high + 0.4 * (high - low))
        axis.set_title(title, loc="left", fontsize=10)
    axes[0].legend(loc="upper left", ncols=3, fontsize=8)
    axes[-1].set_xlabel("day; blue line: raised, red ring: a reading not to be believed")
    figure.savefig(PICTURES / "analysis-examples.png", dpi=110)
    plt.close(figure)


def draw_sensitivity(count: int = 400) -> None:
    """How much of each kind of change is found, by its size, in the hard world."""
    factors = (0.3, 0.5, 0.7, 0.9, 1.1, 1.4, 1.8)
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    shares: dict[str, list[float]] = {change: [] for change in CHANGES if change != "variance"}
    for factor in factors:
        some = population(SEED, replace(World(), amplitude=factor), count)
        found = findings(some)
        for change, share in shares.items():
            hits = [
                any(
                    one.kind is not FindingKind.POINT
                    and 0 <= days_since_begin(one.minute) - series.onset_day <= HORIZON_DAYS[change]
                    for one in ones
                )
                for series, ones in zip(some, found, strict=True)
                if series.change == change
            ]
            share.append(float(np.mean(hits)))
    for (change, share), style in zip(shares.items(), ("-o", "--s", ":^"), strict=True):
        axis.plot([2.5 * factor for factor in factors], share, style, color=INK, ms=5, label=change)
    axis.set_xlabel("mean size of the change, standard deviations of a reading")
    axis.set_ylabel("share found within its horizon")
    axis.set_ylim(0, 1)
    axis.grid(visible=True, alpha=0.3)
    axis.legend()
    figure.savefig(PICTURES / "analysis-sensitivity.png", dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    mpl.use("Agg")
    draw_examples()
    draw_sensitivity()
