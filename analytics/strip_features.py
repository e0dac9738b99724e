"""A strip in numbers, for the model that tells normal, fibrillation, other rhythms and noise apart.

Times between beats, with and without those that come early or look strange; the atria; the shapes; the disturbances.
The order of names is the order in which the model was trained.
"""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from analytics.atrial import atrial_activity
from analytics.beat_shapes import BEFORE_SECONDS, BeatKind, BeatShapes
from analytics.ecg_signal import RATE_HERTZ, Lead, Series
from analytics.irregularity import irregularity
from analytics.rpeaks import Beats
from analytics.strip_quality import SecondBySecond

_TINY = 1e-9
_NO_INDEX = 0.0
_CALM_STEP = 0.06
_GOOD, _DOUBTFUL, _UNLIKE = 0.7, 0.8, 0.6
_INDICES = (
    "coefficient_of_entropy",
    "median_step",
    "lorenz_evidence",
    "rmssd_ratio",
    "variation",
    "nn50",
    "turning_points",
    "entropy",
    "step_entropy",
    "short_long",
)


def _indices(prefix: str, rr_seconds: Series) -> dict[str, float]:
    found = irregularity(rr_seconds)
    return {f"{prefix} {name}": getattr(found, name) if found else _NO_INDEX for name in _INDICES}


def interval_features(seconds: Series) -> dict[str, float]:
    """What the times between beats say, of R peaks in increasing seconds."""
    rr = np.diff(seconds)
    if len(rr) < 3:  # noqa: PLR2004
        rr = np.full(3, 1.0)
    usual = float(np.median(rr))
    low, lower, upper, high = np.percentile(rr, [5, 25, 75, 95]) / usual
    steps = np.diff(rr)
    return (
        _indices("rr", rr)
        | {
            "median rr": usual,
            "shortest rr": float(rr.min()),
            "longest rr": float(rr.max()),
            "rr 5": float(low),
            "rr 25": float(lower),
            "rr 75": float(upper),
            "rr 95": float(high),
            "longest of usual": float(rr.max() / usual),
            "steps of a tenth": float((np.abs(steps) > 0.1 * rr[1:]).mean()),
            "largest step": float(np.abs(steps).max() / usual),
            "every other": float(np.median(np.abs(rr[2:] - rr[:-2])) / (np.median(np.abs(steps)) + 0.01 * usual)),
            "drift": _slope(rr) * len(rr) / usual,
        }
        | _parts(rr, np.abs(steps) / usual)
    )


def _slope(values: Series) -> float:
    """Of a straight line through values at equal distances."""
    at = np.arange(len(values)) - (len(values) - 1) / 2
    return float((at * values).sum() / (at**2).sum())


def _parts(rr: Series, steps: Series) -> dict[str, float]:
    """How the strip's parts differ: fibrillation may begin or end within it, noise may spoil a part of it."""
    thirds = [float(np.median(part)) if len(part) else 0.0 for part in np.array_split(steps, 3)]
    calm = np.flatnonzero(np.diff((steps < _CALM_STEP).astype(np.int8), prepend=0, append=0))
    return {
        "calmest third": min(thirds),
        "wildest third": max(thirds),
        "longest calm": float(np.diff(calm)[::2].max(initial=0) / len(rr)),
        "calm steps": float((steps < _CALM_STEP).mean()) if len(steps) else 0.0,
    }


def _ectopy(seconds: Series, shapes: BeatShapes) -> dict[str, float]:
    """Beats out of order, and how regular the rest is without them."""
    odd = np.array([kind is BeatKind.WIDE_OR_EARLY for kind in shapes.kinds])
    rr = np.diff(seconds)
    calm = ~(odd[:-1] | odd[1:])
    calm[1:] &= ~odd[:-2]  # the pause after an early beat belongs to it
    usual = float(np.median(rr)) if len(rr) else 1.0
    short = np.flatnonzero(rr[:-1] < 0.85 * usual) if len(rr) > 1 else np.empty(0, dtype=int)
    made_up = [abs(rr[at] + rr[at + 1] - 2 * usual) / usual for at in short.tolist()]
    return _indices("calm", rr[calm]) | {
        "share calm": float(calm.mean()) if len(calm) else 0.0,
        "share odd": float(odd.mean()),
        "share of other shape": float((shapes.cluster != 0).mean()),
        "share alone": float((shapes.cluster < 0).mean()),
        "clusters": float(len(set(shapes.cluster.tolist()) - {-1})),
        "second cluster": float((shapes.cluster == 1).mean()),
        "pauses that make up": float(np.mean(np.array(made_up) < 0.15)) if made_up else 0.0,  # noqa: PLR2004
        "short intervals": len(short) / max(1, len(rr)),
    }


