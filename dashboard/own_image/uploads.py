"""Pictures that users drop, paste, choose or take with the camera. They stay in memory.

Streamlit frees an upload when it is removed from the list or its session ends; leaving the page frees it too.
"""

import json
from urllib.parse import urlsplit

import streamlit as st
from streamlit.typing import UploadedFile

from camcore.data.uploaded_image import EXTENSIONS, MOST_PIXELS
from dashboard.components.file_catcher import file_catcher
from dashboard.language import text
from dashboard.own_image import network
from dashboard.settings import PICTURES_AT_ONCE, read_upload_limit

_HOLDS = "own_image_holds"  # in the session: whether Streamlit may hold files of this session


def choose_uploads() -> list[tuple[str, UploadedFile]]:
    """Show the ways to upload pictures; return the uploads by name."""
    _translate_uploader()
    files = st.file_uploader(
        text("own_image.upload"), EXTENSIONS, True, key="own_image_files", max_upload_size=read_upload_limit()
    )
    file_catcher("own_image_catcher")
    if not files:
        st.caption(text("own_image.upload.hint", count=PICTURES_AT_ONCE, megapixels=MOST_PIXELS // 1_000_000))
    st.caption(text("own_image.private"))
    uploads = [(restore_name(file.name), file) for file in files]
    photograph = _take_photograph()
    if photograph is not None:
        uploads.insert(0, (text("own_image.camera.file"), photograph))
    st.session_state[_HOLDS] = True
    return uploads


def restore_name(name: str) -> str:
    """Return a file name without the three escapes that browsers put in.

    Source: HTML standard, forms.
    """
    for escape, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        name = name.replace(escape, character)
    return name


def forget_uploads() -> bool:
    """Drop this session's results. Return whether Streamlit may still hold uploads."""
    if not st.session_state.pop(_HOLDS, False):
        return False
    network.forget()
    return True


def _translate_uploader() -> None:
    """Set the words that the style sheet writes over those of Streamlit's uploader, which speaks English only."""
    limits = text("own_image.upload.limits", megabytes=read_upload_limit(), formats=", ".join(EXTENSIONS).upper())
    words = {"--cc-upload": text("own_image.upload.button"), "--cc-limits": limits}
    rules = (f"{name}: {json.dumps(value, ensure_ascii=False)};" for name, value in words.items())
    st.html(f"<style>:root {{ {' '.join(rules)} }}</style>")


def _take_photograph() -> UploadedFile | None:
    if not st.toggle(text("own_image.camera"), key="own_image_camera"):
        return None
    if not _is_secure(st.context.url):
        st.caption(text("own_image.camera.insecure"))
        return None
    return st.camera_input(text("own_image.camera.take"), key="own_image_photograph", resolution="720p", width=440)


def _is_secure(url: str | None) -> bool:
    """Whether browsers allow the camera at this address; True if it is unknown."""
    parts = urlsplit(url or "")
    host = parts.hostname or "localhost"
    return parts.scheme != "http" or host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
