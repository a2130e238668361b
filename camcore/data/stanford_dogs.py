"""Open Stanford Dogs in its official layout: Images/, Annotation/, train_list.mat, test_list.mat."""

from collections import Counter
from collections.abc import Mapping
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

from camcore.data.dataset import Box, Dataset, Sample, Skipped, assemble_dataset, require_samples
from camcore.data.folder_listing import Spellings
from camcore.data.image_check import CheckResult, check_images
from camcore.data.image_files import ImageSize, explain_failure, turn_box
from camcore.errors import CamcoreError
from camcore.system.files import require_file
from camcore.system.names import nfc

LAYOUT = ("Images", "Annotation", "train_list.mat", "test_list.mat")
MOST_ANNOTATION_BYTES = 1_000_000  # a real one has 1,000


class ListEntry(NamedTuple):
    """A row of a list: image path relative to Images/, and label from 1."""

    file: PurePosixPath
    list_label: int


def open_stanford_dogs(root: Path, needs_train: bool = True) -> Dataset:
    """Open the data set: train_list.mat is the training split, test_list.mat the validation split.

    Annotated boxes count from 0 with inclusive far edges: over 467 objects the smallest coordinate is 0 and the largest
    is the last pixel's index. So 1 is added to the far edges. Boxes are moved from the picture that was annotated to
    the upright image, see `_find_frame`. An image that can't be decoded, or that has no usable annotation, is listed in
    `skipped`.

    Raises:
        CamcoreError: A part of the layout is missing, a list is damaged, or a class has no image in a split.
    Source: Khosla et al., Novel Dataset for Fine-Grained Image Categorization, FGVC 2011.
    """
    _require_layout(root)
    spellings = Spellings(root)
    train, val = (_read_list(root / name, spellings) for name in ("train_list.mat", "test_list.mat"))
    _require_once([*train, *val])
    folders = _find_class_folders([*train, *val])
    labels = {list_label: label for label, list_label in enumerate(sorted(folders))}
    class_names = [_to_breed(folders[list_label]) for list_label in labels]
    labels_by_name = {nfc(name): label for label, name in enumerate(class_names)}
    checked = check_images(root, [_image_path(entry) for entry in [*train, *val]])
    # One thread: the XML parser holds the GIL, and two threads took twice as long.
    rows = [_read_sample(spellings, labels, labels_by_name, entry, checked) for entry in [*train, *val]]
    dataset = assemble_dataset(
        "stanford-dogs",
        root,
        class_names,
        [row for row in rows[: len(train)] if isinstance(row, Sample)],
        [row for row in rows[len(train) :] if isinstance(row, Sample)],
        [row for row in rows if isinstance(row, Skipped)],
    )
    return require_samples(dataset, needs_train)


def _require_layout(root: Path) -> None:
    if not root.is_dir():
        raise CamcoreError(
            f"No folder {str(root)!r}. Correct --root, or add --download to download Stanford Dogs into it."
        )
    missing = [name for name in LAYOUT if not (root / name).exists()]
    if missing:
        raise CamcoreError(
            f"{str(root)!r} lacks {', '.join(missing)} of Stanford Dogs. Add --download to download what is missing, "
            "or point --root at the folder that holds Images/."
        )


def _read_list(path: Path, spellings: Spellings) -> list[ListEntry]:
    from scipy.io import loadmat  # takes a quarter of a second to import

    try:
        content = loadmat(path)
        files = [PurePosixPath(cell.item()) for cell in content["file_list"].ravel()]
        entries = [ListEntry(*row) for row in zip(files, content["labels"].ravel().tolist(), strict=True)]
    except Exception as error:  # damaged MATLAB files raise nearly everything, zlib.error to TypeError
        raise CamcoreError(
            f"Cannot read the list {str(path)!r}: {error!r}. Delete it and add --download to download it again."
        ) from error
    for entry in entries:
        if len(entry.file.parts) != 2 or not {"/", ".."}.isdisjoint(entry.file.parts):
            raise CamcoreError(f"{path.name} names {str(entry.file)!r}; a list names <class>/<image>.jpg.")
    # The files on disk decide on the spelling, because their paths are the samples' ids.
    return [entry._replace(file=spellings.find("Images" / entry.file).relative_to("Images")) for entry in entries]


def _require_once(entries: list[ListEntry]) -> None:
    file, count = Counter(entry.file for entry in entries).most_common(1)[0] if entries else ("", 0)
    if count > 1:
        raise CamcoreError(
            f"The lists name {str(file)!r} {count} times. train_list.mat and test_list.mat must come from one download."
        )


def _find_class_folders(entries: list[ListEntry]) -> dict[int, str]:
    folders: dict[int, str] = {}
    for entry in entries:
        folder = folders.setdefault(entry.list_label, entry.file.parts[0])
        if folder != entry.file.parts[0]:
            raise CamcoreError(
                f"The lists give label {entry.list_label} to {folder!r} and to {entry.file.parts[0]!r}. "
                "train_list.mat and test_list.mat must come from one download."
            )
    return folders


def _to_breed(name: str) -> str:
    """Return the readable breed: n02110185-Siberian_husky and Siberian_husky are Siberian husky."""
    synset, dash, breed = name.partition("-")
    return (breed if dash and synset[1:].isdigit() else name).replace("_", " ")


