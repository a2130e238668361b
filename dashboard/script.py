"""The script that app.py runs for each visitor and each change."""

import sys

from dashboard.router import show_dashboard

show_dashboard(sys.argv[1:])
