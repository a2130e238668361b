"""Settings by environment variables: the runs folder and limits."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from camcore.data.uploaded_image import MOST_MEGABYTES
from camcore.errors import CamcoreError

MOST = 64


def read_limit(name: str, default: int) -> int:
    """Return the whole number from 1 to `MOST` in an environment variable.

    Raises:
        CamcoreError: It holds something else.
    """
    given = os.environ.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) <= len(str(MOST)) and 1 <= int(given) <= MOST):
        raise CamcoreError(f"{name} is {given!r}. Give it a whole number from 1 to {MOST}; without it {default} holds.")
    return int(given)


def read_upload_limit() -> int:
    """Return the largest size of an upload in MB: Streamlit's limit, but no more than we decode.

    Raises:
        CamcoreError: Streamlit's limit allows no upload.
    """
    given: int = st.get_option("server.maxUploadSize")
    if given < 1:
        raise CamcoreError(
            f"server.maxUploadSize is {given}. Give it 1 to {MOST_MEGABYTES} (megabytes), as"
            " STREAMLIT_SERVER_MAX_UPLOAD_SIZE."
        )
    return min(given, MOST_MEGABYTES)


PICTURES_AT_ONCE = read_limit("CAMCORE_PICTURES_AT_ONCE", 8)  # per visitor, on the page Try your own image
PASSES_AT_ONCE = read_limit("CAMCORE_PASSES_AT_ONCE", 2)  # forward passes at a time, for all visitors of the process


def find_runs_folder(arguments: Sequence[str]) -> Path:
    """Return the runs folder: `--runs DIR`, else CAMCORE_RUNS, else the repository's `checkpoints`."""
    wanted = _parse(arguments)[0].runs or os.environ.get("CAMCORE_RUNS")
    return Path(wanted).expanduser() if wanted else Path(__file__).resolve().parents[1] / "checkpoints"


def require_known(arguments: Sequence[str]) -> None:
    """Refuse options of the server that it does not know.

    Raises:
        CamcoreError: One is misspelt, or the folder is left out.
    """
    known, unknown = _parse(arguments)
    if unknown or ("--runs" in arguments and not known.runs):
        wrong = repr(unknown[0]) if unknown else "--runs without a folder"
        raise CamcoreError(f"The dashboard does not know {wrong}. It takes `-- --runs DIR`, the folder of the runs.")


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--runs", nargs="?")
    return parser.parse_known_args(arguments)
