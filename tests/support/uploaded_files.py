"""Files to upload, and a run with hostile class names."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from camcore.runs.run import Run
from camcore.system.checksums import SUMS

MARKUP = "<img src=x onerror=alert(1)>"
CLASSES = (MARKUP, "disc", "*frame* $x$ :smile:")


def draw_photograph(seed: int = 0, size: tuple[int, int] = (90, 60)) -> Image.Image:
    """Return noise with a bright disc, different per seed."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 90, (size[1], size[0], 3), dtype=np.uint8)
    ys, xs = np.ogrid[: size[1], : size[0]]
    x, y = random.integers(15, 45, 2)
    pixels[(xs - x) ** 2 + (ys - y) ** 2 < 100] = (240, 224, 192)
    return Image.fromarray(pixels)


def encode(image: Image.Image, kind: str = "PNG") -> bytes:
    """Return a picture as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def copy_run(run: Run, path: Path) -> Path:
    """Copy a run of three classes and rename them to `CLASSES`."""
    shutil.copytree(run.path, path)
    document = json.loads((path / "run.json").read_text(encoding="utf-8"))
    document["class_names"] = list(CLASSES)
    (path / "run.json").write_text(json.dumps(document), encoding="utf-8")
    (path / SUMS).unlink()
    return path


def list_files(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file in a folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}
