"""A raw map drawn over an image, straight from the definitions: pictures and grid must draw the same."""

import numpy as np
from numpy.typing import NDArray

from camcore.geometry import FloatArray, upsample
from camcore.heatmaps.drawing import blend, colormap, draw_heat, heat_range


def render(
    image: NDArray[np.uint8],
    raw: FloatArray,
    convention: str,
    method: str,
    colours: str = "inferno",
    opacity: float = 0.5,
) -> NDArray[np.uint8]:
    """Return a raw map (h, w) drawn over the model's view of an image (height, width, 3)."""
    low, high = heat_range(raw, convention, method)
    fine = upsample(raw.astype(np.float64), image.shape[0], image.shape[1])
    return blend(image, draw_heat(fine, low, high), colormap(colours), opacity)
