"""A small app with errors in its page and in a callback, served like dashboard/app.py."""

import streamlit as st

from dashboard.server.faults import show_fault


def fail() -> None:
    """Raise an unexpected error."""
    raise ZeroDivisionError("a secret of the server")


if __name__ == "__main__":
    st.text("before")
    st.button("Call what fails", on_click=fail)
    if st.button("Show what fails"):
        fail()
    if st.button("Stop"):
        st.text("stopping")
        st.stop()
    if st.button("Run again"):
        st.session_state["again"] = True
        st.rerun()
    st.text("again" if "again" in st.session_state else "after")
else:
    app = st.App(__file__, on_script_error=show_fault)
