"""A model over the validation split: predictions and the raw maps of all sources, into the run folder, in one pass."""

import io
import time
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from camcore.attribution import explain_targets, run_forward
from camcore.datasets.sample import Dataset
from camcore.errors import CamcoreError
from camcore.generation_writer import GenerationWriter, sha256_of
from camcore.generations import Generation, new_generation, open_generation
from camcore.geometry import see_image
from camcore.heatmaps import Source, needs_class_weights
from camcore.loading import choose_workers, make_loader, plain_worker_errors
from camcore.models import CamCheck, Classifier, check_cam
from camcore.progress import show_progress
from camcore.runs import Run

BATCH_SIZE = 16
THUMBNAIL_SIDE = 256


@plain_worker_errors()
def explain(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    sources: Sequence[Source] | None,
    device: torch.device,
    all_classes: bool = False,
    workers: int | None = None,
) -> Generation:
    """Explain every validation image and put the new generation into force.

    Args:
        run: A trained run.
        dataset: Its data set.
        model: Its model.
        sources: What to compute; None for CAM, where it applies, and Grad-CAM.
        device: Where to compute.
        all_classes: Also keep CAM for every class.
        workers: Processes that decode images.

    Raises:
        CamcoreError: A source does not apply to the model, or an image can't be decoded; the old maps stay in force.
    """
    model.eval().to(device)
    images = ExplainedImages(dataset, run.config.view.kind, run.config.view.size)
    check = measure_cam(model, images, device)
    if sources is None:
        sources = [Source(name) for name in ("cam", "grad_cam") if check.holds or name != "cam"]
    require_sources(model, check, sources, all_classes)
    started = time.perf_counter()
    with new_generation(run) as folder:
        writer = GenerationWriter(folder, run, dataset, model, sources, check, all_classes)
        loader = make_loader(images, BATCH_SIZE, choose_workers() if workers is None else workers, collate_fn=_collate)
        with show_progress(len(dataset.val), "explaining") as bar:
            for batch, thumbnails in loader:
                images_seen = batch.to(device)
                done = run_forward(model, images_seen, sources)
                targets = choose_targets(done.logits.detach(), *writer.labels(len(batch)))
                writer.write(done, targets, explain_targets(model, images_seen, done, targets, sources), thumbnails)
                bar.update(len(batch))
        writer.finish(time.perf_counter() - started)
    return open_generation(run)


def measure_cam(model: Classifier, images: "ExplainedImages", device: torch.device) -> CamCheck:
    """Return whether CAM applies, measured on the first images."""
    batch = torch.stack([images[index][0] for index in range(min(len(images), BATCH_SIZE))])
    with torch.no_grad():
        features = model.features(batch.to(device))
        return check_cam(model, features, model.classify(features))


def require_sources(model: Classifier, check: CamCheck, sources: Sequence[Source], all_classes: bool) -> None:
    """Refuse what needs CAM where CAM does not apply.

    Raises:
        CamcoreError: With what was measured, and the way out.
    """
    if check.holds or not (all_classes or needs_class_weights(sources)):
        return
    raise CamcoreError(
        f"CAM needs one linear layer directly behind mean pooling; with head {model.config.head!r} {check.reason}."
        " Use --sources grad_cam, or train with --head gap."
    )


def choose_targets(logits: Tensor, labels: Tensor, others: Tensor) -> Tensor:
    """Return the classes to explain, (N, T), in the order of `TARGETS`; -1 where there is none.

    Args:
        logits: (N, classes).
        labels: The samples' labels, (N,).
        others: The class of a second object, (N,), -1 where there is none.
    """
    best = logits.topk(2, dim=1).indices
    return torch.stack([best[:, 0], labels.to(best), best[:, 1], others.to(best)], dim=1)


def find_stored(run: Run) -> tuple[tuple[Source, ...], bool]:
    """Return the sources in force and whether CAM is there for every class; none where they are of other weights."""
    try:
        generation = open_generation(run)
        all_classes = generation.all_class_maps() is not None
    except CamcoreError:
        return (), False
    if generation.manifest.get("weights_sha256") != sha256_of(run.weights_path):
        return (), False
    return generation.sources, all_classes


class ExplainedImages(TorchDataset[tuple[Tensor, bytes]]):
    """Validation images as the model sees them, uint8 (3, size, size), with a WebP thumbnail in true proportions."""

    def __init__(self, dataset: Dataset, view: str, size: int) -> None:
        self.dataset, self.view, self.size = dataset, view, size

    def __len__(self) -> int:
        return len(self.dataset.val)

    def __getitem__(self, index: int) -> tuple[Tensor, bytes]:
        image = self.dataset.load_image(self.dataset.val[index])
        seen = torch.from_numpy(np.array(see_image(image, self.view, self.size))).permute(2, 0, 1)
        return seen, make_thumbnail(image)


def make_thumbnail(image: Image.Image) -> bytes:
    """Return an image as WebP, its longer side at most `THUMBNAIL_SIDE` pixels."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()


def _collate(items: list[tuple[Tensor, bytes]]) -> tuple[Tensor, list[bytes]]:
    return torch.stack([image for image, _ in items]), [picture for _, picture in items]
