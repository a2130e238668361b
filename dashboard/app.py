"""The dashboard's entry: `streamlit run dashboard/app.py -- --runs DIR`.

All modules are read when the server starts, so that the first visitor doesn't wait for them.
"""

import sys
from pathlib import Path

import streamlit as st

REPOSITORY = str(Path(__file__).resolve().parents[1])
if REPOSITORY not in sys.path:  # `streamlit run` puts this file's folder there, and no more
    sys.path.insert(0, REPOSITORY)

import dashboard.router  # noqa: E402, F401 needs the path above
from camcore.errors import CamcoreError  # noqa: E402 as above
from dashboard.offline import ask_nobody_for_the_address  # noqa: E402 as above
from dashboard.waiting_line import passes_at_once  # noqa: E402 as above

try:
    passes_at_once()
except CamcoreError as error:
    sys.exit(str(error))
ask_nobody_for_the_address()
app = st.App(Path(__file__).with_name("main.py"))
