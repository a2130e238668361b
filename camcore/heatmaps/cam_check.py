"""Does CAM apply to a network? Checks mean(CAM_c) + b_c == logit_c on real inputs."""

import torch
from torch import Tensor, nn

from camcore.heatmaps.sources import CamCheck
from camcore.models.classifier import Classifier

CAM_TOLERANCE = 1e-4


def class_layer(model: Classifier) -> nn.Linear | None:
    """Return the linear layer with CAM's weights: the head's last, if it takes the trunk's channels."""
    linear = [module for module in model.head.modules() if isinstance(module, nn.Linear)]
    return linear[-1] if linear and linear[-1].in_features == model.channels else None


def all_class_cam(features: Tensor, layer: nn.Linear) -> Tensor:
    """Return every class's CAM, (N, classes, h, w), from features (N, K, h, w)."""
    return torch.einsum("ck,nkhw->nchw", layer.weight.float(), features.float())


def check_cam(model: Classifier, features: Tensor, logits: Tensor) -> CamCheck:
    """Compare `mean(CAM_c) + b_c` with the logits on real features (N, K, h, w)."""
    layer = class_layer(model)
    if layer is None:
        return CamCheck(False, None, "no linear layer takes the pooled features as they are")
    rebuilt = all_class_cam(features, layer).mean((2, 3))
    if layer.bias is not None:
        rebuilt = rebuilt + layer.bias.float()
    span = (logits.max() - logits.min()).clamp_min(1e-12)
    error = float(((rebuilt - logits.float()).abs().max() / span).detach())
    if error < CAM_TOLERANCE:
        return CamCheck(True, error, "mean(CAM_c) + b_c gives back every logit")
    return CamCheck(False, error, f"mean(CAM_c) + b_c misses the logits by {error:.0%} of their range")
