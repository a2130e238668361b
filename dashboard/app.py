"""The dashboard's entry: `streamlit run dashboard/app.py -- --runs DIR`."""

import sys
from pathlib import Path

REPOSITORY = str(Path(__file__).resolve().parents[1])
if REPOSITORY not in sys.path:  # `streamlit run` puts this file's folder there, and no more
    sys.path.insert(0, REPOSITORY)

from dashboard.router import show_dashboard  # noqa: E402 needs the path above

show_dashboard(sys.argv[1:])
