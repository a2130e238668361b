"""Pages, the choice of a run that they share, and what happens when something can't be read."""

from collections.abc import Sequence

import streamlit as st

from camcore.errors import CamcoreError
from dashboard import layout, selection, url_state
from dashboard.data import find_runs_folder, list_entries
from dashboard.language import text

PAGES = (
    ("overview", "space_dashboard"),
    ("training_curves", "show_chart"),
    ("gallery", "grid_view"),
    ("disagreement", "compare"),
)


def show_dashboard(arguments: Sequence[str]) -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title=text("app.title"), page_icon=":material/local_fire_department:", layout="wide")
    layout.add_style()
    pages = [
        st.Page(f"app_pages/{name}.py", title=text(f"{name}.name"), icon=f":material/{icon}:") for name, icon in PAGES
    ]
    page = st.navigation(pages)
    folder = find_runs_folder(arguments)
    selection.remember_folder(folder, list_entries(folder))
    try:
        if selection.entries():
            selection.choose_run()
            page.run()
        else:
            layout.show_no_runs(folder)
    except CamcoreError as error:
        layout.show_problem(str(error), folder)
    finally:
        url_state.drop_unused()
