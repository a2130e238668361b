"""Errors that a user can act on: the CLI prints one line, the dashboard one box. Often the way out is a command."""

import shlex
from collections.abc import Iterable


class CamcoreError(Exception):
    """Something the user can mend. The message names the fact, the value received and the way out, in one line."""


class RunError(CamcoreError):
    """A run folder that is missing, half-written, damaged or of another format version."""


class ReplacedError(CamcoreError):
    """What was being read is gone because newer is in its place, which is no damage: who begins anew finds that."""


def unknown_choice(what: str, value: object, choices: Iterable[str]) -> CamcoreError:
    """Return the error for a name that is in no table, e.g. `Unknown source 'gradcam'. Choose from: cam, grad_cam.`."""
    return CamcoreError(f"Unknown {what} {value!r}. Choose from: {', '.join(choices)}.")


def shell_command(*words: object) -> str:
    """Return a command to copy, quoted for the shell: `("explain", "my dogs")` is `camcore explain 'my dogs'`."""
    return shlex.join(["camcore", *map(str, words)])
