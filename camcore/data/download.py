"""Download the official archives of Stanford Dogs: resume, check and unpack them."""

import hashlib
import http.client
import re
import shutil
import socket
import tarfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, NamedTuple

from tqdm import tqdm

from camcore.errors import CamcoreError

OFFICIAL_URL = "http://vision.stanford.edu/aditya86/ImageNetDogs/"
TRIES = 4
PAUSE_SECONDS = 1.0  # before the second try; doubled before each further one
TIMEOUT_SECONDS = 30.0
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Archive:
    """An archive, the names it unpacks to, and its SHA-256 (None if unknown)."""

    name: str
    contents: tuple[str, ...]
    sha256: str | None


# Source of the checksums: tensorflow/datasets, tensorflow_datasets/url_checksums/stanford_dogs.txt.
ARCHIVES = (
    Archive(
        "lists.tar",
        ("train_list.mat", "test_list.mat"),
        "34b47cacd9a98b5d150e084f24d29391c084c55272295ec65c85651bc35f4d6c",
    ),
    Archive("annotation.tar", ("Annotation",), "662ed36f707be6b195c2fda392d8e153e83af28cedc8e2134a649f198def30fd"),
    Archive("images.tar", ("Images",), "a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58"),
)


class Received(NamedTuple):
    """A request's result: the file's total bytes and whether it is complete."""

    total: int | None
    is_complete: bool


def download_stanford_dogs(root: Path, base_url: str = OFFICIAL_URL) -> None:
    """Download and unpack the missing parts of the official layout. Each archive is deleted after unpacking.

    Raises:
        CamcoreError: No network, no such file on the server, interrupted too often, damaged, or the disk is full.
    """
    if not base_url.startswith(("http://", "https://")):
        raise CamcoreError(f"Cannot download from {base_url!r}. The address must begin with http:// or https://.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        for archive in ARCHIVES:
            if all((root / name).exists() for name in archive.contents):
                continue
            path = root / archive.name
            if not path.exists():
                fetch(f"{base_url.rstrip('/')}/{archive.name}", path)
            _unpack(path, archive)
            path.unlink()
    except OSError as error:
        raise CamcoreError(f"Cannot write to {str(root)!r}: {error.strerror or error}. Correct --root.") from error


def fetch(url: str, path: Path) -> None:
    """Download a file through `<path>.part`, from which an interrupted download resumes.

    Raises:
        CamcoreError: As in `download_stanford_dogs`.
    """
    part = path.with_name(f"{path.name}.part")
    total: int | None = None
    reason = "the connection was closed"
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            received = _request_rest(url, part)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            reason = _explain_or_raise(url, path, error)
            continue
        if received.is_complete:
            part.replace(path)
            return
        total = received.total or total
    if total is None:
        raise CamcoreError(f"Cannot download {url}: {reason}. Run it again later.")
    size = part.stat().st_size if part.exists() else 0
    raise CamcoreError(
        f"The download of {url} broke off after {size} of {total} bytes ({reason}). Run it again to resume."
    )


def _request_rest(url: str, part: Path) -> Received:
    offset = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the caller admits http and https alone
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            return _append(response, part, offset)
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        with error:
            total = _read_content_range(error.headers.get("Content-Range"))[1]
        if total != offset:
            part.unlink(missing_ok=True)  # longer than the file, so it belongs to another one: start from zero
        return Received(total, total == offset)


def _append(response: http.client.HTTPResponse, part: Path, offset: int) -> Received:
    """Append a response to the part file; overwrite if the server ignored the range."""
    length = response.headers.get("Content-Length")
    total = int(length) if length else None
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        start, total = _read_content_range(response.headers.get("Content-Range"))
        if start != offset:
            part.unlink()
            return Received(total, False)
        total = offset + int(length) if total is None and length else total
    else:
        offset = 0
    if total is not None:
        # The rest of the archive and its unpacked content must fit.
        _require_space(part.parent, part.name.removesuffix(".part"), total - offset + total)
    progress = tqdm(total=total, initial=offset, unit="B", unit_scale=True, desc=part.stem, disable=None)
    with part.open("ab" if offset else "wb") as file, progress:
        ended = _copy(response, file, progress)
    return Received(total, ended and (total is None or part.stat().st_size == total))


def _copy(response: http.client.HTTPResponse, file: IO[bytes], progress: "tqdm[None]") -> bool:
    """Copy until the body ends; return whether it ended without a network error."""
    while True:
        try:
            block = response.read(BLOCK_BYTES)
        except (http.client.HTTPException, OSError):
            return False
        if not block:
            return True
        file.write(block)
        progress.update(len(block))


def _read_content_range(header: str | None) -> tuple[int | None, int | None]:
    """Return start and total of `bytes 100-199/200` or `bytes */200`; None for a missing value."""
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", header or "")
    start, total = match.groups() if match else (None, None)
    return (int(start) if start else None), (int(total) if total and total != "*" else None)


def _explain_or_raise(url: str, path: Path, error: Exception) -> str:
    """Return why a request failed, if another try may help.

    Raises:
        CamcoreError: Another try can't help.
    """
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code != HTTPStatus.TOO_MANY_REQUESTS:
            raise CamcoreError(
                f"The server refused {url} (HTTP {error.code} {error.reason}). "
                f"Get {path.name} elsewhere, put it into {str(path.parent)!r} and run it again."
            ) from error
        return f"HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        raise CamcoreError(f"Cannot reach {url}: no network, or no such host. Connect and run it again.") from error
    return getattr(reason, "strerror", None) or str(reason)


def _require_space(folder: Path, name: str, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise CamcoreError(
            f"{name} needs {needed_bytes / 1e6:.1f} MB in {str(folder)!r}, with what it unpacks to; "
            f"{free_bytes / 1e6:.1f} MB are free. Free some, or choose another --root."
        )


def _unpack(path: Path, archive: Archive) -> None:
    """Unpack into a temporary folder, then move the result: it is complete or absent."""
    _require_space(path.parent, path.name, path.stat().st_size)
    if archive.sha256 is not None:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != archive.sha256:
            raise _discard(path, f"its SHA-256 is {digest}, not {archive.sha256}")
    folder = path.with_name(f".{path.name}.unpacking")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _extract(path, folder)
        missing = [name for name in archive.contents if not (folder / name).exists()]
        if missing:
            raise _discard(path, f"it lacks {', '.join(missing)}")
        for name in archive.contents:
            (folder / name).replace(path.parent / name)
    except (tarfile.TarError, ValueError) as error:  # ValueError: a name that no file can have
        raise _discard(path, str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _extract(path: Path, folder: Path) -> None:
    with tarfile.open(path, "r:") as tar:
        for member in tqdm(tar, desc=f"unpack {path.name}", unit=" files", disable=None):
            if not (member.isreg() or member.isdir()) or member.issparse():  # sparse: of any size, out of nothing
                raise tarfile.ExtractError(f"{member.name!r} is neither a plain file nor a folder")
            tar.extract(member, folder, filter="data")


def _discard(path: Path, reason: str) -> CamcoreError:
    path.unlink()
    return CamcoreError(
        f"{path.name} was damaged and has been deleted: {reason}. Run it again to download it once more."
    )
