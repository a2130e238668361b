"""The table of the CAM family, and the names by which heatmaps are asked for. Reading it imports no torch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from camcore.errors import CamcoreError, unknown_choice
from camcore.heatmaps.methods import cam, eigen_cam, grad_cam, grad_cam_pp, hires_cam, layer_cam, xgrad_cam


@dataclass(frozen=True)
class Method:
    """One method of the CAM family.

    `compute` takes the features and, as `needs` says, the `gradients`, the `class_weights`, or nothing more; a method
    that needs `passes` runs the model many times and is computed elsewhere. `drawn_signed`: the literature draws it
    min-max scaled with its negative part, instead of clipped at zero. `gap_identity`: at the last layer of a network of
    mean pooling and one linear layer its raw map is CAM up to a positive factor.
    """

    title: str
    paper: str
    equation: str
    compute: Callable[[Any, Any], Any] | None
    needs: str
    drawn_signed: bool = False
    gap_identity: bool = False


METHODS = {
    "cam": Method(
        "CAM",
        "Zhou et al. 2016, arXiv 1512.04150",
        "Σₖ W[c,k]·A[k]",
        cam,
        "class_weights",
        drawn_signed=True,
        gap_identity=True,
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Selvaraju et al. 2017, arXiv 1610.02391",
        "ReLU(Σₖ mean(∂logit_c/∂A[k])·A[k])",
        grad_cam,
        "gradients",
        gap_identity=True,
    ),
    "grad_cam_pp": Method(
        "Grad-CAM++",
        "Chattopadhyay et al. 2018, arXiv 1710.11063",
        "ReLU(Σₖ Σ(α[k]·ReLU(g[k]))·A[k])",
        grad_cam_pp,
        "gradients",
    ),
    "hires_cam": Method(
        "HiResCAM",
        "Draelos and Carin 2020, arXiv 2011.08891",
        "Σₖ g[k]·A[k]",
        hires_cam,
        "gradients",
        gap_identity=True,
    ),
    "xgrad_cam": Method(
        "XGrad-CAM",
        "Fu et al. 2020, arXiv 2008.02312",
        "ReLU(Σₖ Σ(g[k]·A[k])/Σ(A[k])·A[k])",
        xgrad_cam,
        "gradients",
        gap_identity=True,
    ),
    "layer_cam": Method(
        "LayerCAM", "Jiang et al. 2021, IEEE TIP 30", "ReLU(Σₖ ReLU(g[k])·A[k])", layer_cam, "gradients"
    ),
    "eigen_cam": Method(
        "Eigen-CAM", "Muhammad and Yeasin 2020, arXiv 2008.00299", "A·v₁, v₁ of A = UΣVᵀ", eigen_cam, "features"
    ),
    "score_cam": Method(
        "Score-CAM", "Wang et al. 2020, arXiv 1910.01279", "ReLU(Σₖ softmaxₖ(logit_c(X∘H[k]))·A[k])", None, "passes"
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

    On a network of mean pooling and one linear layer, `g[k] = W[c, k] / Z` in every cell of the last layer, so Grad-CAM
    before its ReLU, HiResCAM and XGrad-CAM are CAM / Z. Source: Selvaraju et al. 2017, section 3.1; Draelos and Carin
    2020, section 3.4.
    """
    last_layer = first.layer is None and second.layer is None
    both = METHODS[first.method].gap_identity and METHODS[second.method].gap_identity
    return first == second or (cam_able and last_layer and both)


def needs_class_weights(sources: Iterable[Source]) -> bool:
    """Whether any of the sources exists for CAM-able models only."""
    return any(METHODS[source.method].needs == "class_weights" for source in sources)
