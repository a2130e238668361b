"""Unicode spellings: macOS may write é as two characters (NFD), other systems as one (NFC). Names compare as NFC."""

from pathlib import Path, PurePosixPath

from camcore.system.names import nfc


class Spellings:
    """Finds paths below a folder by their spelling on disk, in whatever normal form they are asked for."""

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
