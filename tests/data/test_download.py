"""The download from a local server that disconnects, ignores ranges, and sends garbage."""

import errno
import hashlib
import re
import shutil
import socket
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import pytest

from camcore.data import download
from camcore.data.download import Archive, download_stanford_dogs, fetch
from camcore.errors import CamcoreError
from tests.support.file_server import Server, pack, start_server

BODY = bytes(range(256)) * 400


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(download, "BLOCK_BYTES", 1000)
    with start_server() as state:
        yield state


@pytest.fixture
def official(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server with three archives like the official ones, and their checksums."""
    server.files = {
        "lists.tar": pack({"file_list.mat": b"0", "train_list.mat": b"1", "test_list.mat": b"2"}),
        "annotation.tar": pack({"Annotation/n1-a/n1_1": b"<annotation/>"}),
        "images.tar": pack({"Images/n1-a/n1_1.jpg": b"pixels" * 1000, "Images/n1-a/n1_2.jpg": b"more"}),
    }
    table = [
        replace(archive, sha256=hashlib.sha256(server.files[archive.name]).hexdigest()) for archive in download.ARCHIVES
    ]
    monkeypatch.setattr(download, "ARCHIVES", table)
    return server


def list_files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


COMPLETE = ["Annotation/n1-a/n1_1", "Images/n1-a/n1_1.jpg", "Images/n1-a/n1_2.jpg", "test_list.mat", "train_list.mat"]


def expect_error(message: str, root: Path, server: Server) -> None:
    with pytest.raises(CamcoreError, match=re.escape(message)) as caught:
        download_stanford_dogs(root, server.url)
    assert "\n" not in str(caught.value)


def test_the_layout_is_fetched_once(official: Server, tmp_path: Path) -> None:
    root = tmp_path / "new" / "folder"
    download_stanford_dogs(root, official.url + "/")
    assert list_files(root) == COMPLETE
    assert (root / "Images/n1-a/n1_1.jpg").read_bytes() == b"pixels" * 1000
    assert official.ranges == [None] * 3
    download_stanford_dogs(root, official.url)
    assert len(official.ranges) == 3
    shutil.rmtree(root / "Annotation")
    download_stanford_dogs(root, official.url)
    assert (list_files(root), len(official.ranges)) == (COMPLETE, 4)


def test_an_archive_put_there_by_hand_is_used(official: Server, tmp_path: Path) -> None:
    (tmp_path / "images.tar").write_bytes(official.files.pop("images.tar"))
    download_stanford_dogs(tmp_path, official.url)
    assert list_files(tmp_path) == COMPLETE


def test_a_broken_download_resumes(server: Server, tmp_path: Path) -> None:
    server.files["file"] = BODY
    server.breaks = [5000, 20_000]
    fetch(f"{server.url}/file", tmp_path / "file")
    assert server.ranges == [None, "bytes=5000-", "bytes=25000-"]
    assert (tmp_path / "file").read_bytes() == BODY
    assert list_files(tmp_path) == ["file"]


def test_a_broken_download_reports_progress_and_resumes(official: Server, tmp_path: Path) -> None:
    official.breaks = [100] * download.TRIES
    size = len(official.files["lists.tar"])
    expect_error(
        f"The download of {official.url}/lists.tar broke off after 400 of {size} bytes (the connection was closed). "
        "Run it again to resume.",
        tmp_path,
        official,
    )
    assert list_files(tmp_path) == ["lists.tar.part"]
    download_stanford_dogs(tmp_path, official.url)
    assert official.ranges[download.TRIES] == "bytes=400-"
    assert list_files(tmp_path) == COMPLETE


def test_a_server_that_ignores_ranges_starts_again(server: Server, tmp_path: Path) -> None:
    server.files["file"] = BODY
    server.breaks = [5000]
    server.honours_range = False
    fetch(f"{server.url}/file", tmp_path / "file")
    assert server.ranges == [None, "bytes=5000-"]
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_server_that_tells_no_length_is_believed(server: Server, tmp_path: Path) -> None:
    server.files["file"] = BODY
    server.tells_length = False
    fetch(f"{server.url}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize(("part", "requests"), [(BODY, 1), (BODY + b"too long", 2)])
def test_a_part_that_is_whole_or_too_long(part: bytes, requests: int, server: Server, tmp_path: Path) -> None:
    server.files["file"] = BODY
    (tmp_path / "file.part").write_bytes(part)
    fetch(f"{server.url}/file", tmp_path / "file")
    assert len(server.ranges) == requests
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_range_that_is_not_the_one_asked_for_starts_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["file"] = BODY
    (tmp_path / "file.part").write_bytes(BODY[:5000])
    monkeypatch.setattr(download, "_read_content_range", lambda header: (4000, len(BODY)))
    fetch(f"{server.url}/file", tmp_path / "file")
    assert server.ranges == ["bytes=5000-", None]
    assert (tmp_path / "file").read_bytes() == BODY


def test_content_range_is_read() -> None:
    read = download._read_content_range
    assert read("bytes 100-199/200") == (100, 200)
    assert read("bytes */200") == (None, 200)
    assert read("bytes 100-199/*") == (100, None)
    assert read(None) == read("rubbish") == (None, None)


def test_busy_servers_are_asked_again_and_others_not(official: Server, tmp_path: Path) -> None:
    official.statuses = [503, 429]
    download_stanford_dogs(tmp_path, official.url)
    assert list_files(tmp_path) == COMPLETE
    shutil.rmtree(tmp_path / "Images")
    del official.files["images.tar"]
    requests = len(official.ranges)
    expect_error(
        f"The server refused {official.url}/images.tar (HTTP 404 Not Found). Get images.tar elsewhere, put it into "
        f"{str(tmp_path)!r} and run it again.",
        tmp_path,
        official,
    )
    assert len(official.ranges) == requests + 1


def test_servers_that_cannot_be_reached(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as bound:  # nobody listens on it
        bound.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        expect_error(
            f"Cannot download {server.url}/lists.tar: Connection refused. Run it again later.", tmp_path, server
        )

    def find_no_host(*args: object, **kwargs: object) -> None:
        raise URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(download.urllib.request, "urlopen", find_no_host)
    expect_error(f"Cannot reach {server.url}/lists.tar: no network, or no such host.", tmp_path, server)


def test_only_http_is_opened(tmp_path: Path) -> None:
    with pytest.raises(
        CamcoreError, match=r"^Cannot download from 'file:///etc'\. The address must begin with http://"
    ):
        download_stanford_dogs(tmp_path, "file:///etc")


def pack_sparse(name: str, size: int) -> bytes:
    """Return a sparse archive with one file of this size (GNU tar, format 1.0)."""
    about = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(size),
    }
    return pack({name: b"1\n0\n0\n".ljust(512, b"\0")}, pax_headers=about)


def claim_size(name: str, size: int) -> bytes:
    """Return an archive whose only file claims this size but ends after a block."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT) + b"x" * 512


DAMAGED = {
    "a page instead of a file": b"<html>log in</html>" * 99,
    "nothing": b"",
    "cut in a file": pack({"Images/1.jpg": b"x" * 5000})[:3000],
    "other content": pack({"images/1.jpg": b"x"}),
    "above": pack({"Images/1.jpg": b"x", "../escaped": b"x"}),
    "a link": pack({"Images/1.jpg": b""}, type=tarfile.SYMTYPE, linkname="2.jpg"),
    "a hard link": pack({"Images/1.jpg": b""}, type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "a hole of a terabyte": pack_sparse("Images/1.jpg", 1 << 40),
    "a member that is longer than all": claim_size("Images/1.jpg", 1 << 40),
    "a device": pack({"Images/1.jpg": b""}, type=tarfile.CHRTYPE),
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_archive_is_deleted_and_leaves_nothing(
    fault: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ARCHIVES", [Archive("images.tar", ("Images",), None)])
    server.files["images.tar"] = DAMAGED[fault]
    root = tmp_path / "root"
    expect_error("images.tar was damaged and has been deleted: ", root, server)
    assert list(tmp_path.rglob("*")) == [root]


def test_an_absolute_member_stays_inside(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "ARCHIVES", [Archive("images.tar", ("Images",), None)])
    server.files["images.tar"] = pack({f"{tmp_path}/escaped": b"x", "Images/1.jpg": b"x"})
    download_stanford_dogs(tmp_path / "root", server.url)
    assert list_files(tmp_path) == ["root/Images/1.jpg"]


def test_a_wrong_checksum_deletes_the_file(official: Server, tmp_path: Path) -> None:
    expected = hashlib.sha256(official.files["lists.tar"]).hexdigest()
    official.files["lists.tar"] = other = pack({"train_list.mat": b"x", "test_list.mat": b"x"})
    digest = hashlib.sha256(other).hexdigest()
    expect_error(
        f"lists.tar was damaged and has been deleted: its SHA-256 is {digest}, not {expected}. Run it again to",
        tmp_path,
        official,
    )
    assert list_files(tmp_path) == []


def test_an_interrupted_unpack_is_not_taken_for_a_whole_one(
    official: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        extract = tarfile.TarFile.extract

        def stop_at_second(tar: tarfile.TarFile, member: tarfile.TarInfo, *args: object, **kwargs: object) -> None:
            if member.name.endswith("n1_2.jpg"):
                raise KeyboardInterrupt
            extract(tar, member, *args, **kwargs)

        patched.setattr(tarfile.TarFile, "extract", stop_at_second)
        with pytest.raises(KeyboardInterrupt):
            download_stanford_dogs(tmp_path, official.url)
    assert "images.tar" in list_files(tmp_path)
    assert not (tmp_path / "Images").exists()
    # What a killed process leaves behind must not get in the way either.
    (tmp_path / ".images.tar.unpacking" / "Images").mkdir(parents=True)
    (tmp_path / ".images.tar.unpacking" / "Images" / "rest").touch()
    download_stanford_dogs(tmp_path, official.url)
    assert list_files(tmp_path) == COMPLETE


def test_too_little_space_is_reported_before_the_download(
    official: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: SimpleNamespace(free=20_000))
    expect_error(
        f"lists.tar needs 0.0 MB in {str(tmp_path)!r}, with what it unpacks to; 0.0 MB are free.", tmp_path, official
    )
    assert list_files(tmp_path) == []


def test_a_disk_that_fills_up_is_one_line(official: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_copy", fill_up)
    expect_error(f"Cannot write to {str(tmp_path)!r}: No space left on device.", tmp_path, official)


def test_the_table_has_the_whole_layout() -> None:
    contents = [name for archive in download.ARCHIVES for name in archive.contents]
    assert sorted(contents) == ["Annotation", "Images", "test_list.mat", "train_list.mat"]
    assert all(re.fullmatch("[0-9a-f]{64}", archive.sha256 or "0" * 64) for archive in download.ARCHIVES)
