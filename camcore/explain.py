"""A model over the validation split: predictions and the raw maps of all sources, into the run folder, in one pass."""

import time
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from camcore.attribution import explain_targets, run_forward
from camcore.checksums import sha256_of
from camcore.datasets.sample import Dataset, Sample
from camcore.decoding import Decoder
from camcore.errors import CamcoreError
from camcore.fast_trunk import EXACT
from camcore.frozen_features import FrozenTrunk, replay
from camcore.generation_writer import ExplainedBatch, GenerationWriter
from camcore.generations import Generation, new_generation, open_generation
from camcore.heatmaps import Source, needs_class_weights
from camcore.lanes import Lanes, choose_lanes
from camcore.manifest import is_explained
from camcore.models import CamCheck, Classifier, check_cam
from camcore.path_choice import TrunkFor, choose_path, describe_choice
from camcore.progress import show_progress
from camcore.runs import Run

BATCH_SIZE = 16


def explain(
    run: Run,
    dataset: Dataset,
    model: Classifier,
    sources: Sequence[Source] | None,
    device: torch.device,
    all_classes: bool = False,
    workers: int | None = None,
    precision: str = "auto",
) -> Generation:
    """Explain every validation image and put the new generation into force.

    Args:
        run: A trained run.
        dataset: Its data set.
        model: Its model.
        sources: What to compute; None for CAM, where it applies, and Grad-CAM.
        device: Where to compute.
        all_classes: Also keep CAM for every class.
        workers: Threads that work at once; 0: none beside the caller's.
        precision: One of `EXPLAIN_PRECISIONS`.

    Raises:
        CamcoreError: A source does not apply to the model, or an image can't be decoded; the old maps stay in force.
    """
    model.eval().to(device)
    view = run.config.view
    check = measure_cam(model, Decoder(dataset, view.kind, view.size, exact=True), device)
    if sources is None:
        sources = [Source(name) for name in ("cam", "grad_cam") if check.holds or name != "cam"]
    require_sources(model, check, sources, all_classes)
    lanes = Lanes(choose_lanes() if workers is None else workers)
    kept = _find_kept(run, dataset, model) if all(source.layer is None for source in sources) else None
    with new_generation(run) as folder, lanes, show_progress(len(dataset.val), "explaining") as bar:
        choice = lanes.run(
            lambda: choose_path(model, dataset, view, sources, BATCH_SIZE, precision, max(1, lanes.count), kept)
        )
        if said := describe_choice(choice.report):
            bar.write(said)
        started = time.perf_counter()
        writer = GenerationWriter(folder, run, dataset, model, sources, check, all_classes)
        decoder = Decoder(dataset, view.kind, view.size, exact=choice.path == EXACT)

        def explain_batch(start: int) -> ExplainedBatch:
            rows = range(start, min(start + BATCH_SIZE, len(dataset.val)))
            samples = dataset.val[rows.start : rows.stop]
            decoded = decoder.decode_batch(samples)
            images = decoded.images.to(device)
            done = run_forward(model, images, sources, choice.trunk_for(rows))
            targets = choose_targets(done.logits.detach(), samples)
            maps = explain_targets(model, images, done, targets, sources)
            return writer.prepare(done, targets, maps, decoded.thumbnails)

        for batch in lanes.work_through(explain_batch, range(0, len(dataset.val), BATCH_SIZE)):
            writer.write(batch)
            bar.update(len(batch.targets))
        writer.finish(time.perf_counter() - started, choice.report)
    return open_generation(run)


def _find_kept(run: Run, dataset: Dataset, model: Classifier) -> TrunkFor | None:
    """Return what replays the features that a training of a frozen trunk has kept, where it has."""
    if not run.config.train.views:
        return None
    maps = FrozenTrunk(model, dataset, run.config, Lanes(0)).stored_maps(dataset.val)
    return None if maps is None else partial(replay, maps, model.mean.device)


def measure_cam(model: Classifier, decoder: Decoder, device: torch.device) -> CamCheck:
    """Return whether CAM applies, measured on the first images."""
    images = decoder.decode_batch(decoder.dataset.val[:BATCH_SIZE]).images
    with torch.no_grad():
        features = model.features(images.to(device))
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


def choose_targets(logits: Tensor, samples: Sequence[Sample]) -> Tensor:
    """Return the classes to explain, (N, T), in the order of `TARGETS`; -1 where there is none.

    Args:
        logits: (N, classes).
        samples: The N samples, which know their class and that of a second object.
    """
    best = logits.topk(2, dim=1).indices
    known = best.new_tensor([[sample.label, sample.other_label] for sample in samples])
    return torch.stack([best[:, 0], known[:, 0], best[:, 1], known[:, 1]], dim=1)


def find_stored(run: Run) -> tuple[tuple[Source, ...], bool]:
    """Return the sources in force and whether CAM is there for every class; none where they are of other weights.

    Raises:
        RunError: A file of theirs is missing, damaged or of another format version.
    """
    if not is_explained(run):
        return (), False
    generation = open_generation(run)
    if generation.manifest.get("weights_sha256") != sha256_of(run.weights_path):
        return (), False
    generation.read_all()
    return generation.sources, generation.all_class_maps() is not None
