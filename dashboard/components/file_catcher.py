"""Pictures pasted or dropped anywhere on the page, handed to the page's file uploader."""

from dashboard.components.mount import mount


def file_catcher(key: str) -> None:
    """Listen while this page is shown. Nothing is sent to Python: the uploader sends the files, with its own checks."""
    mount("file_catcher", "catcher.js")(key=key, height=0)
