"""Many users at once: no errors, no leftover sessions, and pages stay current."""

import asyncio
import re
import shutil
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from safetensors.numpy import save
from streamlit.proto.Common_pb2 import StringArray

from camcore.runs.run import open_run
from tests.support.dashboard_server import APP, REPOSITORY, serve
from tests.support.simulated_users import OFFERED, describe, make_photographs, quantile, visit_all
from tests.support.streamlit_client import Visitor, run_apart
from tests.support.synthetic_run import make_run, write_history
from tests.support.synthetic_verdict import write_verdict
from tests.support.uploaded_files import copy_run, draw_photograph, encode

# Visitors who speak Streamlit's protocol compete with the other tests for the processor.
pytestmark = pytest.mark.slow
# The dashboard, whose open pages look for what is new more often than else, so that the test need not wait.
QUICK = f"""
import sys
sys.path.insert(0, {str(REPOSITORY)!r})
import streamlit as st
from dashboard.widgets import refresh
refresh.LOOK_SECONDS = 0.5
app = st.App({str(REPOSITORY / "dashboard" / "script.py")!r})
"""


def wait_until_empty(url: str, seconds: float = 10) -> None:
    """Wait until the server has no connections."""
    deadline, count = time.monotonic() + seconds, -1.0
    while count and time.monotonic() < deadline:
        with urllib.request.urlopen(f"{url}/_stcore/metrics?families=active_sessions", timeout=30) as answer:
            (count,) = map(float, re.findall(r"^active_sessions\S* (\S+)$", answer.read().decode(), re.MULTILINE))
    assert count == 0


@pytest.mark.parametrize(
    "people, seconds, thinking",
    [(6, 8, 0.1), pytest.param(25, 600, 1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
)
def test_many_people_see_no_error(people: int, seconds: float, thinking: float, trained_run, tmp_path: Path) -> None:
    write_verdict(make_run(tmp_path / "runs", "made", images=200))
    make_run(tmp_path / "runs", "other", images=40, seed=1)
    copy_run(trained_run, tmp_path / "runs" / "tiny")
    with serve(APP, tmp_path / "runs") as url:
        log = run_apart(visit_all(url, people, seconds, 0, ["made", "made", "other"], "tiny", thinking))
        wait_until_empty(url)
    print(describe(log))
    assert log.errors == []
    assert log.sessions >= people
    assert len(log.of_pages()) > people, "they did something"
    if people == 25:
        assert {kind for offered in OFFERED.values() for kind in offered} <= set(log.seconds)
        assert quantile(log.of_pages(), 0.95) <= 1.5


async def follow(url: str, page: str, query: str, steps: list[tuple[Callable[[], object], str]]) -> None:
    """Open a page, change things elsewhere, and wait until the page shows each change."""
    visitor = Visitor(url)
    await visitor.arrive(page, query)
    for act, sentence in steps:
        assert sentence not in visitor.text()
        act()
        await visitor.wait_until(partial(lambda sentence: sentence in visitor.text(), sentence), sentence, seconds=20)
    await visitor.leave()
    assert visitor.errors == []


def test_an_open_overview_shows_new_runs(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()

    def train(epochs: int) -> None:
        write_history(open_run(folder / "new"), epochs)

    def finish() -> None:
        run = open_run(folder / "new")
        run.weights_path.write_bytes(save({}, {"epoch": "12"}))
        run.resume_path.rmdir()

    quick = tmp_path / "quick.py"
    quick.write_text(QUICK, encoding="utf-8")
    with serve(quick, folder) as url:
        steps = [
            (
                partial(make_run, folder, "new", explained=False, finished=False, epochs=2),
                "<dt>Validation accuracy, epoch 2</dt>",
            ),
            (partial(train, 3), "<dt>Validation accuracy, epoch 3</dt>"),
            (finish, ">trained<"),
            (partial(make_run, folder, "second", images=8), "<h3>second</h3>"),
        ]
        run_apart(follow(url, "", "", steps))


def test_a_page_follows_a_training_to_its_heatmaps(tmp_path: Path) -> None:
    run = make_run(tmp_path, "new", explained=False, finished=False, epochs=2)

    def finish() -> None:
        (run / "model.safetensors").write_bytes(save({}, {"epoch": "4"}))
        (run / "resume").rmdir()

    async def look(url: str) -> None:
        visitor = Visitor(url)
        await visitor.arrive("training_curves", "run=new")
        assert "new: epoch 2 of 12" in visitor.text()
        write_history(open_run(run), 3)
        await visitor.wait_until(lambda: "new: epoch 3 of 12" in visitor.text(), "an epoch", 20)
        finish()
        await visitor.wait_until(lambda: "of 12" not in visitor.text(), "the end", 20)
        assert "validation images with one object" not in visitor.text()
        make_run(tmp_path, "explained", images=8)
        shutil.move(tmp_path / "explained" / "explained", run / "explained")
        await visitor.change("url_smoothing", string_array_value=StringArray(data=["30%"]))
        assert "validation images with one object" in visitor.text()
        await visitor.leave()
        assert visitor.errors == []

    with serve(APP, tmp_path) as url:
        run_apart(look(url))


def test_leaving_while_waiting_blocks_nobody(trained_run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CAMCORE_PASSES_AT_ONCE", "1")
    copy_run(trained_run, tmp_path / "tiny")
    large = [next(make_photographs())] * 8
    small = [("small.png", encode(draw_photograph(9)), "image/png")]

    async def meet(url: str) -> tuple[list[str], list[str]]:
        everybody = first, second, third, last = [Visitor(url) for _ in range(4)]
        for visitor in everybody:
            await visitor.arrive("own_image", "run=tiny")
        await first.upload("own_image_files", small)
        states = [await first.send_files("own_image_files", large)]
        states += [await visitor.send_files("own_image_files", small) for visitor in everybody[1:]]
        await first.begin(states[0])
        await asyncio.sleep(0.2)
        for visitor, state in zip(everybody[1:], states[1:], strict=True):
            await visitor.begin(state)
            await visitor.wait_until(lambda: bool(visitor.notices), "a place in the line")  # noqa: B023
        await second.leave()
        await third.go("")
        await last.wait_until(lambda: any("panels" in payload for payload in last.payloads()), "the results")
        assert first.busy, "eight pictures have not held up one"
        for visitor in everybody:
            await visitor.leave()
        return [error for visitor in everybody for error in visitor.errors], [
            visitor.notices[0] for visitor in everybody[1:]
        ]

    with serve(APP, tmp_path) as url:
        errors, sentences = run_apart(meet(url))
        assert errors == []
        assert all(
            re.fullmatch(r"Others are .* You are number [1234] in line: about \d+ s\.", line) for line in sentences
        )
        wait_until_empty(url)
