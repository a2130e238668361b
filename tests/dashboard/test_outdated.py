"""Maps of older weights are marked as outdated on every page and in the report."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from camcore.presentation.report.report import make_report
from camcore.presentation.texts import LANGUAGES, text_in
from camcore.runs.run import open_run
from tests.support.page_steps import show_page as show
from tests.support.synthetic_run import make_run

PAGES = ("overview", "gallery", "disagreement", "verdict")


def make(folder, weights_epoch, now):
    run = open_run(make_run(folder, "run", images=12))
    manifest = next(run.path.glob("explained/*/manifest.json"))
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"weights_epoch": weights_epoch}))
    save_file({"x": np.zeros(1)}, run.weights_path, {} if now is None else {"epoch": str(now)})
    return open_run(run.path)


@pytest.mark.parametrize("page", PAGES)
def test_maps_of_older_weights_say_so(page, tmp_path, monkeypatch):
    run = make(tmp_path, 3, 12)
    (warning,) = [warning.value.replace("\\", "") for warning in show(page, tmp_path, monkeypatch).warning]
    assert warning == text_in("en")("app.outdated", made=3, now=12, command=f"camcore explain {run.path}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_so_too(language, tmp_path):
    warning = text_in(language)("app.outdated", made=3, now=12, command="camcore explain old/run")
    assert warning in make_report(make(tmp_path / "old", 3, 12), language=language, images=1)
    warning = warning.replace("old/run", "new/run")
    assert warning not in make_report(make(tmp_path / "new", 12, 12), language=language, images=1)


@pytest.mark.parametrize("weights_epoch, now", [(12, 12), (None, 12), (3, None)])
def test_maps_of_these_weights_or_of_unknown_ones_say_nothing(weights_epoch, now, tmp_path, monkeypatch):
    make(tmp_path, weights_epoch, now)
    assert not show("gallery", tmp_path, monkeypatch).warning


def test_damaged_weights_do_no_harm_to_maps(tmp_path, monkeypatch):
    run = make(tmp_path, 3, 12)
    run.weights_path.write_bytes(b"no weights")
    assert not show("gallery", tmp_path, monkeypatch).warning
