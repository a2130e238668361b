"""Unexpected errors: logged under an id; the visitor sees only the id."""

import logging
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from tests.support.page_steps import all_text

FAULTY = Path(__file__).parents[2] / "support" / "faulty_app.py"


def show() -> None:
    from dashboard.server.faults import show_fault

    try:
        raise ZeroDivisionError("a secret of the server")
    except ZeroDivisionError as error:
        show_fault(error)


def test_the_log_holds_the_error_under_the_shown_id(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        app = AppTest.from_function(show).run()
        again = AppTest.from_function(show).run()
    ids = [re.findall(r"number: ([0-9a-f]{8})", all_text(page)) for page in (app, again)]
    logged = [re.findall(r"^Fault ([0-9a-f]{8})$", record.message) for record in caplog.records]
    assert ids == logged and ids[0] != ids[1]
    assert "secret" not in all_text(app)
    assert "ZeroDivisionError: a secret of the server" in caplog.text and "line" in caplog.text


@pytest.mark.browser
def test_a_visitor_sees_a_number_and_the_rest_of_the_page_works(page: Page, streamlit_server) -> None:
    page.goto(streamlit_server(FAULTY))
    expect(page.get_by_text("after")).to_be_visible()
    for button in ("Show what fails", "Call what fails"):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_text("An error occurred on this page")).to_be_visible()
        assert not re.search("secret|ZeroDivision|Traceback", page.locator("body").inner_text())
        page.reload()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("again", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("stopping")).to_be_visible()
    expect(page.get_by_text("An error occurred on this page")).to_have_count(0)
