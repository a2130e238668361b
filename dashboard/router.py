"""Shows the page of the address, the choice of a run, and errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import streamlit as st

from camcore.errors import CamcoreError, ReplacedError
from dashboard import url_state
from dashboard.components.reconnection import watch_connection
from dashboard.data.runs import list_entries
from dashboard.language import choose_language, text
from dashboard.own_image import uploads
from dashboard.server import login, memory
from dashboard.server.streamlit_patches import remove_uploads
from dashboard.settings import find_runs_folder
from dashboard.widgets import layout, link_notice, run_choice, tour
from dashboard.widgets.refresh import follow_runs

PAGES = (
    ("overview", "space_dashboard"),
    ("training_curves", "show_chart"),
    ("gallery", "grid_view"),
    ("disagreement", "compare"),
    ("verdict", "balance"),
    ("own_image", "add_photo_alternate"),
)

_REPEATED = "router_repeated"  # in the session: whether this run of the script repeats one that failed

ICON = str(Path(__file__).with_name("favicon.svg"))  # our own file: Streamlit fetches named icons from the internet


def show_dashboard(arguments: Sequence[str]) -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title=text("app.title"), page_icon=ICON, layout="wide")
    layout.add_style()
    pages = [
        st.Page(f"{name}/page.py", title=text(f"{name}.name"), icon=f":material/{icon}:", url_path=name)
        for name, icon in PAGES
    ]
    try:
        entered = login.may_enter()
    except CamcoreError as error:
        layout.show_notice(text("login.broken"), str(error))
        return
    page = st.navigation(pages, position="sidebar" if entered else "hidden")
    url_state.begin(page.url_path)
    if page.url_path != "own_image" and uploads.forget_uploads():
        remove_uploads()
    folder = find_runs_folder(arguments)
    notice = st.container()
    repeated = st.session_state.pop(_REPEATED, False)
    try:
        if not entered:
            choose_language()
            login.show_login()
            return
        run_choice.remember_folder(folder, list_entries(folder))
        if run_choice.entries():
            run_choice.choose_run()
            choose_language()
            login.show_logout()
            tour.offer_tour()
            with st.sidebar:
                watch_connection()
            page.run()
        else:
            choose_language()
            login.show_logout()
            layout.show_no_runs(folder)
            follow_runs(folder, [], lambda entries: None)
    except ReplacedError as error:
        if repeated:
            layout.show_problem(str(error), folder)
        else:
            _run_again()
    except CamcoreError as error:
        layout.show_problem(str(error), folder)
    finally:
        if entered:
            with notice:
                link_notice.show_missing()
        url_state.drop_unused()
        memory.collect_closed_sessions()


def _run_again() -> NoReturn:
    """Run the script once more: the run was explained again while the page was built."""
    st.session_state[_REPEATED] = True
    url_state.leave_as_it_is()
    st.rerun()
