"""Distances between two heatmaps of one image: raw and normalised.

All functions take raw maps of many images at once, and no model. Every distance runs from 0 (the same) to 1.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from camcore.geometry import FloatArray, FloatVector, upsample
from camcore.heatmaps.drawing import CONVENTIONS, draw_heat, heat_range, is_measured

TOP_SHARE = 0.2


@dataclass(frozen=True)
class Maps:
    """Maps of one source on the comparison's grid: raw and normalised, both (N, h, w)."""

    signed: FloatArray
    drawn: FloatArray

    @cached_property
    def by_heat(self) -> NDArray[np.intp]:
        """Cells of each map from hottest to coldest, (N, cells). Ties are broken by signed map, then index."""
        drawn, signed = (values.reshape(len(values), -1) for values in (self.drawn, self.signed))
        return np.lexsort((-signed, -drawn), axis=-1)


def heat_moved(first: Maps, second: Maps) -> FloatVector:
    """Return the share of heat to move to turn one normalised map into the other.

    Total variation between the two as distributions: `1/2 sum |p - q|`.
    """
    p, q = _as_distribution(first.drawn), _as_distribution(second.drawn)
    moved: FloatVector = 0.5 * np.abs(p - q).sum((-2, -1))
    return moved


def rank_disagreement(first: Maps, second: Maps) -> FloatVector:
    """Return `(1 - rho) / 2` of the signed maps, rho Spearman's. 0 is the same order, 0.5 unrelated, 1 reversed."""
    distance: FloatVector = np.clip((1 - rank_correlation(first.signed, second.signed)) / 2, 0, 1)
    return distance


def rank_correlation(first: FloatArray, second: FloatArray) -> FloatVector:
    """Return Spearman's rho per pair of maps (N, h, w). It is 0 if one map is constant, 1 if both are."""
    a, b = _centred_ranks(first), _centred_ranks(second)
    norm = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    both_constant = (a == 0).all(-1) & (b == 0).all(-1)
    rho: FloatVector = np.divide((a * b).sum(-1), norm, out=both_constant.astype(float), where=norm > 0)
    return rho


def top_area_disagreement(first: Maps, second: Maps) -> FloatVector:
    """Return `1 - IoU` of the hottest fifths of the cells. A fifth is round(0.2 * cells) cells; ties by signed map,
    then index.
    """
    a, b = _hottest(first), _hottest(second)
    distance: FloatVector = 1 - (a & b).sum(-1) / (a | b).sum(-1)
    return distance


def peak_shift(first: Maps, second: Maps) -> FloatVector:
    """Return the distance of the hottest cells, divided by that of opposite corner cells."""
    h, w = first.drawn.shape[-2:]
    (ya, xa), (yb, xb) = (np.divmod(maps.by_heat[:, 0], w) for maps in (first, second))
    longest = np.hypot(h - 1, w - 1)
    shift: FloatVector = np.hypot(ya - yb, xa - xb) / (longest if longest else 1)
    return shift


@dataclass(frozen=True)
class Measure:
    """A distance between two maps. `drawn`: it depends on normalisation, not only on the order of values.

    No convention changes that order, so the other measures are computed once for all conventions.
    """

    title: str
    compute: Callable[[Maps, Maps], FloatVector]
    drawn: bool


MEASURES = {
    "heat_moved": Measure("Share of heat moved", heat_moved, drawn=True),
    "rank_disagreement": Measure("Rank disagreement", rank_disagreement, drawn=False),
    "top_area_disagreement": Measure("Hottest fifth disagreement", top_area_disagreement, drawn=False),
    "peak_shift": Measure("Peak shift", peak_shift, drawn=False),
}


def compare(
    first: FloatArray,
    first_method: str,
    second: FloatArray,
    second_method: str,
    measures: Collection[str] = tuple(MEASURES),
    conventions: Collection[str] = CONVENTIONS,
) -> pd.DataFrame:
    """Return distances, a row per image; columns `<measure>_<convention>`.

    Args:
        first, second: Raw signed maps (N, h, w); the coarser ones are upsampled to the finer grid.
        first_method, second_method: The methods' ids, which decide how the literature draws them.
        measures, conventions: All by default.

    A map that is not drawn at all (no positive evidence) has distance 0 to another such map and 1 to any other. Rows
    with a map that is not finite, constant or of too few cells are NaN.
    """
    measured = is_measured(first) & is_measured(second)
    height, width = (max(first.shape[axis], second.shape[axis]) for axis in (-2, -1))
    first, second = (upsample(maps.astype(np.float64), height, width) for maps in (first, second))
    columns: dict[str, FloatVector] = {
        f"{name}_{convention}": np.full(len(measured), np.nan) for convention in conventions for name in measures
    }
    if measured.any():
        sides = (first[measured], first_method), (second[measured], second_method)
        in_order = [Maps(maps, maps) for maps, _ in sides]
        order_measures = {name: MEASURES[name].compute(*in_order) for name in measures if not MEASURES[name].drawn}
        for convention in conventions:
            ranges = [heat_range(maps, convention, method) for maps, method in sides]
            blank_a, blank_b = (low >= high for low, high in ranges)
            if len(order_measures) < len(measures):
                drawn = [Maps(maps, draw_heat(maps, *ends)) for (maps, _), ends in zip(sides, ranges, strict=True)]
            for name in measures:
                values = MEASURES[name].compute(*drawn) if MEASURES[name].drawn else order_measures[name]
                values = np.where(blank_a | blank_b, (blank_a != blank_b).astype(float), values)
                columns[f"{name}_{convention}"][measured] = values
    return pd.DataFrame(columns)


def mean_of_finite(values: ArrayLike) -> float:
    """Return the mean of the finite values, NaN if there are none."""
    numbers = np.asarray(values, dtype=float)
    finite = numbers[np.isfinite(numbers)]
    return float(finite.mean()) if finite.size else float("nan")


def _as_distribution(drawn: FloatArray) -> FloatArray:
    total = drawn.sum((-2, -1), keepdims=True)
    shares: FloatArray = drawn / np.where(total > 0, total, 1)
    return shares


def _centred_ranks(signed: FloatArray) -> FloatArray:
    """Return the centred ranks of each map's cells, (N, cells). Equal cells share their mean rank."""
    values = signed.reshape(len(signed), -1)
    order = values.argsort(-1)
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, values.shape[1] + 1)[None], axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    tied = (ordered[:, 1:] == ordered[:, :-1]).any(-1)
    ranks[tied] = rankdata(values[tied], axis=-1)  # three times slower, and few maps have equal cells
    return ranks - (values.shape[1] + 1) / 2


def _hottest(maps: Maps) -> NDArray[np.bool_]:
    order = maps.by_heat
    hottest = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(hottest, order[:, : max(1, round(TOP_SHARE * order.shape[1]))], True, axis=-1)
    return hottest
