"""Runs the script again after a lost connection is restored.

A restarted process knows nothing of the page until the script runs. Streamlit would wait for the next click and lose
it, and downloads would fail.
"""

from dashboard.components.mount import mount


def watch_connection() -> None:
    """Watch the page's connection to the server."""
    mount("reconnection", "reconnection.js")(key="reconnection", height=1, on_back_change=lambda: None)
