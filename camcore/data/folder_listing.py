"""List folders without the files and folders that systems, shares and viewers leave beside the data."""

import re
from collections import Counter
from contextlib import suppress
from fnmatch import translate
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from PIL import Image

from camcore.errors import CamcoreError
from camcore.system.names import nfc

# Patterns of names in lower case. What they match is never data, whatever it holds.
LITTER = (
    *("._*", ".*"),  # AppleDouble, hidden
    *("@eadir", "@tmp", "@syno*", "syno*_thumb*", "#recycle", "#snapshot"),  # Synology
    *("@recycle", "@recently-snapshot", "~snapshot"),  # QNAP, NetApp
    *("$recycle.bin", "recycler", "system volume information", "found.[0-9][0-9][0-9]"),  # Windows
    *("thumbs.db", "ehthumbs*.db", "desktop.ini", "~$*"),
    *("__macosx", "network trash folder", "temporary items", "icon\r"),  # macOS
    *("lost+found", "__pycache__", "picasa.ini", "zbthumbnail.info"),
)
THUMBNAIL_FOLDERS = ("thumbs", "thumbnails", "_thumbs", "_thumbnails")
# Affixes of a file that is a smaller copy of the file of that name without it.
_THUMBNAIL = re.compile(r"^(?:thumb|thumbnail|tn)[_-]|[_.-](?:thumb|thumbnail)$|-\d+x\d+$", re.IGNORECASE)
_LITTER = re.compile("|".join(f"({translate(pattern)})" for pattern in LITTER))
MOST_NAMED = 6
DEEPEST = 4  # levels to look for images; links to a parent folder would never end
MORE_SUFFIXES = (".heic", ".heif", ".avif", ".jxl")  # of images that Pillow may read with a plugin


class Contents(NamedTuple):
    """What a folder holds directly: folders, and whether there are files named like images."""

    folders: list[Path]
    has_images: bool

    @property
    def is_nested(self) -> bool:
        """Whether the images are in subfolders only."""
        return bool(self.folders) and not self.has_images


class FolderListing:
    """The folders of a data set, each listed once.

    Attributes:
        root: The folder of the data set.
        ignored: What was left out, with the kind of litter.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ignored: dict[Path, str] = {}
        self._listed: dict[Path, list[Path]] = {}

    def entries(self, folder: Path) -> list[Path]:
        """Return a folder's entries without litter, sorted by code point.

        Raises:
            CamcoreError: The folder can't be read, or two entries have the same name in two Unicode spellings.
        """
        if folder not in self._listed:
            self._listed[folder] = self._read(folder)
        return self._listed[folder]

    def look(self, folder: Path) -> Contents:
        """Return what a folder holds. Names decide, no file is opened."""
        entries = self.entries(folder)
        if any(path.suffix.lower() in self._suffixes and not is_folder(path) for path in entries):
            return Contents([], has_images=True)
        return Contents([path for path in entries if is_folder(path)], has_images=False)

    def find_image_folders(self, folder: Path) -> list[Path]:
        """Return the subfolders with files named like images at any depth; all subfolders if there are none."""
        folders = [path for path in self.entries(folder) if is_folder(path)]
        return [path for path in folders if self._holds_images(path, DEEPEST)] or folders

    def _holds_images(self, folder: Path, depth: int) -> bool:
        contents = self.look(folder)
        inner = contents.folders if depth else []
        return contents.has_images or any(self._holds_images(path, depth - 1) for path in inner)

    def describe_ignored(self) -> str:
        """Return one sentence with the number of ignored files and folders per name; empty without any."""
        counts = Counter(self.ignored.values())
        names = ", ".join(f"{name} ({count})" for name, count in counts.most_common(MOST_NAMED))
        more = f" and {len(counts) - MOST_NAMED} more names" if len(counts) > MOST_NAMED else ""
        return f"Ignored files and folders that are not data: {names}{more}." if counts else ""

    def _read(self, folder: Path) -> list[Path]:
        try:
            paths = sorted(folder.iterdir(), key=lambda path: path.name)
        except OSError as error:
            raise CamcoreError(f"Cannot read the folder {str(folder)!r}: {error.strerror}. Correct --root.") from error
        stems = {path.stem for path in paths}
        kept = []
        for path in paths:
            kind = _find_litter(path.name) or self._find_thumbnail(path, stems)
            if kind is None:
                kept.append(path)
            else:
                self.ignored[path] = kind
        _require_one_spelling(folder, kept)
        return kept

    def _find_thumbnail(self, path: Path, stems: set[str]) -> str | None:
        """Return the kind of litter if a file or folder holds smaller copies of its neighbours, judging by names."""
        if path.name.lower() in THUMBNAIL_FOLDERS:
            with suppress(OSError):
                return path.name if {_THUMBNAIL.sub("", inner.stem) for inner in path.iterdir()} & stems else None
        original = _THUMBNAIL.sub("", path.stem)
        return "thumbnails" if original != path.stem and original in stems and not is_folder(path) else None

    @cached_property
    def _suffixes(self) -> set[str]:
        return {*Image.registered_extensions(), *MORE_SUFFIXES}


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; False if that can't be found out."""
    try:
        return path.is_dir()
    except OSError:  # in a folder that may be listed but not entered
        return False


def _find_litter(name: str) -> str | None:
    """Return the name of a kind of litter: the file's own name, or the pattern that it matches."""
    match = _LITTER.match(name.lower())
    pattern = LITTER[match.lastindex - 1] if match and match.lastindex else None
    return pattern if pattern is None or (pattern != ".*" and "*" in pattern) else name


def _require_one_spelling(folder: Path, paths: list[Path]) -> None:
    spelled: dict[str, Path] = {}
    for path in paths:
        other = path if path.name.isascii() else spelled.setdefault(nfc(path.name), path)
        if other is not path:
            raise CamcoreError(
                f"{str(folder)!r} holds {other.name!a} and {path.name!a}, which are one name in two Unicode"
                " spellings. Rename one, or move its files into the other."
            )


class Spellings:
    """Finds paths below a folder by their spelling on disk, in whatever Unicode form they are asked for.

    macOS may write é as two characters (NFD), other systems as one (NFC).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: dict[PurePosixPath, dict[str, str]] = {}

    def find(self, path: PurePosixPath) -> PurePosixPath:
        """Return a relative path as spelled on disk; unchanged if there is no such file."""
        if str(path).isascii() or (self.root / path).exists():
            return path
        spelled = PurePosixPath()
        for part in path.parts:
            spelled /= self._list(spelled).get(nfc(part), part)
        return spelled

    def _list(self, folder: PurePosixPath) -> dict[str, str]:
        if folder not in self._names:
            try:
                self._names[folder] = {nfc(path.name): path.name for path in (self.root / folder).iterdir()}
            except OSError:
                self._names[folder] = {}
        return self._names[folder]
