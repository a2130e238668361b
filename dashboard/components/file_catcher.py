"""Passes pictures pasted or dropped anywhere on the page to the file uploader."""

from dashboard.components.mount import mount


def file_catcher(key: str) -> None:
    """Listen for pasted and dropped files. The uploader sends and checks them."""
    mount("file_catcher", "catcher.js")(key=key, height=0)
