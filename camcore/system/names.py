"""Compare and sort names as people read them."""

import re
import unicodedata
from collections.abc import Iterable

_DIGITS = re.compile(r"(\d+)")


def nfc(name: str) -> str:
    """Return a name in NFC: composed and decomposed spellings become equal."""
    return unicodedata.normalize("NFC", name)


def find_name(names: Iterable[str], wanted: str) -> str | None:
    """Return the name that equals `wanted`, else the first one that does in NFC, else None."""
    equal = [name for name in names if nfc(name) == nfc(wanted)]
    return wanted if wanted in equal else next(iter(equal), None)


def natural_key(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """Return a key that sorts c2 before c10 and ignores case; it is never equal for two names."""
    parts: list[str | tuple[int, str]] = list(_DIGITS.split(nfc(name).casefold()))
    for at in range(1, len(parts), 2):
        digits = str(parts[at]).lstrip("0")
        parts[at] = (len(digits), digits)
    return parts, name
