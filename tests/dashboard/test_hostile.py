"""Hostile addresses and runs: nothing outside the runs folder is read."""

import os
import re
import shlex
import shutil
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit import get_option

from camcore.errors import RunError
from camcore.explained.explanation import open_explanation
from camcore.runs.run import open_run
from camcore.system.files import read_json
from dashboard.data.links import refuse_links_out
from dashboard.data.runs import list_entries
from dashboard.url_state import read_percent_range, read_whole_number
from tests.support.dashboard_server import REPOSITORY
from tests.support.page_steps import all_text
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import make_run

PAGES = ("overview", "training_curves", "gallery", "disagreement", "verdict", "own_image")
NAMES = ("run", "runs", "a", "b", "measure", "convention", "sort", "order", "class", "predicted", "result", "search")
NAMES += ("confidence", "disagreement", "off_object", "page", "per_page", "like", "image", "opacity", "overlay")
NAMES += ("scale", "lang", "target", "seeds", "smoothing", "objects", "status_a", "status_b", "disagreement_by")
NAMES += ("off_object_of", "filter_as", "sort_as", "explains", "side", "method", "draw", "colors", "cells", "boxes")
NAMES += ("divider", "size", "for_class", "unknown")
ODD = ["", "../..", "../secret", "..%2fsecret", "/etc/passwd", "%00", "\x00", "nan", "inf", "-1", "0", "1e999"]
ODD += ["9" * 5000, "0" * 5000 + "1-100"]
ODD += ["<img src=x onerror=alert(1)>", "한글 🐕", "\u202etxt", "a" * 100_000, "cam@layer3@layer3", "'; drop", "{}"]
numbers = st.text(alphabet="0123456789-", max_size=20) | st.sampled_from(ODD) | st.text(max_size=40)
values = st.sampled_from(ODD) | numbers
addresses = st.dictionaries(
    st.sampled_from(NAMES), values | st.lists(values, min_size=2, max_size=3), min_size=1, max_size=8
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "runs"
    make_run(folder, "gap", images=12)
    make_run(folder.parent, "secret", images=4)
    return folder


class FilesOpened:
    """The real paths of files this process opens, until `end`."""

    def __init__(self):
        self.paths, self.listens = set(), True
        sys.addaudithook(self._hear)  # it can't be taken away

    def _hear(self, event, arguments):
        if self.listens and event in ("open", "os.listdir", "os.scandir"):
            path = arguments[0]
            if isinstance(path, str | os.PathLike):
                self.paths.add(os.path.realpath(path))

    def end(self):
        self.listens = False
        return self.paths


@settings(max_examples=300)
@given(numbers, st.integers(1, 10**6))
def test_numbers_of_the_address_are_in_their_range_or_none(text, most):
    number, ends = read_whole_number(most)(text), read_percent_range(text)
    assert number is None or (1 <= number <= most and number == int(text))
    assert ends is None or 0 <= ends[0] <= ends[1] <= 100


def try_addresses(examples, runs, monkeypatch):
    """Open pages with many addresses: no exception, no files outside runs and dashboard."""

    @settings(max_examples=examples)
    @given(st.sampled_from(PAGES), addresses)
    def open_page(page, parameters):
        show(page, runs, monkeypatch, **parameters)  # which asserts that there is no exception

    opened = FilesOpened()
    try:
        open_page()
    finally:
        paths = opened.end()
    assert any(path.startswith(f"{runs}/gap/") for path in paths), "it listens"
    made_of = (REPOSITORY, sys.prefix, sys.base_prefix, Path(os.__file__).parent, "/proc", "/sys", "/dev")
    secrets = get_option("secrets.files")  # looked for once in a process, whatever the address
    inside = tuple(f"{os.path.realpath(path)}{os.sep}" for path in (runs, *made_of, *secrets))
    assert [path for path in paths if not f"{path}{os.sep}".startswith(inside)] == []


def test_no_address_breaks_a_page(runs, monkeypatch):
    try_addresses(40, runs, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ten_thousand_addresses_break_no_page(runs, monkeypatch):
    try_addresses(10_000, runs, monkeypatch)


@pytest.mark.parametrize("what", ["run", "explained", "weights", "a map", "nothing"])
def test_what_leads_out_of_the_runs_folder_is_not_followed(what, tmp_path, monkeypatch):
    make_run(tmp_path / "runs", "inside", images=4)
    make_run(tmp_path / "elsewhere", "outside", images=4)
    path, other = tmp_path / "runs" / "outside", tmp_path / "elsewhere" / "outside"
    if what == "run":
        path.symlink_to(other)
    else:
        shutil.copytree(other, path)
        (map_file,) = path.glob("explained/*/cam.npy")
        places = {"explained": path / "explained", "weights": path / "model.safetensors", "a map": map_file}
        if place := places.get(what):
            shutil.move(place, tmp_path / "moved")
            place.symlink_to(tmp_path / "moved")
    inside, outside = list_entries(tmp_path / "runs")
    assert inside.state == "explained"
    if what == "nothing":
        assert outside.state == "explained"
        return
    assert outside.state == "damaged"
    assert "is a link that leads out of the runs folder" in outside.problem
    page_text = all_text(show("gallery", tmp_path / "runs", monkeypatch, run="outside"))
    assert "is a link that leads out of the runs folder" in page_text
    assert str(tmp_path) not in page_text, "where the folder lies is nobody's business"


def test_copied_commands_are_quoted_and_find_the_run(tmp_path, monkeypatch):
    runs = tmp_path / "it's $HOME; x"
    make_run(runs, "no maps & none", images=4, explained=False)
    damaged = make_run(runs, "broken `maps`", images=4)
    (damaged / "explained" / "current").write_text("../..")
    (code,) = [block.value for block in show("gallery", runs, monkeypatch, run="no maps & none").code]
    assert shlex.split(code) == ["camcore", "explain", str(runs / "no maps & none")]
    page_text = unescape(all_text(show("gallery", runs, monkeypatch, run="broken `maps`")))
    assert str(tmp_path) not in page_text.partition("camcore explain")[0], "only the command needs the folder"
    command = re.search(r"Recreate the heatmaps: (camcore .+?--force)", page_text)
    assert command, page_text
    assert shlex.split(command[1]) == ["camcore", "explain", str(damaged), "--force"]


def test_a_runs_folder_may_be_a_link_and_hold_links_to_its_own(tmp_path):
    make_run(tmp_path / "real", "run", images=4)
    (tmp_path / "runs").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "again").symlink_to(tmp_path / "real" / "run")
    refuse_links_out(tmp_path / "runs" / "run")
    refuse_links_out(tmp_path / "runs" / "again")


def test_a_link_to_itself_breaks_no_page(tmp_path, monkeypatch):
    make_run(tmp_path, "sound", images=4)
    loop = make_run(tmp_path, "loop", images=4) / "loop"
    loop.symlink_to("loop")
    for page in PAGES:
        show(page, tmp_path, monkeypatch, run="loop")  # which asserts that there is no exception
        assert "cc-problem" not in all_text(show(page, tmp_path, monkeypatch, run="sound"))


def test_an_unreadable_runs_folder_is_reported(runs, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("camcore.runs.run.Path.iterdir", refuse)
    for page in PAGES:
        assert "can't be read (Permission denied)" in unescape(all_text(show(page, runs, monkeypatch)))


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file or directory"), PermissionError(13, "denied")])
def test_a_folder_may_vanish_while_it_is_read(error, tmp_path, monkeypatch):
    run = make_run(tmp_path, "run", images=4)

    def refuse(_):
        raise error

    monkeypatch.setattr("dashboard.data.links.os.scandir", refuse)
    if isinstance(error, FileNotFoundError):
        refuse_links_out(run)
    else:
        with pytest.raises(RunError, match=r"can't be read \(denied\)\. Restore it"):
            refuse_links_out(run)


def test_json_that_is_nested_without_end_is_damage(tmp_path):
    (tmp_path / "run.json").write_text("[" * 100_000)
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        read_json(tmp_path / "run.json")


def test_a_thumbnail_is_read_as_what_thumbnails_are(tmp_path, monkeypatch):
    explanation = open_explanation(open_run(make_run(tmp_path, "run", images=2)))
    assert explanation.picture(1).mode == "RGB"
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    (explanation.path / "thumbnails.bin").write_bytes(script * 2)
    np.save(explanation.path / "thumbnails.npy", np.array([0, len(script), 2 * len(script)]))
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_: pytest.fail("a program was started"))
    with pytest.raises(RunError, match=r"thumbnails\.bin is damaged \(cannot identify image"):
        open_explanation(open_run(tmp_path / "run")).picture(1)
