"""Curves and costs of a synthetic verdict, computed by formulas."""

from typing import Any

import numpy as np

from camcore.heatmaps.methods import METHODS

STEPS = ("original", "head", "layer4", "layer3", "layer2", "layer1", "stem")


def make_curves(sources: list[str], shifts: dict[str, float]) -> dict[str, Any]:
    """Return insertion and deletion curves; higher shifts give steeper ones."""
    share = np.linspace(0, 1, 17)
    curves: dict[str, Any] = {"share": share.tolist(), "insertion": {}, "deletion": {}}
    for source in sources:
        speed = 5 * (1 + 1.6 * shifts.get(source, 0.0))
        curves["insertion"][source] = (0.16 + 0.62 * (1 - np.exp(-speed * share))).tolist()
        curves["deletion"][source] = (0.08 + 0.7 * np.exp(-speed * share)).tolist()
    return curves


def make_randomization(sources: list[str], shifts: dict[str, float]) -> dict[str, Any]:
    """Return similarities that fall for all methods except Eigen-CAM, which fails."""
    at = np.arange(len(STEPS))
    last = {source: 0.86 if source == "eigen_cam" else 0.08 + abs(shifts.get(source, 0.0)) for source in sources}
    similarity = {source: (floor + (1 - floor) * np.exp(-at)) for source, floor in last.items()}
    return {
        "steps": list(STEPS),
        "similarity": {source: values.tolist() for source, values in similarity.items()},
        "low": {source: np.where(at, values - 0.06, 1).tolist() for source, values in similarity.items()},
        "high": {source: np.where(at, values + 0.06, 1).clip(max=1).tolist() for source, values in similarity.items()},
        "passes": {source: floor < 0.5 for source, floor in last.items()},
    }


def make_cost(sources: list[str]) -> dict[str, Any]:
    """Return times around one forward pass, and far more for Score-CAM."""
    factors = {"cam": 1.02, "eigen_cam": 1.05, "score_cam": 34.0}
    times = {source: factors.get(source, 1.08 if source in METHODS else 1.31) for source in sources}
    costs = {source: {"milliseconds": 4.2 * factor, "times_forward": factor} for source, factor in times.items()}
    return {"forward_milliseconds": 4.2, "methods": costs}


def allow(needs: str) -> dict[str, Any]:
    """Return a method's freedom by its requirements."""
    bound = needs == "class_weights"
    heads = ["gap"] if bound else ["gap", "mlp", "native"]
    return {"needs": needs, "heads": heads, "layers": "last" if bound else "any"}
