"""Folders of tiny images."""

from pathlib import Path
from zlib import crc32

from PIL import Image


def write_images(root: Path, *paths: str) -> Path:
    """Write one image of 5 x 4 pixels per path below `root`, each of another colour; return `root`."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 4), tuple(crc32(path.encode()).to_bytes(4)[1:])).save(root / path)
    return root


def join_paths(*parts: str) -> list[str]:
    """Return an image path per combination of space-separated words: ("train val", "a b") gives train/a/1.png, ..."""
    paths = [""]
    for part in parts:
        paths = [f"{path}{word}/" for path in paths for word in part.split()]
    return [f"{path}{number}.png" for path in paths for number in (1, 2)]
