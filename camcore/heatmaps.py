"""The CAM family as pure functions, and the names by which heatmaps are asked for.

Notation: A (N, K, h, w) is the tensor at the explained layer, g = d logit_c / d A, W_c (N, K) the weights of the
explained class in the one linear layer behind mean pooling, Z = h * w. Every function returns the raw signed map
(N, h, w): the method's final ReLU belongs to drawing, because what it cuts off is part of the comparison. Only
operators that tensors and arrays share are used, so that reading this table imports no torch.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from camcore.errors import CamcoreError, unknown_choice


def cam(features: Any, class_weights: Any) -> Any:
    """Return class activation maps: `M_c = sum_k W[c, k] * A[k]`. Signed: the paper applies no ReLU.

    Source: Zhou et al. 2016, arXiv 1512.04150, equation 2.
    """
    return (features * class_weights[:, :, None, None]).sum(1)


def grad_cam(features: Any, gradients: Any) -> Any:
    """Return Grad-CAM before its ReLU: `sum_k mean(g[k]) * A[k]`.

    Source: Selvaraju et al. 2017, arXiv 1610.02391, equations 1 and 2.
    """
    return (features * gradients.mean((2, 3))[:, :, None, None]).sum(1)


@dataclass(frozen=True)
class Method:
    """One method of the CAM family.

    `compute` takes the features and, as `needs` says, the gradients or the class weights. `drawn_signed`: the
    literature draws it min-max scaled with its negative part, instead of clipped at zero.
    """

    title: str
    paper: str
    equation: str
    compute: Callable[[Any, Any], Any]
    needs: str
    drawn_signed: bool = False


METHODS = {
    "cam": Method(
        "CAM", "Zhou et al. 2016, arXiv 1512.04150", "Σₖ W[c,k]·A[k]", cam, "class_weights", drawn_signed=True
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Selvaraju et al. 2017, arXiv 1610.02391",
        "ReLU(Σₖ mean(∂logit_c/∂A[k])·A[k])",
        grad_cam,
        "gradients",
    ),
}


@dataclass(frozen=True)
class Source:
    """Where a heatmap comes from: a method, at a layer. Layer None is the last one, the tensor that enters pooling."""

    method: str
    layer: str | None = None

    @property
    def id(self) -> str:
        """The name in files, on the command line and in links: `cam`, `grad_cam@layer3`."""
        return self.method if self.layer is None else f"{self.method}@{self.layer}"

    @property
    def title(self) -> str:
        """The name that people read: `Grad-CAM at layer3`."""
        title = METHODS[self.method].title
        return title if self.layer is None else f"{title} at {self.layer}"


def parse_source(text: str) -> Source:
    """Return the source that a text like `grad_cam@layer3` names.

    Raises:
        CamcoreError: The method is unknown, or needs the last layer and another one is named.
    """
    method, _, layer = text.strip().partition("@")
    if method not in METHODS:
        raise unknown_choice("source", text, METHODS)
    return Source(method, layer or None)


def parse_sources(text: str, layers: Sequence[str]) -> tuple[Source, ...]:
    """Return the sources in a comma-separated list, each once, in order; the last layer's name is left out of them.

    Raises:
        CamcoreError: A method or layer is unknown, a method can't be had at that layer, or the list is empty.
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
            f" to the linear layer behind the pooling. Use {source.method}, or grad_cam@{source.layer}."
        )
    return source


def identical_by_theory(first: Source, second: Source, cam_able: bool) -> bool:
    """Whether two sources give the same map up to a positive factor, whatever the image.

    On a network of mean pooling and one linear layer, `mean(g[k]) = W[c, k] / Z` at the last layer, so Grad-CAM before
    its ReLU is CAM / Z. Source: Selvaraju et al. 2017, section 3.1.
    """
    last_layer = first.layer is None and second.layer is None
    return first == second or (cam_able and last_layer and {first.method, second.method} <= {"cam", "grad_cam"})


def needs_class_weights(sources: Iterable[Source]) -> bool:
    """Whether any of the sources exists for CAM-able models only."""
    return any(METHODS[source.method].needs == "class_weights" for source in sources)
