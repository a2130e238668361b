"""A file that would run code, for those that read it to show that they don't."""

from pathlib import Path


class Trap:
    """Would write a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)