def _shape(shapes: BeatShapes) -> dict[str, float]:
    """The median beat and how closely the others keep to it."""
    template = shapes.template - np.median(shapes.template)
    r_at = round(BEFORE_SECONDS * RATE_HERTZ)
    steps = {name: r_at + round(at * RATE_HERTZ) for name, at in (("qrs", 0.08), ("j", 0.1), ("t", 0.42))}
    qrs = template[r_at - round(0.08 * RATE_HERTZ) : steps["qrs"]]
    height = float(np.ptp(qrs)) + _TINY
    t_wave = template[steps["j"] : steps["t"]]
    main = shapes.snippets[shapes.cluster == 0]
    main = main - np.median(main, axis=1, keepdims=True)
    spread = np.std(main - template, axis=0) / height
    like = np.percentile(shapes.likeness, [10, 25, 50])
    return {
        "qrs microvolts": np.log(height),
        "qrs polarity": float(qrs.max() / height),
        "qrs width": float(np.median(shapes.width[shapes.cluster == 0])),
        "width spread": float(np.percentile(shapes.width, 90) - np.percentile(shapes.width, 10)),
        "t size": float(np.ptp(t_wave) / height),
        "t sign": float((t_wave.max() + t_wave.min()) / height),
        "st level": float(template[steps["j"]] / height),
        "spread in qrs": float(spread[r_at - 20 : r_at + 20].mean()),
        "spread before": float(spread[: r_at - 25].mean()),
        "spread in t": float(spread[steps["j"] : steps["t"]].mean()),
        "like 10": float(like[0]),
        "like 25": float(like[1]),
        "like 50": float(like[2]),
        "size spread": float(np.percentile(shapes.size, 90) - np.percentile(shapes.size, 10)),
        "size steps": float(np.median(np.abs(np.diff(shapes.size)))) if len(shapes.size) > 1 else 0.0,
    }


def _disturbance(lead: Lead, seconds: SecondBySecond, beats: Beats) -> dict[str, float]:
    certainty = beats.certainty
    good = seconds.score > _GOOD
    edges = np.flatnonzero(np.diff(good.astype(np.int8), prepend=0, append=0))
    return {
        "score": float(np.mean(seconds.score)),
        "score 10": float(np.percentile(seconds.score, 10)),
        "score 50": float(np.median(seconds.score)),
        "muscle": float(np.median(seconds.muscle)),
        "muscle 90": float(np.percentile(seconds.muscle, 90)),
        "restless": float(np.median(seconds.restless)),
        "restless 90": float(np.percentile(seconds.restless, 90)),
        "motion": float(np.median(seconds.motion)),
        "motion 90": float(np.percentile(seconds.motion, 90)),
        "certainty": float(np.mean(certainty)),
        "certainty 10": float(np.percentile(certainty, 10)),
        "agreement": beats.agreement,
        "good seconds": float(good.mean()),
        "longest good": float(np.diff(edges)[::2].max(initial=0)),
        "doubtful seconds": float(np.mean(seconds.certainty < _DOUBTFUL)),
        "unlike seconds": float(np.mean(seconds.likeness < _UNLIKE)),
        "slow share": float(np.log((np.median(lead.slow_energy) + _TINY) / (np.median(lead.energy) + _TINY))),
        "fast share": float(np.log((np.median(lead.fast_energy) + _TINY) / (np.median(lead.energy) + _TINY))),
        "beats a second": len(certainty) / lead.seconds,
        "loudness": float(np.log(lead.shape.std() + 1)),
        "loud seconds": float(
            np.log((np.percentile(np.abs(lead.shape), 99.5) + 1) / (np.percentile(np.abs(lead.shape), 90) + 1))
        ),
    }


def strip_features(lead: Lead, beats: Beats, shapes: BeatShapes, quality: SecondBySecond) -> dict[str, float]:
    """All features by name; needs a beat or more."""
    return (
        interval_features(beats.seconds)
        | _ectopy(beats.seconds, shapes)
        | asdict(atrial_activity(lead, shapes))
        | _shape(shapes)
        | _disturbance(lead, quality, beats)
    )


def as_row(features: dict[str, float], names: tuple[str, ...]) -> NDArray[np.float64]:
    """The features in a model's order, (1, features), without what is no number."""
    return np.nan_to_num(np.array([[features[name] for name in names]], dtype=np.float64), posinf=1e6, neginf=-1e6)
