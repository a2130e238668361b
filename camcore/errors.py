"""Errors that users can fix: one line in the CLI, a box in the dashboard."""

import re
import shlex
from collections.abc import Iterable
from difflib import get_close_matches


class CamcoreError(Exception):
    """A mistake the user can fix. The message says in one line the fact, the value received and what to do."""


class RunError(CamcoreError):
    """A run folder that is missing, half-written, damaged or of another format version."""


class NoRunError(RunError):
    """There is no run at a path."""


class ReplacedError(CamcoreError):
    """The file being read was replaced by a newer one. Reading again succeeds."""


def unknown_choice(what: str, value: object, choices: Iterable[str]) -> CamcoreError:
    """Return the error for an unknown name: `Unknown view 'x'. Choose from: squash, center-crop.`."""
    names = tuple(choices)
    guess = f"Did you mean {near}? " if (near := find_similar(value, names)) else ""
    return CamcoreError(f"Unknown {what} {value!r}. {guess}Choose from: {', '.join(names)}.")


def find_similar(value: object, names: Iterable[str]) -> str | None:
    """Return the name most similar to a misspelt one, ignoring case and punctuation; None if none is similar."""
    wanted = _simplify(str(value))
    plain = {_simplify(name): name for name in names if _digits(name) == _digits(wanted)}  # layer5 is not layer4
    near = get_close_matches(wanted, plain, n=1, cutoff=0.8)
    return plain[near[0]] if near else None


def _simplify(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold().replace("+", "p"))


def _digits(name: str) -> str:
    return re.sub(r"\D", "", name)


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun: `1 file`, `2 files`, `2 classes`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def not_allowed(name: str, value: object, allowed: str) -> CamcoreError:
    """Return the error for a refused value, e.g. `epochs is 0; it must be at least 1.`."""
    return CamcoreError(f"{name} is {value!r}; it must be {allowed}.")


def shell_command(*words: object) -> str:
    """Return a command quoted for the shell: `("explain", "my dogs")` gives `camcore explain 'my dogs'`."""
    return shlex.join(["camcore", *map(str, words)])
