"""Runs the script again after a lost connection is back.

Another process may have taken over, or the same one restarted: it knows nothing of the page until the script runs.
Streamlit waits for the next click, which it would lose, and downloads would fail.
"""

from dashboard.components.mount import mount


def watch_connection() -> None:
    """Watch the connection while a page is shown."""
    mount("reconnection", "reconnection.js")(key="reconnection", height=1, on_back_change=lambda: None)
