"""The costs of a visit (reading, computing, sending) don't grow with the number of images."""

import collections

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from camcore.explained import explanation, queries
from tests.support.page_steps import show_page
from tests.support.synthetic_run import make_run

PAGES = ("overview", "gallery", "disagreement")
MEASURING = ("name_samples", "measure_pair", "measure_off_object", "measure_range", "measure_similarity")
FEW, MANY = 200, 4000


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for images in (FEW, MANY):
        make_run(folder, str(images), images=images)
    return folder


def sent(app: AppTest) -> int:
    """Return the bytes of all elements of a page."""
    return sum(node.proto.ByteSize() for node in app._tree if getattr(node, "proto", None) is not None)


@pytest.mark.parametrize("page", PAGES)
def test_no_more_is_sent_to_the_browser(page, runs, monkeypatch):
    few, many = (sent(show_page(page, runs, monkeypatch, run=str(images))) for images in (FEW, MANY))
    assert few > 10_000
    assert many < 1.05 * few


@pytest.mark.parametrize("page", PAGES)
def test_no_more_of_the_table_becomes_objects(page, runs, monkeypatch):
    """For instance a list of all ids: a million take 100 MB per session."""
    show_page(page, runs, monkeypatch, run=str(MANY))
    lengths = collections.Counter()
    column = type(pd.Series(["a"]).array)
    to_numpy, iterate = column.to_numpy, column.__iter__

    def convert(self, *args, **kwargs):
        lengths["values"] += len(self)
        return to_numpy(self, *args, **kwargs)

    def walk(self):
        lengths["values"] += len(self)
        return iterate(self)

    monkeypatch.setattr(column, "to_numpy", convert)
    monkeypatch.setattr(column, "__iter__", walk)
    show_page(page, runs, monkeypatch, run=str(MANY))
    assert lengths["values"] < MANY


def test_the_table_is_read_once_for_all_pages_and_pictures(tmp_path, monkeypatch):
    run = make_run(tmp_path, "run", images=30)
    reads = []
    read_table = explanation._read_table
    monkeypatch.setattr(explanation, "_read_table", lambda path: reads.append(path) or read_table(path))
    for page in (*PAGES, "training_curves"):
        show_page(page, run.parent, monkeypatch, run="run")
    assert len(reads) == 1


@pytest.mark.parametrize("page", [*PAGES, "training_curves"])
def test_a_second_visit_measures_nothing(page, runs, monkeypatch):
    show_page(page, runs, monkeypatch, run=str(FEW))
    asked = []
    for name in MEASURING:
        measure = getattr(queries, name)

        def count(*args, measure=measure, name=name, **kwargs):
            if "indices" not in kwargs and not any(isinstance(argument, list) for argument in args):
                asked.append(name)
            return measure(*args, **kwargs)

        monkeypatch.setattr(queries, name, count)
    show_page(page, runs, monkeypatch, run=str(FEW))
    assert asked == []
