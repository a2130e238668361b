"""An explanation's files without a list: complete, or the error names the fault and the remedy."""

import io
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from camcore.errors import RunError
from camcore.explained.explanation import Explanation, open_explanation
from camcore.heatmaps.methods import METHODS
from camcore.runs.run import Run, open_run
from camcore.system.checksums import SUMS

LAYER = {"name": "layer4", "height": 8, "width": 8, "channels": 4}
CHECK = {"holds": True, "max_error": 0.0, "reason": ""}
FILES = (
    "cam.npy",
    "grad_cam.npy",
    "grad_cam@layer3.npy",
    "logits.npy",
    "pooled.npy",
    "targets.npy",
    "samples.parquet",
    "thumbnails.npy",
    "thumbnails.bin",
)


def read_everything(explanation: Explanation) -> None:
    for source in explanation.sources:
        explanation.maps(source.id)
    _ = explanation.samples, explanation.logits, explanation.pooled, explanation.targets
    for index in range(explanation.manifest.images):
        explanation.thumbnail(index)


def test_the_list_of_files_is_complete(trained_run: Run) -> None:
    explanation = open_explanation(trained_run)
    read_everything(explanation)
    names = {path.name for path in explanation.path.iterdir()}
    assert names == {*FILES, "manifest.json", SUMS}


@pytest.mark.parametrize("name", FILES)
def test_each_missing_file_is_named_with_the_remedy(name: str, old_run: Run) -> None:
    path = open_explanation(old_run).path / name
    path.unlink()
    with pytest.raises(RunError) as caught:
        read_everything(open_explanation(old_run))
    assert str(caught.value) == f"{path} is missing. Recreate it: camcore explain {old_run.path} --force"


@pytest.mark.parametrize("keep", [0, 0.5, 0.97])
@pytest.mark.parametrize("name", FILES)
def test_each_cut_off_file_is_named_with_the_remedy(name: str, keep: float, old_run: Run) -> None:
    path = open_explanation(old_run).path / name
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(RunError) as caught:
        read_everything(open_explanation(old_run))
    assert str(caught.value).startswith(f"{path} is damaged (")
    assert str(caught.value).endswith(f"Recreate it: camcore explain {old_run.path} --force")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".npy")])
def test_an_array_of_other_images_is_named(name: str, old_run: Run) -> None:
    path = open_explanation(old_run).path / name
    array = np.load(path)
    np.save(path, np.concatenate([array, array[:1]]))
    with pytest.raises(RunError) as caught:
        read_everything(open_explanation(old_run))
    rows = len(array)
    assert str(caught.value).startswith(f"{path} is damaged ({rows + 1} rows, not {rows}). Recreate it: ")


def test_a_table_of_other_images_is_named(old_run: Run) -> None:
    explanation = open_explanation(old_run)
    path = explanation.path / "samples.parquet"
    explanation.samples.iloc[:-1].to_parquet(path, index=False)
    with pytest.raises(RunError) as caught:
        read_everything(open_explanation(old_run))
    remedy = f"Recreate it: camcore explain {old_run.path} --force"
    assert str(caught.value) == f"{path} is damaged (5 rows, not 6). {remedy}"


def test_pictures_of_other_images_are_named(old_run: Run) -> None:
    path = open_explanation(old_run).path / "thumbnails.bin"
    content = path.read_bytes()
    path.write_bytes(content + b"more")
    with pytest.raises(RunError, match=rf"\({len(content) + 4} bytes, not {len(content)}\)"):
        read_everything(open_explanation(old_run))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format_version": 2}, "has format version 2; this camcore reads 1. {newer}"),
        ({"format_version": 2, "layers": []}, "has format version 2; this camcore reads 1. {newer}"),
        ({"format_version": None}, "has format version None; this camcore reads 1. {newer}"),
        ({"images": ...}, "is damaged (no usable 'images'). {remedy}"),
        ({"images": "six"}, "is damaged (no usable 'images'). {remedy}"),
        ({"layers": None}, "is damaged (no usable 'layers'). {remedy}"),
        ({"layers": []}, "is damaged (no usable 'layers'). {remedy}"),
        (
            {"layers": [{"name": "layer4", "height": 8, "width": 8}]},
            "is damaged (no usable 'layers.0.channels'). {remedy}",
        ),
        ({"layers": [LAYER | {"height": 0}]}, "is damaged (no usable 'layers.0.height'). {remedy}"),
        ({"layers": [LAYER | {"height": "8"}]}, "is damaged (no usable 'layers.0.height'). {remedy}"),
        ({"seconds": math.inf}, "is damaged (no usable 'seconds'). {remedy}"),
        ({"view": {"kind": "3"}}, "is damaged (Unknown view '3'. Choose from: squash, center-crop.). {remedy}"),
        ({"view": {"size": 3}}, "is damaged (size is 3; it must be from 32 to 2048.). {remedy}"),
        ({"accuracy": ...}, "is damaged (no usable 'accuracy'). {remedy}"),
        ({"cam_check": None}, "is damaged (no usable 'cam_check'). {remedy}"),
        ({"cam_check": {"max_error": 0.1}}, "is damaged (no usable 'cam_check.holds'). {remedy}"),
        ({"cam_check": CHECK | {"max_error": math.nan}}, "is damaged (no usable 'cam_check.max_error'). {remedy}"),
        ({"sources": 3}, "is damaged (no usable 'sources'). {remedy}"),
        ({"sources": [3]}, "is damaged (no usable 'sources.0'). {remedy}"),
        (
            {"sources": ["lime"]},
            "is damaged (Unknown source 'lime'. Choose from: " + ", ".join(METHODS) + ".). {remedy}",
        ),
    ],
)
def test_a_manifest_that_can_not_be_used_is_named(values: dict[str, Any], message: str, old_run: Run) -> None:
    path = open_explanation(old_run).path / "manifest.json"
    changed = json.loads(path.read_text(encoding="utf-8")) | values
    path.write_text(json.dumps({name: value for name, value in changed.items() if value is not ...}))
    with pytest.raises(RunError) as caught:
        open_explanation(old_run)
    remedy = f"Recreate it: camcore explain {old_run.path} --force"
    newer = f"Update camcore, or recreate it: camcore explain {old_run.path} --force"
    assert str(caught.value) == f"{path} {message.format(remedy=remedy, newer=newer)}"


def test_only_two_class_images_is_not_damage(old_run: Run) -> None:
    path = open_explanation(old_run).path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"accuracy": None}))
    assert math.isnan(open_explanation(old_run).accuracy)


def test_a_copied_run_is_complete(trained_run: Run, tmp_path: Path) -> None:
    copy = open_run(Path(shutil.copytree(trained_run.path, tmp_path / "server" / "copy")))
    read_everything(open_explanation(copy))
    with Image.open(io.BytesIO(open_explanation(copy).thumbnail(0))) as picture:
        assert picture.format == "JPEG"
