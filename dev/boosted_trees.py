"""Trees learned by scikit-learn, written as the JSON that `analytics.boosted_trees` evaluates."""

import json
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent.parent / "analytics" / "models"


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def as_document(
    fitted: Any,
    *,
    method: str,
    version: str,
    classes: tuple[str, ...],
    features: tuple[str, ...],
    training: dict[str, Any],
    limits: dict[str, float] | None = None,
) -> dict[str, Any]:
    """A fitted HistGradientBoostingClassifier as JSON; `training` says on what it was learned and how well it did.

    `limits` are the probabilities at which the analysis says something.
    """
    columns: dict[str, list[Any]] = {key: [] for key in ("feature", "threshold", "left", "right", "value")}
    scores = len(fitted._predictors[0])  # noqa: SLF001 - scikit-learn has no public way to the nodes
    roots: list[list[int]] = [[] for _ in range(scores)]
    depth = 0
    for iteration in fitted._predictors:  # noqa: SLF001
        for score, tree in enumerate(iteration):
            start = len(columns["feature"])
            roots[score].append(start)
            depth = max(depth, int(tree.nodes["depth"].max()))
            for node in tree.nodes:
                leaf = bool(node["is_leaf"])
                columns["feature"].append(-1 if leaf else int(node["feature_idx"]))
                columns["threshold"].append(0 if leaf else _rounded(node["num_threshold"]))
                columns["left"].append(0 if leaf else start + int(node["left"]))
                columns["right"].append(0 if leaf else start + int(node["right"]))
                columns["value"].append(_rounded(node["value"]) if leaf else 0)
    return {
        "method": method,
        "version": version,
        "classes": classes,
        "features": features,
        "training": training,
        "limits": limits or {},
        "baseline": [_rounded(base) for base in fitted._baseline_prediction.ravel()],  # noqa: SLF001
        "depth": depth,
        "roots": roots,
        **columns,
    }


def write(name: str, document: dict[str, Any]) -> Path:
    """Put a model beside the code that asks it."""
    MODELS.mkdir(exist_ok=True)
    path = MODELS / f"{name}.json"
    # One key a line: a change of the model is seen as what it is.
    lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in document.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return path
