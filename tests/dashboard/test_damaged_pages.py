"""Every file of a run damaged in every way: pages name it or work without it."""

import random
import re
import shutil
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from camcore.explained import queries
from camcore.explained.explanation import new_explanation
from camcore.runs.run import open_run
from dashboard.data import measures, runs
from dashboard.data.runs import read_explained
from dashboard.data.verdict import pair_images, read_verdict
from dashboard.router import PAGES
from dashboard.verdict import examples
from tests.support.damaged_files import DAMAGES, FILES, copy_complete, damage, find
from tests.support.page_steps import all_text, show_page
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict
from tests.support.uploaded_files import draw_photograph, encode

NAMES = [name for name, _ in PAGES]
CASES = [(file, how, page) for file in FILES for how in DAMAGES for page in NAMES]
SAMPLE = random.Random(0).sample(CASES, 18)  # noqa: S311 no secret
REMEDIES = re.compile(r"camcore \w+|Restore it")
LISTS = ("SHA256SUMS", "explained/*/SHA256SUMS")

linux = pytest.mark.skipif(sys.platform != "linux", reason="what can't be read is made of /proc")


@pytest.fixture(scope="module")
def whole(trained_run, tmp_path_factory):
    return copy_complete(trained_run, tmp_path_factory.mktemp("whole") / "runs" / "own", seed=1)


@pytest.fixture(scope="module")
def another(trained_run, tmp_path_factory):
    return copy_complete(trained_run, tmp_path_factory.mktemp("another") / "runs" / "own", seed=2)


@pytest.fixture(scope="module")
def sound(trained_run):
    """An intact run beside the damaged one; it must stay usable."""
    return trained_run.path


def show(page: str, run: Path, monkeypatch) -> AppTest:
    app = show_page(page, run.parent, monkeypatch, run=run.name)
    if page == "own_image" and app.file_uploader:
        app.file_uploader(key="own_image_files").set_value([("0.png", encode(draw_photograph()), "image/png")])
        app.run()
        assert not app.exception
    return app


def read_page(app: AppTest) -> str:
    """Return a page's content: text, component data and charts."""
    parts = [unescape(all_text(app))]
    parts += [element.proto.json for element in app.get("bidi_component")]
    parts += [element.proto.spec for element in app.get("plotly_chart")]
    return re.sub(r"own_image_files|[0-9a-f]{8}-[0-9a-f-]{27,}", "", "\n".join(parts))  # ids of uploads


@pytest.fixture(scope="module")
def expected(whole, sound, tmp_path_factory):
    texts_by_page = {}
    for page in NAMES:
        run = copy_beside(whole, sound, tmp_path_factory.mktemp(page))
        with pytest.MonkeyPatch.context() as patch:
            texts_by_page[page] = read_page(show(page, run, patch))
    return texts_by_page


def copy_beside(whole: Path, sound: Path, folder: Path) -> Path:
    shutil.copytree(sound, folder / "runs" / "sound")
    return Path(shutil.copytree(whole, folder / "runs" / "own"))


def try_one(file, how, page, whole, another, sound, expected, folder, monkeypatch) -> None:
    run = copy_beside(whole, sound, folder)
    path = find(run, file)
    damage(path, how, find(another, file))
    monkeypatch.setattr(
        "dashboard.data.runs.refuse_links_out", lambda _: None
    )  # a link makes a file that can't be read
    app = show(page, run, monkeypatch)
    text = read_page(app)
    case = f"{page} with {file}, {how}"
    if text != expected[page]:
        named = ("SHA256SUMS", "is missing") if file in LISTS else (path.name,)
        problems = [unescape(part) for part in re.findall(r"<p>(.*?)</p>", all_text(app))]
        explained = [
            problem for problem in problems if any(name in problem for name in named) and REMEDIES.search(problem)
        ]
        assert explained, f"{case}: {problems}"
        assert str(folder) not in re.sub(r"camcore \w+ [^<]*", "", all_text(app)), case  # commands need it
    elif how not in ("removed", "another"):
        other = {"local.json", "skipped.csv"}
        # A page need not look into what it does not show; the others say it.
        assert page not in ("gallery", "verdict") or file in other or file not in NEEDED[page], case
    app.selectbox(key="url_run").select("sound").run()
    assert not app.exception
    others_too = ("overview", "training_curves")  # say it of every run that they show
    assert page in others_too or "cc-problem" not in all_text(app), f"{case}: the other run"


NEEDED = {
    "gallery": ("run.json", "explained/*/samples.parquet", "explained/*/cam.npy", "explained/*/thumbnails.bin"),
    "verdict": ("run.json", "explained/*/verdict.json", "explained/*/measures-*.parquet"),
}


@linux
@pytest.mark.parametrize(("file", "how", "page"), SAMPLE)
def test_damage_is_reported_or_harmless(
    file, how, page, whole, another, sound, expected, tmp_path, monkeypatch
) -> None:
    try_one(file, how, page, whole, another, sound, expected, tmp_path, monkeypatch)


