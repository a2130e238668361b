"""Bad annotations never stop the opening: each is read or skipped with a reason."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from camcore.data.dataset import Box
from camcore.data.stanford_dogs import MOST_ANNOTATION_BYTES, open_stanford_dogs
from tests.support.tiny_stanford_dogs import BEAGLE, SIZE, write_dogs, write_object

BOX = (Box(2, 1, 6, 5, label=1),)
UNBOUNDED = "an object without a finite xmin, ymin, xmax and ymax"
NO_SIZE = (
    "no <size> above 0, so it is not known which picture its boxes belong to; add the width and height of the picture"
    " that was annotated"
)
NO_DOCTYPE = "a DOCTYPE is not accepted in an annotation"


def box(*edges: object, name: str = "beagle") -> bytes:
    return f"<annotation>{SIZE}{write_object(name, *edges)}</annotation>".encode()  # type: ignore[arg-type]


GOOD = box(2, 1, 5, 4)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><annotation>&l9;</annotation>'.encode()
OUTSIDE = b'<!DOCTYPE a [<!ENTITY file SYSTEM "file:///etc/passwd">]><annotation>&file;</annotation>'
PARAMETER = b'<!DOCTYPE a [<!ENTITY % file SYSTEM "file:///etc/passwd"> %file;]><annotation/>'


def nest(levels: int, closed: bool = True) -> bytes:
    return b"<annotation>" + b"<a>" * levels + (b"</a>" * levels + b"</annotation>" if closed else b"")


READ: dict[str, tuple[bytes, tuple[Box, ...]]] = {
    "good": (GOOD, BOX),
    "nothing in it": (b"<annotation/>", ()),
    "declared and spaced": (b'<?xml version="1.0" encoding="utf-8"?>\r\n' + GOOD.replace(b">2<", b">\n 2.0 <"), BOX),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, BOX),
    "Hangul": (box(2, 1, 5, 4, name="비글"), (Box(2, 1, 6, 5, label=-1),)),
    "comment before": (b"<!-- drawn by hand -->" + GOOD, BOX),
    "other elements": (GOOD.replace(b"<object>", b"<object><pose/><bndbox2/>"), BOX),
    "beyond each edge": (box(-5, -1e300, 1e300, 99), (Box(0, 0, 10, 8, label=1),)),
    "one pixel": (box(9, 7, 9, 7), (Box(9, 7, 10, 8, label=1),)),
    "deep": (nest(100_000), ()),
    "many": (
        b"<annotation>" + GOOD[len(b"<annotation>") : -len(b"</annotation>")] * 5000 + b"</annotation>",
        BOX * 5000,
    ),
}
SKIPPED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no element found: line 1, column 0"),
    "cut": (GOOD[:-20], "unclosed token: line 1, column .+"),
    "text": (b"beagle 2 1 5 4", "syntax error: line 1, column 0"),
    "a page": (b"<html><body>404 Not Found</body></html>", "it holds 'html', not 'annotation'"),
    "two roots": (GOOD + GOOD, "junk after document element: line 1, column .+"),
    "crossed": (b"<annotation><object></annotation></object>", "mismatched tag: line 1, column .+"),
    "zeros": (bytes(500), "not well-formed .+"),
    "a billion laughs": (BILLION, NO_DOCTYPE),
    "external entity": (OUTSIDE, NO_DOCTYPE),
    "parameter entity": (PARAMETER, NO_DOCTYPE),
    "entity without a definition": (b"<annotation>&dog;</annotation>", "undefined entity: line 1, column 12"),
    "utf-16": (GOOD.decode().encode("utf-16"), "'utf-8' codec can't decode byte 0xff in position 0: .+"),
    "latin-1": (
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + box(2, 1, 5, 4, name="x").replace(b"x<", b"\xe9<"),
        "'utf-8' codec can't decode byte 0xe9 in position .+",
    ),
    "without edges": (f"<annotation>{SIZE}<object/></annotation>".encode(), UNBOUNDED),
    "without a size": (GOOD.replace(SIZE.encode(), b""), NO_SIZE),
    "a size of 0": (GOOD.replace(b">10<", b">0<"), NO_SIZE),
    "half a size": (GOOD.replace(b"<height>8</height>", b""), NO_SIZE),
    "a worded size": (GOOD.replace(b">10<", b">ten<"), "could not convert string to float: 'ten'"),
    "an endless size": (GOOD.replace(b">10<", b">1e999<"), NO_SIZE),
    "without one edge": (GOOD.replace(b"<xmax>5</xmax>", b""), UNBOUNDED),
    "an empty edge": (GOOD.replace(b">5<", b"><"), "could not convert string to float: ''"),
    "a worded edge": (GOOD.replace(b">5<", b">five<"), "could not convert string to float: 'five'"),
    "a long edge": (GOOD.replace(b">5<", b">" + b"five" * 10_000 + b"<"), "could not convert .{160,200}"),
    "NaN": (box("nan", 1, 5, 4), UNBOUNDED),
    "infinite": (box(2, 1, "inf", 4), UNBOUNDED),
    "too large a number": (box(2, 1, "9" * 400, 4), UNBOUNDED),
    "huge": (box(1e300, 1, 1e301, 4), r"box 1e\+300, 1, 1e\+301, 4 lies outside 10x8 pixels or is empty"),
    "right of it": (box(10, 0, 20, 5), "box 10, 0, 20, 5 lies outside 10x8 pixels or is empty"),
    "above it": (box(0, -9, 5, -2), "box 0, -9, 5, -2 lies outside 10x8 pixels or is empty"),
    "inverted": (box(5, 4, 2, 1), "box 5, 4, 2, 1 lies outside 10x8 pixels or is empty"),
    "zero area": (box(3, 1, 2, 4), "box 3, 1, 2, 4 lies outside 10x8 pixels or is empty"),
    "one bad box of two": (GOOD.replace(b"<annotation>", box(9, 9, 9, 9)[:-13]), "box 9, 9, 9, 9 lies outside .+"),
    "deep without an end": (nest(300_000, closed=False), "no element found: line 1, column .+"),
    "10 MB deep": (nest(10_000_000 // 3, closed=False), rf"\d{{8}} bytes, more than the {MOST_ANNOTATION_BYTES} .+"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_dogs(tmp_path)


@pytest.mark.parametrize("name", READ)
def test_an_odd_annotation_is_read(name: str, root: Path) -> None:
    content, boxes = READ[name]
    (root / "Annotation" / BEAGLE / "a2").write_bytes(content)
    dataset = open_stanford_dogs(root)
    assert dataset.skipped == ()
    assert dataset.train[1].boxes == boxes


def require_skipped(root: Path, reason: str) -> None:
    dataset = open_stanford_dogs(root)
    assert len(dataset.train) == 2
    assert [skipped.path for skipped in dataset.skipped] == [f"Annotation/{BEAGLE}/a2"]
    assert re.fullmatch(reason, dataset.skipped[0].reason)


@pytest.mark.parametrize("name", SKIPPED)
def test_a_bad_annotation_is_skipped_with_a_reason(name: str, root: Path) -> None:
    content, reason = SKIPPED[name]
    (root / "Annotation" / BEAGLE / "a2").write_bytes(content)
    started = time.perf_counter()
    require_skipped(root, f"(?:{reason})(?:\\.\\.\\.)?")
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.symlink_to("nowhere"), "no such file"),
        (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: os.mkfifo(path), "neither a file nor a folder"),
    ],
)
def test_what_is_no_file_is_skipped_with_a_reason(put: Callable[[Path], None], reason: str, root: Path) -> None:
    path = root / "Annotation" / BEAGLE / "a2"
    path.unlink()
    put(path)
    require_skipped(root, reason)


def test_a_cut_image_is_skipped_before_its_annotation(root: Path) -> None:
    path = root / "Images" / BEAGLE / "a2.jpg"
    path.write_bytes(path.read_bytes()[:-4])
    (root / "Annotation" / BEAGLE / "a2").unlink()
    dataset = open_stanford_dogs(root)
    assert [skipped.path for skipped in dataset.skipped] == [f"Images/{BEAGLE}/a2.jpg"]
    assert dataset.skipped[0].reason.startswith("image file is truncated")
