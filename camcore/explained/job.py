"""The inputs of one explain: run, data set, model, sources and device."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

import camcore
from camcore.data.dataset import Dataset
from camcore.data.model_input import Decoder
from camcore.errors import CamcoreError
from camcore.heatmaps.cam_check import check_cam
from camcore.heatmaps.sources import CamCheck, Source, needs_class_weights
from camcore.models.classifier import Classifier
from camcore.runs.run import Run
from camcore.system.checksums import sha256_of
from camcore.system.collectives import from_first

BATCH_SIZE = 16
T = TypeVar("T")


@dataclass(frozen=True)
class ExplainJob:
    """What to compute: a run's model, the images, and the sources. Made by `make_job`."""

    run: Run
    dataset: Dataset
    model: Classifier  # in evaluation mode, on the device that computes
    sources: tuple[Source, ...]
    check: CamCheck
    all_classes: bool  # also CAM of every class
    batch_size: int

    @property
    def images(self) -> int:
        """How many images there are."""
        return len(self.dataset.val)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.mean.device

    def decoder(self, exact: bool) -> Decoder:
        """Return what decodes the images; without `exact`, JPEG files are decoded at a smaller scale."""
        view = self.run.config.view
        return Decoder(self.dataset, view.kind, view.size, exact)

    def decode(self, rows: Sequence[int], exact: bool) -> list[Tensor]:
        """Return images as the model sees them, in batches of uint8 (n, 3, size, size)."""
        decoder, samples = self.decoder(exact), [self.dataset.val[row] for row in rows]
        return [decoder.decode_batch(part).images.to(self.device) for part in self.split(samples)]

    def split(self, values: Sequence[T]) -> list[Sequence[T]]:
        """Return a sequence cut into batches."""
        return [values[start : start + self.batch_size] for start in range(0, len(values), self.batch_size)]

    def describe(self, precision: str) -> dict[str, Any]:
        """Return everything that decides what the maps become. A stopped explain resumes if it is the same."""
        return {
            "weights": sha256_of(self.run.weights_path),
            "dataset": self.dataset.fingerprint,
            "images": self.images,
            "sources": [source.id for source in self.sources],
            "all_classes": self.all_classes,
            "precision": precision,
            "device": self.device.type,
            "batch_size": self.batch_size,
            "versions": [camcore.__version__, torch.__version__],
        }


def make_job(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    sources: Sequence[Source] | None,
    device: torch.device,
    all_classes: bool = False,
) -> ExplainJob:
    """Move the model to the device, check whether CAM applies, and return the job.

    Args:
        run: A trained run.
        dataset: Its data set.
        model: Its model.
        sources: What to compute. None means CAM, if it applies, and Grad-CAM.
        device: Where to compute.
        all_classes: Also store CAM of every class.

    Raises:
        CamcoreError: A source does not apply to the model, or an image can't be decoded.
    """
    model.eval().to(device)
    view = run.config.view
    check = from_first(partial(measure_cam, model, Decoder(dataset, view.kind, view.size, exact=True)))
    if sources is None:
        sources = [Source(name) for name in ("cam", "grad_cam") if check.holds or name != "cam"]
    if not check.holds and (all_classes or needs_class_weights(sources)):
        raise CamcoreError(
            f"CAM needs one linear layer directly after mean pooling; with head {model.config.head!r} {check.reason}."
            " Use --sources grad_cam, or train with --head gap."
        )
    return ExplainJob(run, dataset, model, tuple(sources), check, all_classes, BATCH_SIZE)


def measure_cam(model: Classifier, decoder: Decoder) -> CamCheck:
    """Check on the first images whether CAM applies to a model."""
    images = decoder.decode_batch(decoder.dataset.val[:BATCH_SIZE]).images
    with torch.no_grad():
        features = model.features(images.to(model.mean.device))
        return check_cam(model, features, model.classify(features))
