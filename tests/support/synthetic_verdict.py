"""A synthetic verdict: `verdict.json` and `measures.parquet` of a synthetic run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.explained.explanation import Explanation, open_explanation
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.sources import identical_by_theory, parse_source
from camcore.runs.run import open_run
from camcore.system.files import write_json
from camcore.verdict.claims import claim_accuracy_price
from camcore.verdict.document import VerdictDocument
from tests.support.synthetic_curves import allow, make_cost, make_curves, make_randomization

BASELINES = ("baseline_center", "baseline_uniform", "baseline_random", "baseline_edges")
NO_CAM = {"max_error": 0.852}
REASON = "mean(CAM) + bias differs from the logits by 85% of their range"
# measure -> group, kind, better, typical value; None without a value per image
MEASURES: dict[str, tuple[str, str, str, float]] = {
    "pointing_strict": ("localization", "yes_no", "higher", 0.78),
    "pointing_15px": ("localization", "yes_no", "higher", 0.86),
    "energy_in_box": ("localization", "continuous", "higher", 0.61),
    "off_object_positive": ("localization", "continuous", "lower", 0.39),
    "off_object_literature": ("localization", "continuous", "lower", 0.42),
    "max_box_acc_v2": ("localization", "resampled", "higher", 0.55),
    "max_box_acc": ("localization", "resampled", "higher", 0.57),
    "pxap": ("localization", "resampled", "higher", 0.5),
    "pointing_parts": ("localization", "yes_no", "higher", 0.46),
    "energy_in_parts": ("localization", "continuous", "higher", 0.24),
    "insertion": ("faithfulness", "continuous", "higher", 0.64),
    "deletion": ("faithfulness", "continuous", "lower", 0.29),
    "follows_class": ("class", "yes_no", "higher", 0.71),
    "class_sensitivity": ("class", "continuous", "higher", 0.44),
}
CHANCE = {"pointing_strict": 0.31, "energy_in_box": 0.31, "pointing_parts": 0.06, "energy_in_parts": 0.06}
# Difference to the reference: methods, then baselines.
SHIFTS = {"grad_cam_pp": -0.03, "layer_cam": 0.05, "eigen_cam": -0.14, "score_cam": 0.01, "grad_cam@layer3": -0.07}
SHIFTS |= {"baseline_center": -0.16, "baseline_uniform": -0.3, "baseline_random": -0.36, "baseline_edges": -0.24}


def write_verdict(
    path: Path,
    seed: int = 0,
    against: str | None = None,
    claims: list[dict[str, Any]] | None = None,
    over_seeds: bool = False,
) -> Path:
    """Write a plausible verdict and all methods' maps into the current explanation; return its folder.

    `against` names the run of the price, or its group if `over_seeds`; `claims` replaces the claims that fit the
    numbers.
    """
    explanation = open_explanation(open_run(path))
    add_maps(explanation, seed)
    explanation = open_explanation(open_run(path))
    sources = list(explanation.manifest.sources)
    table = _draw_values(explanation, [*sources, *BASELINES], seed)
    table.to_parquet(explanation.path / "measures.parquet")
    document = _describe(path.name, explanation, table, sources)
    document["price"] = _make_price(against, len(explanation.samples), over_seeds) if against else None
    document["claims"] = _make_claims(document) if claims is None else claims
    write_json(explanation.path / "verdict.json", parse_verdict(document).to_json())
    return explanation.path


def parse_verdict(document: dict[str, Any]) -> VerdictDocument:
    """Return a verdict from its JSON object."""
    return VerdictDocument.model_validate_json(json.dumps(document))


def small_verdict(**changes: Any) -> VerdictDocument:
    """Return a verdict of three equal methods, with parts of its JSON object replaced."""
    sources = ["cam", "grad_cam", "layer_cam"]
    means = dict.fromkeys(sources, 0.9)
    document = {
        "format_version": 1,
        "created": "2026-01-01T00:00:00+00:00",
        "run": "small",
        "generation": "20260101T000000-000000",
        "seed": 0,
        "reference": "cam",
        "images": {"all": 100, "faithfulness": 50, "two_class": 10, "randomization": 48},
        "steps": 16,
        "sources": sources,
        "baselines": [],
        "not_applicable": {},
        "measures": {"pointing_strict": small_measure(means, {"grad_cam": "theory", "layer_cam": "no_difference"})},
        "curves": make_curves(sources, {}),
        "randomization": make_randomization(sources, {}),
        "cost": make_cost(sources),
        "freedom": {name: allow(method.needs) for name, method in METHODS.items()},
        "price": None,
        "claims": [],
        "seconds": 1.0,
    }
    return parse_verdict(document | changes)


def small_measure(
    means: dict[str, float],
    outcomes: dict[str, str],
    group: str = "localization",
    better: str = "higher",
    effect_size: float = 0.5,
) -> dict[str, Any]:
    """Return a measure by its means; the outcome `theory` marks a source equal to CAM by theory."""
    return {
        "group": group,
        "kind": "continuous",
        "better": better,
        "n": 100,
        "chance": None,
        "values": {source: {"mean": mean, "low": mean - 0.01, "high": mean + 0.01} for source, mean in means.items()},
        "oracle": None,
        "differences": {
            source: {
                "mean_difference": means[source] - means["cam"],
                "n": 100,
                "dropped": 0,
                "low": means[source] - means["cam"] - 0.01,
                "high": means[source] - means["cam"] + 0.01,
                "p_value": 0.01,
                "effect_size": effect_size,
                "higher": 50,
                "lower": 50,
                "identical": False,
                "interval": "bootstrap-t",
                "test": "sign flips",
                "identical_by_theory": outcome == "theory",
                "p_adjusted": 0.02,
                "verdict": "no_difference" if outcome == "theory" else outcome,
            }
            for source, outcome in outcomes.items()
        },
        "by_correctness": {"right": dict(means), "wrong": dict(means)},
    }


def add_maps(explanation: Explanation, seed: int) -> None:
    """Add missing methods' maps, made from Grad-CAM's."""
    random = np.random.default_rng(seed)
    last = np.load(explanation.path / "grad_cam.npy")
    samples = pd.read_parquet(explanation.path / "samples.parquet")
    sources = list(explanation.manifest.sources)
    for name, method in METHODS.items():
        if name in sources or method.needs == "class_weights":
            continue
        noise = 0 if method.gap_identity and explanation.cam_able else random.normal(0, 0.04, last.shape)
        np.save(explanation.path / f"{name}.npy", (last + noise).astype(np.float32))
        samples[f"status_{name}"] = samples["status_grad_cam"]
        sources.append(name)
    order = [*(name for name in METHODS if name in sources), *(source for source in sources if source not in METHODS)]
    samples.to_parquet(explanation.path / "samples.parquet")
    manifest = explanation.manifest.model_copy(update={"sources": tuple(order)})
    write_json(explanation.path / "manifest.json", manifest.to_json())


def _draw_values(explanation: Explanation, sources: list[str], seed: int) -> pd.DataFrame:
    """Return a row per source and image: the image's difficulty, the source's shift, and noise."""
    random = np.random.default_rng(seed)
    images = len(explanation.samples)
    two_class = (explanation.samples["other_label"] != -1).to_numpy()
    common = random.normal(0, 0.16, (len(MEASURES), images))
    rows = []
    reference = _reference(explanation)
    for source in sources:
        same = source == reference or (source not in BASELINES and _is_same(reference, source, explanation))
        noise = 0 if same else random.normal(0, 0.07, common.shape)
        values = common + noise + (0 if same else SHIFTS.get(source, 0.0))
        rows.append(_make_rows(source, values, two_class))
    return pd.concat(rows, ignore_index=True)


def _make_rows(source: str, values: NDArray[np.float64], two_class: NDArray[np.bool_]) -> pd.DataFrame:
    columns: dict[str, Any] = {"index": np.arange(values.shape[1]), "source": source}
    for at, (name, (_, kind, better, typical)) in enumerate(MEASURES.items()):
        sign = 1 if better == "higher" else -1
        if name == "off_object_literature" and source == "cam":
            typical += 0.2  # min-max normalisation of CAM shows negative evidence
        if kind == "yes_no":
            columns[name] = (values[at] > np.quantile(0.16 * _NORMAL, 1 - typical)).astype(float)
        else:
            columns[name] = np.clip(typical + sign * values[at], 0, 1)
        if name == "follows_class":
            columns[name] = np.where(two_class, columns[name], np.nan)
    return pd.DataFrame(columns)


_NORMAL = np.random.default_rng(0).normal(0, 1, 4001)


def _describe(run: str, explanation: Explanation, table: pd.DataFrame, sources: list[str]) -> dict[str, Any]:
    samples = explanation.samples
    right = (samples["label"] == samples["predicted"]).to_numpy()
    by_source = {source: group.set_index("index") for source, group in table.groupby("source")}
    reference = _reference(explanation)
    return {
        "format_version": 1,
        "created": "2026-01-01T00:00:00+00:00",
        "run": run,
        "generation": explanation.id,
        "seed": 0,
        "reference": reference,
        "images": {"all": len(samples), "faithfulness": len(samples) // 2}
        | {"two_class": int((samples["other_label"] != -1).sum()), "randomization": min(64, len(samples))},
        "steps": 16,
        "sources": sources,
        "baselines": list(BASELINES),
        "not_applicable": {} if "cam" in sources else {"cam": NO_CAM},
        "measures": {name: _describe_measure(name, by_source, sources, explanation, right) for name in MEASURES},
        "curves": make_curves([*sources, *BASELINES], SHIFTS),
        "randomization": make_randomization(sources, SHIFTS),
        "cost": make_cost(sources),
        "freedom": {name: allow(method.needs) for name, method in METHODS.items()},
        "seconds": 412.0,
    }


def _describe_measure(
    name: str, tables: dict[str, pd.DataFrame], sources: list[str], explanation: Explanation, right: NDArray[np.bool_]
) -> dict[str, Any]:
    group, kind, better, _ = MEASURES[name]
    reference = _reference(explanation)
    values = {source: table[name] for source, table in tables.items()}
    resampled = kind == "resampled"
    return {
        "group": group,
        "kind": kind,
        "better": better,
        "n": int(values[reference].notna().sum()),
        "chance": CHANCE.get(name),
        "values": {source: _estimate(column) for source, column in values.items()},
        "oracle": {source: float(values[source].mean()) + 0.012 for source in sources} if resampled else None,
        "differences": {
            source: _compare(column, values[reference], source, explanation, better)
            for source, column in values.items()
            if source != reference
        },
        "by_correctness": {
            word: {source: _mean_or_none(values[source][rows]) for source in sources}
            for word, rows in (("right", right), ("wrong", ~right))
        },
    }


def _mean_or_none(values: pd.Series) -> float | None:
    return float(values.mean()) if values.notna().any() else None


def _estimate(values: pd.Series) -> dict[str, float]:
    mean, half = float(values.mean()), 1.96 * float(values.sem())
    return {"mean": mean, "low": max(0.0, mean - half), "high": min(1.0, mean + half)}


def _compare(
    values: pd.Series, reference: pd.Series, source: str, explanation: Explanation, better: str
) -> dict[str, Any]:
    difference = (values - reference).dropna()
    mean, half = float(difference.mean()), 1.96 * float(difference.sem())
    identical = bool((difference == 0).all())
    wins = mean > 0 if better == "higher" else mean < 0
    same = source not in BASELINES and _is_same(_reference(explanation), source, explanation)
    outcome = "no_difference" if same or identical or abs(mean) < 1.4 * half else "better" if wins else "worse"
    deviation = float(difference.std())
    return {
        "mean_difference": mean,
        "low": mean - half,
        "high": mean + half,
        "p_value": 1.0 if identical else float(np.exp(-2 * (mean / half) ** 2)),
        "p_adjusted": 1.0 if identical else min(1.0, 20 * float(np.exp(-2 * (mean / half) ** 2))),
        "effect_size": 0.0 if identical else mean / deviation,
        "test": "Wilcoxon signed-rank",
        "interval": "BCa bootstrap",
        "n": len(difference),
        "dropped": len(values) - len(difference),
        "higher": int((difference > 0).sum()),
        "lower": int((difference < 0).sum()),
        "identical": identical,
        "identical_by_theory": same,
        "verdict": outcome,
    }


def _make_price(against: str, images: int, over_seeds: bool) -> dict[str, Any]:
    accuracies = {"accuracy": 0.752, "accuracy_against": 0.765, "difference": -0.013}
    price = {"against": against, **accuracies, "low": -0.038, "high": 0.012, "p_value": 0.34, "n": images}
    return price | {"seeds": _make_seeds(against)} if over_seeds else price


def _make_seeds(against: str) -> dict[str, Any]:
    """Return three seeds of one group and two of the other; the first two are shared."""
    accuracies = {"dogs": (0.741, 0.748, 0.767), against: (0.760, 0.770)}
    ours, theirs = (
        [{"run": f"{name}-seed{seed}", "seed": seed, "accuracy": value} for seed, value in enumerate(values, start=1)]
        for name, values in accuracies.items()
    )
    return {
        "group": "dogs",
        "members": ours,
        "members_against": theirs,
        "deviation": 0.0136,
        "deviation_against": 0.0071,
        "differs": "",
        "unfinished": [f"{against}-seed3"],
        "standard_errors": 2.57,
    }


def _make_claims(document: dict[str, Any]) -> list[dict[str, Any]]:
    measures = document["measures"]
    pointing = {source: mean["mean"] for source, mean in measures["pointing_strict"]["values"].items()}
    claims: list[tuple[str, dict[str, Any]]] = [("cam_not_applicable", NO_CAM)]
    if document["reference"] == "cam":
        same = ["cam", "grad_cam", "hires_cam", "xgrad_cam"]
        off = {kind: measures[f"off_object_{kind}"]["values"]["cam"]["mean"] for kind in ("literature", "positive")}
        claims = [
            ("identical_up_to_drawing", {"first": "cam", "second": "grad_cam", "methods": same}),
            ("drawing_effect", {"source": "cam", "measure": "off_object", **off}),
        ]
    ends = {"best": document["reference"], "worst": "eigen_cam"}
    means = {f"{end}_mean": pointing[source] for end, source in ends.items()}
    claims += [
        ("separates", {"measure": "pointing_strict", **ends, **means}),
        ("best_is", {"source": "layer_cam", "measures": 9, "losses": 0, "of": len(measures) - 2}),
        ("fails_randomization", {"sources": ["eigen_cam"]}),
        ("reason_to_prefer", {"source": "layer_cam", "reason": "localization"}),
    ]
    price = parse_verdict(document | {"claims": []})
    claims[-1:-1] = [(claim.code, claim.parameters) for claim in claim_accuracy_price(price)]
    return [{"code": code, "parameters": parameters} for code, parameters in claims]


def _reference(explanation: Explanation) -> str:
    return "cam" if "cam" in explanation.manifest.sources else "grad_cam"


def _is_same(reference: str, source: str, explanation: Explanation) -> bool:
    return source != reference and identical_by_theory(
        parse_source(reference), parse_source(source), explanation.cam_able
    )
