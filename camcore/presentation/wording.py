"""Names and numbers as people read them: sources, measures, per cent, points, p-values."""

from collections.abc import Sequence

from camcore.errors import CamcoreError
from camcore.heatmaps.methods import METHODS
from camcore.heatmaps.sources import parse_source
from camcore.presentation.texts import Text, read_texts

TINY_P = 0.001


def gradient_source(sources: Sequence[str]) -> str:
    """Return Grad-CAM, else a source of the last layer."""
    last = [source for source in sources if parse_source(source).layer is None]
    return "grad_cam" if "grad_cam" in sources else (*last, *sources)[0]


def default_pair(sources: Sequence[str]) -> tuple[str, str]:
    """Return the default pair: CAM and Grad-CAM, else two sources, else one twice."""
    if {"cam", "grad_cam"} <= set(sources):
        return "cam", "grad_cam"
    last = next((source for source in sources if parse_source(source).layer is None), sources[0])
    other = next((source for source in sources if source != last), last)
    return last, other


def source_title(text: Text, source: str) -> str:
    """Return the title of a source's id: `Grad-CAM at layer3`."""
    parsed = parse_source(source)
    title = METHODS[parsed.method].title
    return title if parsed.layer is None else text("source.at_layer", method=title, layer=parsed.layer)


def name_of(text: Text, source: str) -> str:
    """Return the display name of a method or baseline, its id if it has none."""
    if f"verdict.baseline.{source}" in read_texts("en"):
        return text(f"verdict.baseline.{source}")
    try:
        return source_title(text, source)
    except CamcoreError:
        return source


def measure_title(text: Text, measure: str) -> str:
    """Return the display name of a measure, its id if it has none."""
    return _text_or(text, f"verdict.measure.{measure}", measure)


def measure_meaning(text: Text, measure: str) -> str:
    """Return the sentence that explains a measure, empty if it has none."""
    return _text_or(text, f"verdict.measure.{measure}.help", "")


def measure_phrase(text: Text, measure: str) -> str:
    """Return a measure as a phrase of a sentence, its id if it has none."""
    return _text_or(text, f"verdict.measure.{measure}.phrase", measure)


def join_names(text: Text, sources: Sequence[str]) -> str:
    """Return names as a sentence lists them: A, B and C."""
    names = [name_of(text, source) for source in sources]
    return text("verdict.list", first=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)


def why_no_cam(text: Text, max_error: float | None) -> str:
    """Return why CAM does not apply to a network. `max_error` None means that no layer has its weights."""
    if max_error is None:
        return text("verdict.no_cam.no_linear_layer")
    return text("verdict.no_cam.misses_logits", error=max_error)


def percent(value: float | None) -> str:
    """Return a share in per cent, without the sign."""
    return "–" if value is None else f"{100 * value:.1f}"


def points(value: float | None) -> str:
    """Return a difference of shares in points, always signed."""
    if value is None:
        return "–"
    written = f"{100 * value:+.1f}"
    return "0.0" if float(written) == 0 else written.replace("-", "−")


def probability(value: float | None) -> str:
    """Return a p-value: `= 0.012`, `< 0.001`."""
    if value is None:
        return "–"
    return f"< {TINY_P}" if value < TINY_P else f"= {value:.2g}"


def format_tiny(value: float) -> str:
    """Return a number that may be far below 1 as people write it: 2·10⁻⁶, 0.31."""
    if value >= 0.01 or value == 0:
        return f"{value:.2g}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def _text_or(text: Text, key: str, otherwise: str) -> str:
    """Return a text, or `otherwise` if it is missing. A newer version's verdict may hold unknown measures."""
    return text(key) if key in read_texts("en") else otherwise
