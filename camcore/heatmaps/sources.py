"""Sources of heatmaps: a method at a layer, and its id, such as `grad_cam@layer3`. Imports no torch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from camcore.errors import CamcoreError, unknown_choice
from camcore.heatmaps.methods import METHODS


@dataclass(frozen=True)
class Source:
    """A method at a layer. Layer None is the last one, the tensor that enters pooling."""

    method: str
    layer: str | None = None

    @property
    def id(self) -> str:
        """The name in files, on the command line and in links: `cam`, `grad_cam@layer3`."""
        return self.method if self.layer is None else f"{self.method}@{self.layer}"

    @property
    def title(self) -> str:
        """The title that people read: `Grad-CAM at layer3`."""
        title = METHODS[self.method].title
        return title if self.layer is None else f"{title} at {self.layer}"


@dataclass(frozen=True)
class CamCheck:
    """Whether CAM applies on real inputs: `max |mean(CAM_c) + b_c - logit_c|` over the logits' range.

    `max_error` is None if no linear layer takes the pooled features.
    """

    holds: bool
    max_error: float | None
    reason: str


def parse_source(text: str) -> Source:
    """Return the source with an id like `grad_cam@layer3`.

    Raises:
        CamcoreError: The method is unknown.
    """
    method, _, layer = text.strip().partition("@")
    if method not in METHODS:
        raise unknown_choice("source", text, METHODS)
    return Source(method, layer or None)


def parse_sources(text: str, layers: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources in a comma-separated list, each once, in order. The last layer's name becomes None.

    Raises:
        CamcoreError: A method or layer is unknown, a method does not exist at its layer, or the list is empty.
    """
    sources = [_with_layer(parse_source(part), layers) for part in text.split(",") if part.strip()]
    if not sources:
        raise CamcoreError(f"No source in {text!r}. Choose from: {', '.join(METHODS)}.")
    return tuple(dict.fromkeys(sources))


def _with_layer(source: Source, layers: Sequence[str]) -> Source:
    if source.layer is None or source.layer == layers[-1]:
        return Source(source.method)
    if source.layer not in layers:
        raise unknown_choice("layer", source.layer, layers)
    if METHODS[source.method].needs == "class_weights":
        raise CamcoreError(
            f"{METHODS[source.method].title} exists at the last layer only, not at {source.layer!r}: its weights belong"
            f" to the linear layer after the pooling. Use {source.method}, or grad_cam@{source.layer}."
        )
    return source


def identical_by_theory(first: Source, second: Source, cam_able: bool) -> bool:
    """Whether two sources give the same map of every image, up to a positive factor.

    With mean pooling and one linear layer, `g[k] = W[c, k] / Z` in every cell of the last layer, so Grad-CAM
    before its ReLU, HiResCAM and XGrad-CAM are CAM / Z. Source: Selvaraju et al. 2017, section 3.1; Draelos and Carin
    2020, section 3.4.
    """
    last_layer = first.layer is None and second.layer is None
    both = METHODS[first.method].gap_identity and METHODS[second.method].gap_identity
    return first == second or (cam_able and last_layer and both)


def needs_class_weights(sources: Iterable[Source]) -> bool:
    """Whether any source needs a model to which CAM applies."""
    return any(METHODS[source.method].needs == "class_weights" for source in sources)
