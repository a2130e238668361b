"""Batch normalisation by the statistics of the whole batch, of which each rank holds a part."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from camcore.system.collectives import sum_over_ranks
from camcore.system.ranks import current_rank


class SyncedBatchNorm(nn.BatchNorm2d):
    """`BatchNorm2d` over the images of all ranks, in which every rank has to take part, be it with none.

    Unlike torch's own it runs on any device, and is one for whoever asks whether a module is a `BatchNorm2d`.
    Source: Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 1 and section 3 (the gradients).
    """

    def forward(self, values: Tensor) -> Tensor:
        """Return normalised values, (n, K, h, w) of this rank."""
        if not self.training:
            return super().forward(values)
        with torch.no_grad():
            count, mean, variance = _measure(values)
            self._follow(count, mean, variance)
        normalized = _Normalize.apply(values, self.weight, self.bias, mean, variance, count, self.eps)
        return cast(Tensor, normalized)

    def _follow(self, count: Tensor, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of a batch."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * count / (count - 1), share)


def sync_batch_norm(model: nn.Module) -> None:
    """Let a model's batch normalisation see the whole batch; nothing where a process is alone."""
    if current_rank().is_only:
        return
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SyncedBatchNorm  # in its place: a model's layers are lists of these very modules


def _measure(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return how many values a channel has on all ranks, (), and mean and variance of each channel, (K,).

    Means and squared deviations of the ranks are put together, which loses no digits where a mean is large.
    Source: Chan, Golub and LeVeque 1983, Algorithms for computing the sample variance, equation 2.1.
    """
    channels, mine = values.shape[1], values.numel() // values.shape[1]
    of_ranks = torch.zeros(current_rank().count, 2 * channels + 1, device=values.device)
    if mine:
        spread, mean = torch.var_mean(values.float(), (0, 2, 3), correction=0)
        of_ranks[current_rank().rank] = torch.cat([mean, spread * mine, mean.new_full((1,), mine)])
    sum_over_ranks(of_ranks)
    means, squares, counts = torch.split(of_ranks, [channels, channels, 1], dim=1)
    count = counts.sum()
    mean = (counts * means).sum(0) / count
    variance = (squares + counts * (means - mean).square()).sum(0) / count
    return count, mean, variance


class _Normalize(torch.autograd.Function):
    """Normalisation by given statistics, whose gradient knows that they come from the values of all ranks."""

    @staticmethod
    def forward(
        context: Any,
        values: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
    ) -> Tensor:
        context.save_for_backward(values, weight, mean, torch.rsqrt(variance + eps), count)
        return F.batch_norm(values, mean, variance, weight, bias, eps=eps)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        values, weight, mean, scale, count = context.saved_tensors
        gradient = gradients[0].float()
        normalized = (values.float() - mean[:, None, None]) * scale[:, None, None]
        of_bias, of_weight = gradient.sum((0, 2, 3)), (gradient * normalized).sum((0, 2, 3))
        by_bias, by_weight = (sum_over_ranks(torch.cat([of_bias, of_weight])) / count).chunk(2)
        centred = gradient - by_bias[:, None, None] - normalized * by_weight[:, None, None]
        of_values = centred * (weight * scale)[:, None, None]
        return of_values.to(values.dtype), of_weight, of_bias, None, None, None, None
