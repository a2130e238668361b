"""A miniature Stanford Dogs in its official layout."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

BEAGLE, HUSKY = "n02088364-beagle", "n02110185-Siberian_husky"
SIZE = "<size><width>10</width><height>8</height></size>"  # of the images of `write_dogs`


def write_object(name: str, xmin: float, ymin: float, xmax: float, ymax: float) -> str:
    edges = {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}
    box = "".join(f"<{edge}>{value}</{edge}>" for edge, value in edges.items())
    return f"<object><name>{name}</name><bndbox>{box}</bndbox></object>"


def write_annotation(root: Path, name: str, *objects: str, size: str = SIZE) -> None:
    path = root / "Annotation" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation>{size}{''.join(objects)}</annotation>")


def write_list(path: Path, files: list[str], labels: list[int]) -> None:
    cells = np.empty((len(files), 1), object)
    cells[:, 0] = files
    savemat(path, {"file_list": cells, "labels": np.array(labels, np.uint8)[:, None]})


def write_dogs(root: Path) -> Path:
    """Write two breeds of 10 x 8 pixels, labels 7 and 3: a1 to a3 are beagles, b1 to b3 huskies.

    The labels are not in alphabetical order.
    """
    for folder, letter in ((BEAGLE, "a"), (HUSKY, "b")):
        for number in (1, 2, 3):
            name = f"{folder}/{letter}{number}"
            image = root / "Images" / f"{name}.jpg"
            image.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (10, 8)).save(image)
            write_annotation(root, name, write_object(folder.partition("-")[2], 2, 1, 5, 4))
    write_list(root / "train_list.mat", [f"{HUSKY}/b2.jpg", f"{BEAGLE}/a2.jpg", f"{BEAGLE}/a1.jpg"], [3, 7, 7])
    write_list(root / "test_list.mat", [f"{BEAGLE}/a3.jpg", f"{HUSKY}/b3.jpg", f"{HUSKY}/b1.jpg"], [7, 3, 3])
    return root
