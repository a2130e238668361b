"""The CAM family: formulas as pure functions with their papers, and the table of methods.

Notation: A (N, K, h, w) is the tensor at the explained layer, g = d logit_c / d A, W_c (N, K) the explained class's
weights in the linear layer after mean pooling, Z = h * w. If mean pooling follows the layer, g is the same in every
cell of a channel and may be given as (N, K, 1, 1), which makes every method as cheap as CAM.

Every function returns the raw signed map (N, h, w). The method's final ReLU is applied when the map is drawn, because
the part that it cuts off is compared too. Only operators that tensors and arrays share are used: no torch is imported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EPSILON = 1e-6
SQUARINGS = 12
TINY = 1e-30


def cam(features: Any, class_weights: Any) -> Any:
    """Return class activation maps: `M_c = sum_k W[c, k] * A[k]`. Signed: the paper applies no ReLU.

    Source: Zhou et al. 2016, arXiv 1512.04150, equation 2.
    """
    return _weigh(features, class_weights)


def grad_cam(features: Any, gradients: Any) -> Any:
    """Return Grad-CAM before its ReLU: `sum_k mean(g[k]) * A[k]`.

    Source: Selvaraju et al. 2017, arXiv 1610.02391, equations 1 and 2.
    """
    return _weigh(features, gradients.mean((2, 3)))


def grad_cam_pp(features: Any, gradients: Any) -> Any:
    """Return Grad-CAM++ before its ReLU: `sum_k w[k] * A[k]`, `w[k] = sum alpha[k] * ReLU(g[k])`.

    `alpha = g^2 / (2 g^2 + sum(A) g^3)`, 0 where g is 0. The paper's factor exp(logit_c) is the same for all channels
    of an image, and left out. Source: Chattopadhyay et al. 2018, arXiv 1710.11063, equations 5, 6 and 19.
    """
    cells = features.shape[2] * features.shape[3]
    denominator = 2 * gradients**2 + features.sum((2, 3))[:, :, None, None] * gradients**3
    usable = denominator != 0
    alpha = usable * gradients**2 / (denominator + ~usable)
    return _weigh(features, cells * (alpha * _relu(gradients)).mean((2, 3)))


def hires_cam(features: Any, gradients: Any) -> Any:
    """Return HiResCAM: `sum_k g[k] * A[k]`, cell by cell. Signed.

    Source: Draelos and Carin 2020, arXiv 2011.08891, equation 4.
    """
    return _weigh_cells(features, gradients)


def xgrad_cam(features: Any, gradients: Any) -> Any:
    """Return XGrad-CAM before its ReLU: `sum_k w[k] * A[k]`, `w[k] = sum(g[k] * A[k]) / sum(A[k])`.

    A channel whose sum is nearly zero has no usable weight and is left out. Source: Fu et al. 2020, arXiv 2008.02312,
    equation 7.
    """
    total = features.sum((2, 3))
    usable = abs(total) > EPSILON * abs(features).sum((2, 3)) + EPSILON
    if _is_constant(gradients):
        return _weigh(features, usable * gradients[:, :, 0, 0])
    return _weigh(features, usable * (features * gradients).sum((2, 3)) / (total + ~usable))


def layer_cam(features: Any, gradients: Any) -> Any:
    """Return LayerCAM before its ReLU: `sum_k ReLU(g[k]) * A[k]`, cell by cell.

    Source: Jiang et al. 2021, LayerCAM, IEEE TIP 30, equations 5 and 6.
    """
    return _weigh_cells(features, _relu(gradients))


def eigen_cam(features: Any, _: Any) -> Any:
    """Return Eigen-CAM: the features' projection on their first principal direction. It is the same for every class.

    The direction is the first right singular vector of A as a (h * w, K) matrix, not centred; its sign is chosen so
    that the map's sum is positive. `A A^T` is squared until one direction is left, which needs no library.
    Source: Muhammad and Yeasin 2020, arXiv 2008.00299, equation 3.
    """
    n, channels, height, width = features.shape
    cells = features.reshape(n, channels, height * width)
    gram = cells.swapaxes(1, 2) @ cells
    power = gram
    for _ in range(SQUARINGS):
        power = power / (abs(power).sum((1, 2))[:, None, None] + TINY)
        power = power @ power
    every = range(height * width)
    longest = power[:, every, every].argmax(1)  # all columns point along the direction; this one is not near zero
    direction = power[range(n), :, longest]
    direction = direction / ((direction**2).sum(1)[:, None] ** 0.5 + TINY)
    size = (direction[:, None, :] @ gram @ direction[:, :, None])[:, 0] ** 0.5
    positive = direction.sum(1)[:, None] >= 0
    return (direction * size * (2 * positive - 1)).reshape(n, height, width)


@dataclass(frozen=True)
class Method:
    """One method of the CAM family.

    `compute` takes the features and, by `needs`, the `gradients`, the `class_weights`, or nothing more. A method that
    needs `passes` runs the model many times; see `score_cam.py`. `drawn_signed`: papers min-max normalise it with its
    negative part, instead of applying ReLU. `gap_identity`: with mean pooling and one linear layer, its raw map at the
    last layer is CAM up to a positive factor.
    """

    title: str
    compute: Callable[[Any, Any], Any] | None
    needs: str
    drawn_signed: bool = False
    gap_identity: bool = False


METHODS = {
    "cam": Method("CAM", cam, "class_weights", drawn_signed=True, gap_identity=True),
    "grad_cam": Method("Grad-CAM", grad_cam, "gradients", gap_identity=True),
    "grad_cam_pp": Method("Grad-CAM++", grad_cam_pp, "gradients"),
    "hires_cam": Method("HiResCAM", hires_cam, "gradients", gap_identity=True),
    "xgrad_cam": Method("XGrad-CAM", xgrad_cam, "gradients", gap_identity=True),
    "layer_cam": Method("LayerCAM", layer_cam, "gradients"),
    "eigen_cam": Method("Eigen-CAM", eigen_cam, "features"),
    "score_cam": Method("Score-CAM", None, "passes"),
}


def describe_requirements() -> dict[str, dict[str, Any]]:
    """Return what each method needs, which heads allow it, and at which layers it exists."""
    return {
        name: {
            "needs": method.needs,
            "heads": ("gap",) if method.needs == "class_weights" else ("gap", "mlp", "native"),
            "layers": "last" if method.needs == "class_weights" else "any",
        }
        for name, method in METHODS.items()
    }


def _weigh(features: Any, weights: Any) -> Any:
    n, channels, height, width = features.shape
    return (weights[:, None] @ features.reshape(n, channels, height * width)).reshape(n, height, width)


def _weigh_cells(features: Any, weights: Any) -> Any:
    """Return `sum_k w[k] * A[k]`, cell by cell."""
    return _weigh(features, weights[:, :, 0, 0]) if _is_constant(weights) else (features * weights).sum(1)


def _is_constant(gradients: Any) -> bool:
    return tuple(gradients.shape[2:]) == (1, 1)


def _relu(values: Any) -> Any:
    return values * (values > 0)
