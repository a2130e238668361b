"""Runs the script again when a connection that broke off is back.

Another process may have taken over, or the same one started anew: it knows nothing of the page until then. Streamlit
waits for the next click, which it would lose, and downloads would lead nowhere.
"""

from functools import cache
from typing import Any

import streamlit as st

_SCRIPT = """
export default function ({ parentElement, setTriggerValue }) {
  if (parentElement.watching) return;
  const app = document.querySelector("[data-testid=stApp]");
  let lost = false;
  parentElement.watching = new MutationObserver(() => {
    const connected = app.dataset.testConnectionState === "CONNECTED";
    if (connected && lost) setTriggerValue("back", Date.now());
    lost = !connected;
  });
  parentElement.watching.observe(app, { attributeFilter: ["data-test-connection-state"] });
  return () => parentElement.watching.disconnect();
}
"""


def watch_connection() -> None:
    """Watch it, on every page."""
    _mount()(key="reconnection", height=1, on_back_change=lambda: None)


@cache
def _mount() -> Any:
    return st.components.v2.component("reconnection", js=_SCRIPT, isolate_styles=False)
