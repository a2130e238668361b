"""Errors that users can fix: one line in the CLI, a box in the dashboard."""

import shlex
from collections.abc import Iterable


class CamcoreError(Exception):
    """A mistake the user can fix. The message says in one line the fact, the value received and what to do."""


class RunError(CamcoreError):
    """A run folder that is missing, half-written, damaged or of another format version."""


class ReplacedError(CamcoreError):
    """The file being read was replaced by a newer one. Reading again succeeds."""


def unknown_choice(what: str, value: object, choices: Iterable[str]) -> CamcoreError:
    """Return the error for an unknown name, e.g. `Unknown source 'gradcam'. Choose from: cam, grad_cam.`."""
    return CamcoreError(f"Unknown {what} {value!r}. Choose from: {', '.join(choices)}.")


def not_allowed(name: str, value: object, allowed: str) -> CamcoreError:
    """Return the error for a refused value, e.g. `epochs is 0; it must be at least 1.`."""
    return CamcoreError(f"{name} is {value!r}; it must be {allowed}.")


def shell_command(*words: object) -> str:
    """Return a command quoted for the shell: `("explain", "my dogs")` gives `camcore explain 'my dogs'`."""
    return shlex.join(["camcore", *map(str, words)])
