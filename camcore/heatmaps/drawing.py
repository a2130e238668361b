"""Draws a raw map: upsample, normalise, colour, blend. The page's script draws the same pixels.

The signed map is upsampled first and clipped afterwards. The range comes from the raw map's own cells, so that the
colours do not depend on the size of the picture.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor
from plotly.colors import get_colorscale

from camcore.backbones import BACKBONES
from camcore.config import RunConfig
from camcore.errors import unknown_choice
from camcore.geometry import FloatArray
from camcore.heatmaps.methods import METHODS

COLORMAPS = {"inferno": "Inferno", "viridis": "Viridis", "cividis": "Cividis", "turbo": "Turbo", "jet": "Jet"}
SIGNED_COLORMAP = "PuOr_r"  # zero is nearly white; colour-blind people can distinguish both signs

LEAST_CELLS = 4  # per side of a map; heat in fewer cells does not say where
FLAT = 1e-5  # a smaller range, as a share of the largest absolute value, is rounding


class Conventions(NamedTuple):
    """A number in both conventions: min-max normalised as in the literature, and positive evidence."""

    literature: float
    positive: float


CONVENTIONS = Conventions._fields


def heat_range(raw: FloatArray, convention: str, method: str) -> tuple[FloatArray, FloatArray]:
    """Return the raw values that become 0 and 1, (...), for raw maps (..., h, w).

    `positive`: 0 and the maximum. `literature`: the same, but CAM is min-max normalised. They are equal for a map
    without positive evidence; nothing is drawn then.
    """
    if convention not in CONVENTIONS:
        raise unknown_choice("convention", convention, CONVENTIONS)
    high = raw.max((-2, -1))
    if convention == "literature" and METHODS[method].drawn_signed:
        return raw.min((-2, -1)), high
    return np.zeros_like(high), np.maximum(high, 0)


def draw_heat(raw: FloatArray, low: FloatArray | float, high: FloatArray | float) -> FloatArray:
    """Return maps (..., h, w) normalised from `low`..`high` to 0..1 and clipped; all 0 if low == high.

    Maps that are not finite become 0; `map_status` reports them.
    """
    low, high = np.asarray(low)[..., None, None], np.asarray(high)[..., None, None]
    with np.errstate(invalid="ignore"):
        span = high - low
        finite = np.isfinite(raw.sum((-2, -1), keepdims=True))
        usable = finite & np.isfinite(span) & (span > 0)
        heat = np.clip((raw - low) / np.where(usable, span, 1), 0, 1)
    return np.where(usable, heat, 0)


def draw(raw: FloatArray, convention: str, method: str) -> FloatArray:
    """Return raw maps (..., h, w), normalised to 0 to 1 by a convention."""
    return draw_heat(raw, *heat_range(raw, convention, method))


@lru_cache
def colormap(name: str) -> NDArray[np.uint8]:
    """Return a colour map as a table (256, 3): 0 is no heat, 255 the most. In `signed`, 128 is zero."""
    if name != "signed" and name not in COLORMAPS:
        raise unknown_choice("colour map", name, (*COLORMAPS, "signed"))
    anchors = get_colorscale(SIGNED_COLORMAP if name == "signed" else COLORMAPS[name])
    positions = [position for position, _ in anchors]
    colours = np.array([ImageColor.getrgb(colour) for _, colour in anchors], dtype=float)
    at = np.linspace(0, 1, 256)
    channels = [np.interp(at, positions, colours[:, channel]) for channel in range(3)]
    return np.floor(np.stack(channels, axis=-1) + 0.5).astype(np.uint8)


def blend(image: NDArray[np.uint8], heat: FloatArray, table: NDArray[np.uint8], opacity: float) -> NDArray[np.uint8]:
    """Return a heatmap over an image, (height, width, 3).

    Args:
        image: (height, width, 3).
        heat: (height, width), 0 to 1.
        table: A colour map, (256, 3).
        opacity: 0 shows the image alone, 1 the heatmap alone.
    """
    colours = table[np.floor(heat * 255 + 0.5).astype(int)]
    blended: NDArray[np.uint8] = np.floor((1 - opacity) * image + opacity * colours + 0.5).astype(np.uint8)
    return blended


def is_finite(raw: FloatArray) -> NDArray[np.bool_]:
    """Return which of the raw maps (N, h, w) are finite, (N,)."""
    return np.asarray(np.isfinite(raw).all((-2, -1)))


def is_too_coarse(height: int, width: int) -> bool:
    """Return whether a map of this grid has too few cells to say where."""
    return min(height, width) < LEAST_CELLS


def finer_settings(config: RunConfig, is_imported: bool) -> tuple[int, int | None]:
    """Return the least --size for maps of enough cells, and the finer --map-stride that is enough, if there is one."""
    model = config.model
    strides = () if is_imported else BACKBONES[model.backbone].map_strides
    enough = (stride for stride in strides if stride < model.map_stride and config.view.size >= LEAST_CELLS * stride)
    return LEAST_CELLS * model.map_stride, next(enough, None)


def describe_finer_settings(config: RunConfig, is_imported: bool = False) -> str:
    """Return the options that give maps of enough cells."""
    size, stride = finer_settings(config, is_imported)
    return f"--size {size} or more" + ("" if stride is None else f", or --map-stride {stride}")


def evidence_status(raw: FloatArray) -> NDArray[np.str_]:
    """Return `ok`, `no_positive_evidence` or `not_finite` for raw maps (N, h, w), (N,)."""
    with np.errstate(invalid="ignore"):
        peak = raw.max((-2, -1))
    status = np.where(peak > 0, "ok", "no_positive_evidence")
    return np.where(is_finite(raw), status, "not_finite")


def map_status(raw: FloatArray) -> NDArray[np.str_]:
    """Return the status of raw maps (N, h, w), (N,).

    It is `too_coarse` for too few cells and `constant` for constant evidence, else as `evidence_status`.
    """
    status = evidence_status(raw)
    if is_too_coarse(*raw.shape[-2:]):
        return np.where(status == "not_finite", status, "too_coarse")
    return np.where((status == "ok") & _is_flat(raw), "constant", status)


def is_measured(raw: FloatArray) -> NDArray[np.bool_]:
    """Return which of the raw maps (N, h, w) count in measures, (N,)."""
    return np.isin(map_status(raw), ("ok", "no_positive_evidence"))


def keep_measured(raw: FloatArray) -> FloatArray:
    """Return raw maps (N, h, w), NaN where they do not count in measures."""
    kept: FloatArray = np.where(is_measured(raw)[:, None, None], raw, raw.dtype.type(np.nan))
    return kept


def is_drawn(raw: FloatArray) -> bool:
    """Whether a raw map (h, w) is drawn on any scale: it is finite, not constant, and has enough cells."""
    return bool(is_measured(raw[None])[0] and not _is_flat(raw))


def _is_flat(raw: FloatArray) -> NDArray[np.bool_]:
    """Return which maps (..., h, w) are constant up to rounding, (...)."""
    with np.errstate(invalid="ignore"):
        low, high = raw.min((-2, -1)), raw.max((-2, -1))
        return np.asarray(high - low <= FLAT * np.maximum(np.abs(low), np.abs(high)))
