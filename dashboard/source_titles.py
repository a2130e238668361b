"""The names that people read of sources."""

from camcore.heatmaps import METHODS, parse_source
from dashboard.language import text


def source_title(source: str) -> str:
    """Return the title of a source's id: `Grad-CAM at layer3`."""
    parsed = parse_source(source)
    title = METHODS[parsed.method].title
    return title if parsed.layer is None else text("source.at_layer", method=title, layer=parsed.layer)