@linux
@pytest.mark.slow
@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("file", FILES)
def test_all_damage_is_reported_or_harmless(file, page, whole, another, sound, expected, tmp_path, monkeypatch) -> None:
    for how in DAMAGES:
        try_one(file, how, page, whole, another, sound, expected, tmp_path / how, monkeypatch)


def explain_again(path: Path) -> str:
    """Make a copy of a synthetic run's heatmaps, drawn differently, current; return its name."""
    old = read_explained(path).explanation
    with new_explanation(open_run(path)) as folder:
        for file in old.path.iterdir():
            if file.name.endswith(".npy") and file.name in ("cam.npy", "grad_cam.npy"):
                np.save(folder / file.name, np.load(file)[:, :, ::-1])
            elif not file.name.startswith(("verdict", "measures")):
                shutil.copy(file, folder / file.name)
    return read_explained(path).explanation.id


@pytest.mark.parametrize("page", ["overview", "gallery", "disagreement", "training_curves"])
def test_a_page_continues_with_replaced_heatmaps(page, tmp_path, monkeypatch):
    run = make_run(tmp_path / "runs", "own", images=8)
    seen: list[str] = []
    name_samples = queries.name_samples

    def read_slowly(run, explanation):
        if not seen:
            seen.append(explanation.id)
            explain_again(run.path)  # and the old ones are removed
        return name_samples(run, explanation)

    monkeypatch.setattr(queries, "name_samples", read_slowly)
    app = show_page(page, run.parent, monkeypatch, run="own", a="cam", b="grad_cam")
    text = read_page(app)
    assert len(seen) == 1
    assert "cc-problem" not in text
    assert "recreated" not in text
    monkeypatch.setattr(queries, "name_samples", name_samples)
    assert text == read_page(show_page(page, run.parent, monkeypatch, run="own", a="cam", b="grad_cam"))


def test_a_page_reports_repeated_replacement(tmp_path, monkeypatch):
    run = make_run(tmp_path / "runs", "own", images=8)
    name_samples = queries.name_samples

    def read_slowly(run, explanation):
        explain_again(run.path)
        return name_samples(run, explanation)

    monkeypatch.setattr(queries, "name_samples", read_slowly)
    text = all_text(show_page("gallery", run.parent, monkeypatch, run="own", b="grad_cam@layer3"))
    assert re.search(r"The heatmaps of \S+/runs/own were recreated or removed while they were read", text)
    monkeypatch.setattr(queries, "name_samples", name_samples)
    app = show_page("gallery", run.parent, monkeypatch, run="own", b="grad_cam@layer3")
    assert "cc-problem" not in all_text(app)
    assert app.query_params == {"run": "own", "b": "grad_cam@layer3"}


def test_caches_never_mix_explanations(tmp_path):
    run = make_run(tmp_path, "own", images=8)
    explained = read_explained(run)
    new = explain_again(run)
    with pytest.raises(runs.ReplacedError, match="was changed or explained again while this page was made"):
        measures.measure_pair(explained, "cam", "grad_cam", "heat_moved")
    assert measures.measure_pair(read_explained(run), "cam", "grad_cam", "heat_moved").shape == (8, 2)
    assert read_explained(run).key[1].startswith(new)


def test_a_replaced_verdict_is_not_damaged(tmp_path):
    run = make_run(tmp_path, "own", images=20)
    folder = write_verdict(run)
    explained = read_explained(run)
    verdict = read_verdict(explained)
    assert verdict is not None
    text = (folder / "verdict.json").read_text(encoding="utf-8")
    (folder / "measures.parquet").rename(folder / "measures-2.parquet")
    (folder / "verdict.json").write_text(
        text.replace("{", '{"values_file": "measures-2.parquet", ', 1), encoding="utf-8"
    )
    with pytest.raises(runs.ReplacedError, match="was recreated while it was read"):
        pair_images(explained, verdict, "deletion", "layer_cam")
    again = read_verdict(explained)
    assert again is not None
    assert len(pair_images(explained, again, "deletion", "layer_cam")) == 20


def test_the_page_continues_with_a_replaced_verdict(tmp_path, monkeypatch):
    run = make_run(tmp_path / "runs", "own", images=20)
    folder = write_verdict(run)
    before = read_page(show_page("verdict", run.parent, monkeypatch))
    seen: list[int] = []
    find = examples.pair_images

    def find_slowly(*arguments):
        if not seen:
            seen.append(1)
            text = (folder / "verdict.json").read_text(encoding="utf-8")
            (folder / "measures.parquet").rename(folder / "measures-2.parquet")
            changed = text.replace("{", '{"values_file": "measures-2.parquet", ', 1)
            (folder / "verdict.json").write_text(changed, encoding="utf-8")
        return find(*arguments)

    monkeypatch.setattr(examples, "pair_images", find_slowly)
    assert read_page(show_page("verdict", run.parent, monkeypatch)) == before
    assert seen
