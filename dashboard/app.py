"""The dashboard's entry: `streamlit run dashboard/app.py -- --runs DIR`.

All modules are read when the server starts, so that the first visitor doesn't wait for them.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

REPOSITORY = str(Path(__file__).resolve().parents[1])
if REPOSITORY not in sys.path:  # `streamlit run` puts this file's folder there, and no more
    sys.path.insert(0, REPOSITORY)

from camcore.errors import CamcoreError  # noqa: E402 needs the path above

try:
    import dashboard.router  # noqa: F401 it is there when script.py asks for it
    from dashboard.server.access import read_access
    from dashboard.server.faults import show_fault
    from dashboard.server.guard import Guard
    from dashboard.server.memory import set_apart_what_stays
    from dashboard.server.streamlit_patches import ask_nobody_for_the_address, refuse_what_no_page_needs
    from dashboard.settings import read_upload_limit

    ask_nobody_for_the_address()
    refuse_what_no_page_needs()
    set_apart_what_stays()
    app = st.App(Path(__file__).with_name("script.py"), middleware=[Middleware(Guard)], on_script_error=show_fault)
    read_access()  # not before: it is the App that finds the settings beside this file
    read_upload_limit()
except CamcoreError as error:  # better no server than another one than was meant
    sys.exit(f"Error: {error}")
