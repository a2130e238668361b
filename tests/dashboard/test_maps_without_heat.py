"""Zero, NaN or infinite maps: pages, reports and downloads show a status and no number."""

import math

import numpy as np
import pandas as pd
import pytest

from camcore.errors import CamcoreError
from camcore.explained.explanation import open_explanation
from camcore.heatmaps.drawing import map_status
from camcore.presentation.contact_sheet import draw_contact_sheet, to_png
from camcore.presentation.grid.encoding import CHOICES, DEFAULTS
from camcore.presentation.image_table import make_image_table, to_csv
from camcore.presentation.texts import text_in
from camcore.runs.run import open_run
from camcore.verdict.verdict import verdict_sources
from dashboard.router import PAGES
from tests.support.command_line import run_camcore
from tests.support.page_steps import all_text, payload, show_page
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict

SOURCES = ("cam", "grad_cam", "grad_cam@layer3")
VALUES = (0.0, math.nan, math.inf, -math.inf)


def spoil(path, share: float) -> None:
    """Make a share of a run's maps zero or not finite, each image differently."""
    explanation = open_explanation(open_run(path))
    samples = pd.read_parquet(explanation.path / "samples.parquet")
    for number, source in enumerate(explanation.manifest.sources):
        maps = np.load(explanation.path / f"{source}.npy")
        for image in range(round(share * len(maps))):
            value = VALUES[(image + number) % len(VALUES)]
            if image % 8 < 4:
                maps[image] = value
            else:
                maps[image, :, 0, image % maps.shape[-1]] = value
        np.save(explanation.path / f"{source}.npy", maps)
        samples[f"status_{source}"] = map_status(maps[:, 0])
    samples.to_parquet(explanation.path / "samples.parquet")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name, share in (("some", 0.6), ("all", 1.0)):
        path = make_run(folder, name, images=20)
        write_verdict(path)
        spoil(path, share)
    nothing = open_explanation(open_run(make_run(folder, "nothing", images=6)))
    for source in SOURCES:
        maps = np.load(nothing.path / f"{source}.npy")
        np.save(nothing.path / f"{source}.npy", np.full_like(maps, np.nan))
    samples = pd.read_parquet(nothing.path / "samples.parquet")
    samples.assign(**{f"status_{source}": "not_finite" for source in SOURCES}).to_parquet(
        nothing.path / "samples.parquet"
    )
    make_run(folder, "coarse", images=6, grid=(1, 1))  # earlier layer: 2 x 2
    make_run(folder, "partly", images=6, grid=(3, 3))  # earlier layer: 6 x 6
    spend(make_run(folder, "negative", images=6))
    return folder


def spend(path):
    """Take away the positive evidence of all maps."""
    explanation = open_explanation(open_run(path))
    samples = pd.read_parquet(explanation.path / "samples.parquet")
    for source in explanation.manifest.sources:
        maps = np.load(explanation.path / f"{source}.npy")
        np.save(explanation.path / f"{source}.npy", maps - np.nanmax(maps) - 1)
        samples[f"status_{source}"] = "no_positive_evidence"
    samples.to_parquet(explanation.path / "samples.parquet")


BLANK = "No heatmap of this run shows where evidence lies."
REASONS = {
    "coarse": "have 1 × 1 cells. Fewer than 4 × 4 cells do not show where evidence lies",
    "negative": "have no positive evidence for the predicted class, on any image.",
    "nothing": "are not finite",
}


@pytest.mark.parametrize(
    ("run", "page"), [("coarse", name) for name, _ in PAGES] + [("negative", "disagreement"), ("nothing", "overview")]
)
def test_every_page_of_a_blank_run_says_so(page, run, runs, monkeypatch):
    app = show_page(page, runs, monkeypatch, run=run)
    said = all_text(app)
    assert BLANK in said
    assert REASONS[run] in said
    if page == "overview":
        assert ">0%<" not in said
    if page == "disagreement":
        assert "No comparison is possible." in said


def test_a_page_names_the_sources_of_too_few_cells(runs, monkeypatch):
    said = all_text(show_page("gallery", runs, monkeypatch, run="partly"))
    assert "Some heatmaps of this run do not show where evidence lies." in said
    assert "The heatmaps of CAM and Grad-CAM have 3 × 3 cells." in said
    assert "Use --size 128 or more, or --map-stride 16, or explain an earlier layer" in said


