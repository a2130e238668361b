"""Runs a run's network on uploaded pictures. Only this module loads torch, when first needed.

Results stay in the session under the upload's id until the picture is removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.typing import UploadedFile

from camcore.data.uploaded_image import RefusedImage, UploadedImage, encode_webp, read_uploaded_image, shorten_name
from camcore.errors import ReplacedError, RunError
from camcore.heatmaps.sources import parse_source
from camcore.runs.run import Run, open_run
from camcore.system.files import RESTORE
from dashboard.language import language, text
from dashboard.own_image.queue import FairQueue, OnWait
from dashboard.settings import PASSES_AT_ONCE

IMAGE_SIDE = 768  # px of a picture's longer side in the browser
_line = FairQueue(PASSES_AT_ONCE)  # for all sessions, to limit memory and cores
# Session state:
_FOUND = "own_image_found"  # key -> Analysis, or the sentence that says why the picture is refused
_WAITS_AS = "own_image_waits_as"  # the session's name in the queue


@dataclass(frozen=True)
class Analysis:
    """A picture, its class probabilities, and the raw maps (h, w) computed so far.

    `maps` is by source and class. `sources` are the available ones, with CAM if it explains the network's logits for
    this picture. `weights` is the version of the network's weights, see `_version`.
    """

    name: str
    image: UploadedImage
    probabilities: NDArray[np.float32]
    sources: tuple[str, ...]
    weights: tuple[str, str]
    maps: dict[tuple[str, int], NDArray[np.float32]] = field(default_factory=dict)

    @cached_property
    def encoded(self) -> bytes:
        """The picture for browsers, WebP."""
        return encode_webp(self.image.picture, IMAGE_SIDE)

    @property
    def ranking(self) -> list[int]:
        """The class ids, the most probable first."""
        return [int(label) for label in np.argsort(-self.probabilities, kind="stable")]


def analyse(
    run: Run, uploads: Sequence[tuple[str, UploadedFile]], most: int, tell: OnWait
) -> tuple[dict[str, Analysis], list[str]]:
    """Return an analysis per upload id, and a sentence for each refused picture.

    Analyses at most `most` pictures. Each picture waits for its own turn; its result is kept if the script stops at the
    next one.

    Raises:
        RunError: The weights are damaged.
    """
    before: Mapping[Any, Analysis | str] = st.session_state.get(_FOUND, {})
    results: dict[Any, Analysis | str] = {}
    for name, file in uploads:
        if sum(isinstance(result, Analysis) for result in results.values()) == most:
            break
        key = (file.file_id, _version(run), language())
        if key in before:
            results[key] = before[key]
        else:
            with _line.turn(_session_name(), tell):
                results[key] = _analyse(run, name, file.getvalue())
            st.session_state[_FOUND] = {**before, **results}
    st.session_state[_FOUND] = results  # drops removed pictures
    refused = [result for result in results.values() if isinstance(result, str)]
    return {key[0]: result for key, result in results.items() if isinstance(result, Analysis)}, refused


def forget() -> None:
    """Drop all results of this session."""
    st.session_state.pop(_FOUND, None)


def list_sources(analyses: Sequence[Analysis]) -> list[str]:
    """Return the ids of the sources available for all analyses."""
    return [source for source in analyses[0].sources if all(source in analysis.sources for analysis in analyses)]


def find_maps(run: Run, analysis: Analysis, sources: Sequence[str], classes: Sequence[int], tell: OnWait) -> None:
    """Compute the missing maps of these sources and classes and add them to the analysis.

    Raises:
        RunError: The weights are damaged or missing.
        ReplacedError: The weights were replaced: the maps would not match the probabilities.
    """
    from camcore.heatmaps.one_image import explain_classes

    missing = [
        source for source in dict.fromkeys(sources) if any((source, label) not in analysis.maps for label in classes)
    ]
    if not missing:
        return
    with _line.turn(_session_name(), tell):
        if analysis.weights != _version(run):
            raise ReplacedError(f"The weights of {run.path} were replaced while this page was made. Load it once more.")
        model = _load_model(*analysis.weights)
        maps = explain_classes(model, analysis.image.seen, classes, [parse_source(source) for source in missing])
    analysis.maps.update({(source, label): raw[at] for source, raw in maps.items() for at, label in enumerate(classes)})


def _session_name() -> str:
    """Return the session's name in the queue."""
    return str(st.session_state.setdefault(_WAITS_AS, token_hex(8)))


def _analyse(run: Run, name: str, content: bytes) -> Analysis | str:
    from camcore.heatmaps.one_image import predict

    weights = _version(run)
    model = _load_model(*weights)
    try:
        image = read_uploaded_image(content, run.config.view, run.config.dataset.exif == "apply")
    except RefusedImage as refusal:
        return text(f"own_image.refused.{refusal.code}", name=shorten_name(name), **refusal.details)
    prediction = predict(model, image.seen)
    sources = _list_sources(*weights, prediction.cam_applies)
    return Analysis(name, image, prediction.probabilities, sources, weights)


def _version(run: Run) -> tuple[str, str]:
    """Return the run's path and the state of its weights.

    Raises:
        RunError: The weights are missing.
    """
    try:
        state = run.weights_path.stat()
    except OSError as error:
        raise RunError(f"{run.weights_path} can't be read ({error.strerror}). {RESTORE}") from error
    return str(run.path), f"{state.st_mtime_ns} {state.st_size}"


@st.cache_resource(max_entries=2, show_spinner=False)
def _load_model(path: str, version: str) -> Any:
    from camcore.runs.weights import load_model
    from camcore.system.devices import choose_device

    return load_model(open_run(Path(path))).to(choose_device())


@st.cache_resource(max_entries=8, show_spinner=False)
def _list_sources(path: str, version: str, cam_applies: bool) -> tuple[str, ...]:
    from camcore.heatmaps.one_image import find_sources

    size = open_run(Path(path)).config.view.size
    return tuple(source.id for source in find_sources(_load_model(path, version), size, cam_applies))
