"""Starts the dashboard: `streamlit run dashboard/app.py -- --runs DIR`.

It imports every module when the server starts, so that the first visitor doesn't wait.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

REPOSITORY = str(Path(__file__).resolve().parents[1])
if REPOSITORY not in sys.path:  # `streamlit run` adds only this file's folder
    sys.path.insert(0, REPOSITORY)

from camcore.errors import CamcoreError  # noqa: E402 needs the path above

try:
    import dashboard.router  # noqa: F401 imported before script.py needs it
    from dashboard.server.access import read_access
    from dashboard.server.faults import show_fault
    from dashboard.server.guard import Guard
    from dashboard.server.memory import freeze_start_objects
    from dashboard.server.streamlit_patches import patch_streamlit
    from dashboard.settings import read_upload_limit, require_known

    if Path(sys.argv[0]).resolve() == Path(__file__).resolve():  # under another server they are that server's
        require_known(sys.argv[1:])
    freeze_start_objects()
    app = st.App(Path(__file__).with_name("script.py"), middleware=[Middleware(Guard)], on_script_error=show_fault)
    read_access()  # only now: the App finds the settings beside this file
    patch_streamlit(read_upload_limit())
except CamcoreError as error:  # a wrongly configured server must not start
    sys.exit(f"Error: {error}")