def test_a_run_with_heat_has_no_such_warning(runs, monkeypatch):
    assert "where evidence lies" not in all_text(show_page("overview", runs, monkeypatch, run="some"))


@pytest.mark.parametrize(
    ("run", "language", "words"), [("coarse", "en", BLANK), ("negative", "ko", "히트맵이 없습니다")]
)
def test_the_report_of_a_blank_run_says_so(run, language, words, runs, tmp_path):
    out = tmp_path / "report.html"
    assert run_camcore("report", runs / run, "--out", out, "--language", language).exit_code == 0
    assert words in out.read_text(encoding="utf-8")


def test_a_verdict_leaves_out_maps_of_too_few_cells(runs):
    partly, coarse = (open_run(runs / name) for name in ("partly", "coarse"))
    assert [source.id for source in verdict_sources(partly, open_explanation(partly), None)] == ["grad_cam@layer3"]
    with pytest.raises(CamcoreError) as raised:
        verdict_sources(coarse, open_explanation(coarse), None)
    assert str(raised.value) == (
        f"The heatmaps of {runs / 'coarse'} have too few cells to say where evidence lies, so it gets no verdict. Use"
        " --size 128 or more, or --map-stride 16; or explain an earlier layer, as listed by camcore layers"
        f" {runs / 'coarse'}"
    )


def numbers_that_are_none(text: str) -> list[str]:
    return [word for word in ("nan%", "inf%", "NaN%", ">nan", ">inf") if word in text]


@pytest.mark.parametrize("run", ["some", "all", "nothing"])
@pytest.mark.parametrize("page", [name for name, _ in PAGES if name != "own_image"])
def test_every_page_shows_no_number_of_them(page, run, runs, monkeypatch):
    app = show_page(page, runs, monkeypatch, run=run)
    charts = "".join(element.proto.spec for element in app.get("plotly_chart"))
    assert numbers_that_are_none(all_text(app) + charts) == []
    assert "cc-problem" not in all_text(app)


@pytest.mark.parametrize("view", [{"sort": "heat_moved"}, {"sort": "off_object"}, {"status_a": "not_finite"}])
def test_the_gallery_orders_and_filters_by_them(view, runs, monkeypatch):
    app = show_page("gallery", runs, monkeypatch, run="some", **view)
    tiles = payload(app, "tiles")["tiles"]
    assert tiles
    assert numbers_that_are_none("".join(tile["caption"] for tile in tiles)) == []


def test_a_ranking_has_no_number_for_them(runs, monkeypatch):
    app = show_page("disagreement", runs, monkeypatch, run="nothing")
    assert "No comparison is possible." in all_text(app)
    assert [tile["caption"] for tile in payload(app, "tiles")["tiles"]] == [""] * 6


@pytest.mark.parametrize(("run", "language"), [("some", "en"), ("all", "ko"), ("nothing", "en")])
def test_the_report_shows_no_number_of_them(run, language, runs, tmp_path):
    out = tmp_path / "report.html"
    result = run_camcore("report", runs / run, "--out", out, "--language", language)
    assert result.exit_code == 0, result.output
    assert numbers_that_are_none(out.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("run", ["some", "all", "nothing"])
def test_the_table_says_what_they_are(run, runs):
    opened = open_run(runs / run)
    explanation = open_explanation(opened)
    indices = range(len(explanation.samples))
    table = make_image_table(opened, explanation, indices, "cam", "grad_cam")
    for source in ("cam", "grad_cam"):
        bad = (table[f"status_{source}"] == "not_finite").to_numpy()
        assert bad.any()
        assert (
            table.loc[bad, [f"off_object_{source}_literature", f"off_object_{source}_positive"]].isna().all(axis=None)
        )
        assert table.loc[bad, ["heat_moved_literature", "peak_shift_positive"]].isna().all(axis=None)
    assert b"inf" not in to_csv(table).lower()


@pytest.mark.parametrize("scale", CHOICES["scale"])
@pytest.mark.parametrize(("run", "overlay"), [("all", "both"), ("all", "difference"), ("nothing", "both")])
def test_the_contact_sheet_is_drawn(run, overlay, scale, runs):
    opened = open_run(runs / run)
    explanation = open_explanation(opened)
    view = DEFAULTS | {"overlay": overlay, "scale": scale}
    indices = range(8)[: len(explanation.samples)]
    sheet = draw_contact_sheet(opened, explanation, indices, ("cam", "grad_cam@layer3"), view, text_in("ko"))
    assert to_png(sheet).startswith(b"\x89PNG")