def _image_path(entry: ListEntry) -> str:
    return f"Images/{entry.file}"


def _read_sample(
    spellings: Spellings,
    labels: Mapping[int, int],
    labels_by_name: Mapping[str, int],
    entry: ListEntry,
    checked: Mapping[str, CheckResult],
) -> Sample | Skipped:
    name = entry.file.with_suffix("")
    path = _image_path(entry)
    size = checked[path]
    if isinstance(size, str):
        return Skipped(path, size)
    annotation = spellings.root / spellings.find("Annotation" / name)
    try:
        boxes = _read_boxes(annotation, size, labels_by_name)
    except (OSError, SyntaxError, ValueError) as error:
        return Skipped(f"Annotation/{name}", explain_failure(annotation, error))
    return Sample(str(name), path, labels[entry.list_label], *size.upright, boxes, size.orientation)


def _read_boxes(path: Path, size: ImageSize, labels_by_name: Mapping[str, int]) -> tuple[Box, ...]:
    if (size_bytes := require_file(path)) > MOST_ANNOTATION_BYTES:
        raise ValueError(f"{size_bytes} bytes, more than the {MOST_ANNOTATION_BYTES} that an annotation may have")
    text = path.read_text(encoding="utf-8")
    if "<!DOCTYPE" in text:
        raise ValueError("a DOCTYPE is not accepted in an annotation")
    annotation = ElementTree.fromstring(text)  # noqa: S314 - without a DOCTYPE there are no entities to expand
    if annotation.tag != "annotation":
        raise ValueError(f"it holds {annotation.tag!r}, not 'annotation'")
    objects = list(annotation.iter("object"))
    if not objects:
        return ()
    frame = _find_frame(_read_size(annotation), size)
    return tuple(_read_box(element, frame, labels_by_name) for element in objects)


class Frame(NamedTuple):
    """The picture that was annotated, in pixels, and how to get from it to the upright image.

    It is scaled to `scaled_to`, then turned by `orientation`.
    """

    width: int
    height: int
    scaled_to: tuple[int, int]
    orientation: int


def _read_size(annotation: ElementTree.Element) -> tuple[int, int]:
    """Return width and height of the picture that was annotated."""
    width, height = (float(annotation.findtext(f"size/{side}", "nan")) for side in ("width", "height"))
    if not (isfinite(width) and isfinite(height) and min(width, height) >= 1):
        raise ValueError(
            "no <size> above 0, so it is not known which picture its boxes belong to; add the width and height of the"
            " picture that was annotated"
        )
    return int(width), int(height)


def _find_frame(annotated: tuple[int, int], size: ImageSize) -> Frame:
    """Return the frame of an annotation whose `<size>` is `annotated`.

    The picture that was annotated is the upright image, the image as it is stored, or either of them at another scale.
    If its size fits both, it is the upright one: so it is with EXIF 2 to 4, which keep the size, and with squares.

    Raises:
        ValueError: The size fits neither.
    """
    candidates = (Frame(*annotated, size.upright, 1), Frame(*annotated, size.stored, size.orientation))
    for fits in (tuple.__eq__, _is_resized):
        for frame in candidates:
            if fits(annotated, frame.scaled_to):
                return frame
    (width, height), (stored_width, stored_height) = size.upright, size.stored
    turned = f" ({stored_width}x{stored_height} as stored)" if size.stored != size.upright else ""
    raise ValueError(
        f"its boxes are for a picture of {annotated[0]}x{annotated[1]} pixels, but the image has"
        f" {width}x{height}{turned}: it was cropped, stretched or turned. Annotate this image, or restore the original"
    )


def _is_resized(size: tuple[int, int], resized: tuple[int, int]) -> bool:
    """Whether one factor, with sides rounded up or down, leads from one size to the other."""
    factors = [((new - 1) / old, (new + 1) / old) for old, new in zip(size, resized, strict=True)]
    return max(low for low, _ in factors) < min(high for _, high in factors)


def _read_box(element: ElementTree.Element, frame: Frame, labels_by_name: Mapping[str, int]) -> Box:
    x0, y0, x1, y1 = (float(element.findtext(f"bndbox/{edge}", "nan")) for edge in ("xmin", "ymin", "xmax", "ymax"))
    if not all(isfinite(edge) for edge in (x0, y0, x1, y1)):
        raise ValueError("an object without a finite xmin, ymin, xmax and ymax")
    left, right = max(x0, 0.0), min(x1 + 1, float(frame.width))
    top, bottom = max(y0, 0.0), min(y1 + 1, float(frame.height))
    if left >= right or top >= bottom:
        raise ValueError(
            f"box {x0:g}, {y0:g}, {x1:g}, {y1:g} lies outside {frame.width}x{frame.height} pixels or is empty"
        )
    across, down = frame.scaled_to[0] / frame.width, frame.scaled_to[1] / frame.height
    edges = turn_box((left * across, top * down, right * across, bottom * down), frame.scaled_to, frame.orientation)
    return Box(*edges, labels_by_name.get(nfc(_to_breed(element.findtext("name", "").strip())), -1))
