"""The report: content, self-containment, escaping, and refusals."""

import base64
import gzip
import hashlib
import json
import re
import shutil
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.io
import pytest
from markupsafe import escape

from camcore.errors import CamcoreError
from camcore.explained.explanation import open_explanation
from camcore.explained.queries import measure_pair
from camcore.presentation import html, texts
from camcore.presentation.report.page import encode_data
from camcore.presentation.report.report import make_report, write_report
from camcore.presentation.sentences import write_sentences
from camcore.presentation.texts import text_in
from camcore.runs.run import open_run
from camcore.verdict.document import read_verdict
from tests.support.command_line import run_camcore
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = (
    HOSTILE,
    "</script><script>alert(2)</script>",
    "\"quotes' & $math$",
    "한글 🐶",
    "*a* :smile:",
    "]]>\u2028<!--",
)


class Elements(HTMLParser):
    """A page's elements with attributes, and its scripts' contents."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] and self.tags[-1][0] == "script" and self.cdata_elem == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)

    def script(self, name: str) -> str:
        return next(content for attributes, content in self.scripts if attributes.get("id") == name)


def read_data(page: str) -> dict[str, Any]:
    report_data: dict[str, Any] = json.loads(Elements(page).script("report-data"))
    return report_data


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_run(tmp_path_factory.mktemp("runs"), "judged", images=60)
    write_verdict(path, against="other")
    return path


@pytest.fixture(scope="module")
def page(judged: Path) -> str:
    return make_report(open_run(judged), images=12)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_run(tmp_path_factory.mktemp("runs"), f"run {HOSTILE} '\"한글🐶", images=60, classes=CLASSES)
    write_verdict(path, against=HOSTILE)
    return path


def test_the_verdict_comes_first_in_the_words_of_the_dashboard(judged: Path, page: str) -> None:
    verdict = read_verdict(open_explanation(open_run(judged)))
    assert verdict is not None
    sentences, left = write_sentences(text_in("en"), verdict)
    places = [page.index(str(escape(sentence))) for sentence in sentences + left]
    assert places == sorted(places)
    assert places[-1] < page.index('class="cc-facts"') < page.index('id="report-grid"')
    assert "camcore verdict" not in page


def test_charts_ignore_plotlys_default_template(judged: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotly.io.templates, "default", "ggplot2")
    assert read_data(make_report(open_run(judged), images=12))["charts"] == read_data(page)["charts"]


def test_the_price_over_seeds_has_a_row_for_each(tmp_path: Path) -> None:
    path = make_run(tmp_path, "dogs-seed1", images=40)
    write_verdict(path, against="mlp", over_seeds=True)
    page = make_report(open_run(path), images=2)
    assert page.index("Mean accuracy of mlp") < page.index("● 74.1 ○ 76.0") < page.index("mlp-seed3")


def test_without_a_verdict_it_names_the_command(tmp_path: Path) -> None:
    path = make_run(tmp_path / "all my runs", "plain", images=6)
    page = make_report(open_run(path))
    assert "<code>camcore verdict &#39;all my runs/plain&#39;</code>" in page
    assert "The same map. The visible difference comes from normalisation." in page
    assert str(tmp_path) not in page
    assert "table" not in read_data(page)


def test_numbers_are_those_of_the_run(judged: Path, page: str) -> None:
    explanation = open_explanation(open_run(judged))
    assert f"<b>{explanation.accuracy:.1%}</b>" in page
    assert "<b>60</b>" in page
    moved = measure_pair(explanation, "cam", "grad_cam")["heat_moved_literature"].mean()
    assert f"<b>{moved:.0%} → 0%</b>" in page


def test_the_most_different_images_come_first(judged: Path, page: str) -> None:
    values = measure_pair(open_explanation(open_run(judged)), "cam", "grad_cam")["heat_moved_literature"].to_numpy()
    tiles = read_data(page)["grid"]["tiles"]
    assert [tile["index"] for tile in tiles] == list(np.argsort(-values, kind="stable")[:12])
    assert tiles[0]["caption"] == f"Activation moved {values.max():.0%}"


def test_other_sources_can_be_compared(judged: Path) -> None:
    page = make_report(open_run(judged), images=2, sources=["grad_cam", "grad_cam@layer3"])
    assert "Where Grad-CAM and Grad-CAM at layer3 differ most" in page
    assert read_data(page)["grid"]["sources"]["b"]["id"] == "grad_cam@layer3"


def test_one_source_alone_shows_the_surest_mistakes_first(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path, "one", images=20, cam_able=False, sources=("grad_cam",)))
    page = make_report(run)
    samples = open_explanation(run).samples
    tiles = read_data(page)["grid"]["tiles"]
    wrong = [tile["confidence"] for tile in tiles if not tile["correct"]]
    assert not tiles[0]["correct"] and tiles[-1]["correct"]
    assert wrong == sorted(wrong, reverse=True) and len(tiles) == len(samples)
    assert "Activation moved, " not in page


def test_training_is_drawn_and_written_out(judged: Path, page: str) -> None:
    history = open_run(judged).history()
    charts = read_data(page)["charts"]
    curves = {"loss", "accuracy", "learning_rate", "insertion", "deletion", "randomization"}
    assert set(charts) == curves
    assert [trace["name"] for trace in charts["learning_rate"]["data"]] == ["judged"]
    assert page.count("<tr><td>") >= len(history)
    assert f"<td>{history['val_accuracy'].iloc[-1]:.1%}</td>" in page


def test_a_run_without_history_says_so(tmp_path: Path) -> None:
    path = make_run(tmp_path, "imported", images=4)
    (path / "history.csv").unlink()
    page = make_report(open_run(path))
    assert "This run has no training history." in page
    assert read_data(page)["charts"] == {}


def test_it_refers_to_nothing_outside_itself(page: str) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'<>)]*", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}
    assert not re.search(r"@import|url\(", page)
    for _, attributes in Elements(page).tags:
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))


def test_the_policy_allows_only_these_scripts(page: str) -> None:
    elements = Elements(page)
    policy = next(attributes["content"] for tag, attributes in elements.tags if attributes.get("http-equiv"))
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data: blob:"
    scripts = [content for given, content in elements.scripts if given.get("type") in (None, "module")]
    scripts.append(gzip.decompress(base64.b64decode(elements.script("report-plotly"))).decode())
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts}
    assert set(rules["script-src"].split()) == hashes and len(hashes) == 4


def test_names_stay_text(hostile: Path) -> None:
    page = make_report(open_run(hostile))
    elements = Elements(page)
    assert {tag for tag, _ in elements.tags}.isdisjoint({"img", "iframe", "object", "embed", "base", "form"})
    assert not [name for _, attributes in elements.tags for name in attributes if name.startswith("on")]
    assert len(elements.scripts) == 5
    assert f"<h1>{escape(hostile.name)}: where does the network look?</h1>" in page
    data = elements.script("report-data")
    assert not re.search("[<>&\u2028\u2029]", data)
    assert {tile["label"] for tile in json.loads(data)["grid"]["tiles"]} == set(CLASSES)
    legend = [trace["name"] for trace in json.loads(data)["charts"]["loss"]["data"]]
    assert all("<" not in name for name in legend)  # Plotly has marks of its own in texts


def test_it_hides_the_machine_s_folders(judged: Path, page: str) -> None:
    assert str(judged.parent) not in page
    assert "local.json" not in page


def test_data_is_safe_in_a_script_and_strict_json() -> None:
    written = encode_data({"a": float("nan"), "b": [float("-inf"), 0.5], "c": "</script>&\u2028"})
    assert written == '{"a":null,"b":[null,0.5],"c":"\\u003c/script\\u003e\\u0026\\u2028"}'


def test_korean_is_spoken_throughout(judged: Path) -> None:
    page = make_report(open_run(judged), language="ko", images=1)
    title = escape(texts.say("ko", "report.title", run="judged"))
    assert '<html lang="ko">' in page and f"<title>{title}</title>" in page
    assert read_data(page)["grid"]["strings"] == texts.grid_strings("ko")


def test_a_report_is_replaced_in_one_step(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "report.html"
    run = open_run(judged)
    assert write_report(run, out, images=1) == out
    first = out.read_text(encoding="utf-8")
    write_report(run, out, images=2)
    second = out.read_text(encoding="utf-8")
    assert len(read_data(first)["grid"]["tiles"]) == 1 and len(read_data(second)["grid"]["tiles"]) == 2

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(CamcoreError) as caught:
        write_report(run, out, images=3)
    assert str(caught.value) == f"Could not write {out}: No space left on device. What was there before is kept."
    assert out.read_text(encoding="utf-8") == second
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_refusals_name_the_remedy(judged: Path, tmp_path: Path) -> None:
    run = open_run(judged)
    other = tmp_path / "notes.html"
    other.write_text("<p>mine</p>", encoding="utf-8")
    refused = {
        tmp_path: f"{tmp_path} is a folder. Name a file in it: --out {tmp_path / 'report.html'}",
        tmp_path / "no" / "r.html": f"There is no folder {tmp_path / 'no'} to write r.html into. Make it, or name "
        "another file with --out.",
        other: f"{other} is there already and is not a report of camcore. Name another file with --out.",
    }
    for out, message in refused.items():
        with pytest.raises(CamcoreError) as caught:
            write_report(run, out)
        assert str(caught.value) == message
    assert other.read_text(encoding="utf-8") == "<p>mine</p>"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"sources": ["cam"]},
            "A report compares two different sources, not 'cam'. Name two of: {stored}.",
        ),
        (
            {"sources": ["cam", "cam"]},
            "A report compares two different sources, not 'cam,cam'. Name two of: {stored}.",
        ),
        ({"sources": ["cam", "gradcam"]}, "Unknown source 'gradcam'. Did you mean grad_cam? Choose from: {stored}."),
        ({"language": "tlh"}, "Unknown language 'tlh'. Choose from: {languages}."),
    ],
)
def test_settings_are_checked(judged: Path, settings: dict[str, Any], message: str) -> None:
    stored = ", ".join(open_explanation(open_run(judged)).manifest.sources)
    with pytest.raises(CamcoreError) as caught:
        make_report(open_run(judged), **settings)
    assert str(caught.value) == message.format(stored=stored, languages=", ".join(texts.LANGUAGES))


def test_a_run_without_heatmaps_is_refused(tmp_path: Path) -> None:
    path = make_run(tmp_path, "trained", images=2, explained=False)
    with pytest.raises(CamcoreError, match=r"has no heatmaps yet\. Make them: camcore explain "):
        write_report(open_run(path), tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_a_damaged_verdict_is_named_with_the_command(judged: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(judged, tmp_path / "copy"))
    damaged = open_explanation(open_run(path)).path / "verdict.json"
    damaged.write_text('{"format_version": 1}', encoding="utf-8")
    with pytest.raises(CamcoreError) as caught:
        make_report(open_run(path))
    assert str(caught.value) == (f"{damaged} is damaged (no usable 'created'). Recreate it: camcore verdict {path}")


def test_images_without_boxes_or_finite_maps_work(tmp_path: Path) -> None:
    path = make_run(tmp_path, "holes", images=8)
    explanation = open_explanation(open_run(path))
    maps = np.load(explanation.path / "grad_cam.npy")
    maps[:] = np.nan
    np.save(explanation.path / "grad_cam.npy", maps)
    samples = pd.read_parquet(explanation.path / "samples.parquet")
    samples["boxes"] = [[] for _ in range(len(samples))]
    samples.to_parquet(explanation.path / "samples.parquet")
    page = make_report(open_run(path))
    assert "Activation outside the object, " not in page and "nan%" not in page
    assert [tile["caption"] for tile in read_data(page)["grid"]["tiles"]] == [""] * 8


def test_the_command_writes_it_and_says_where(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "report.html"
    result = run_camcore("report", judged, "--out", out, "--images", 3, "--sources", "cam,grad_cam@layer3")
    assert result.exit_code == 0
    size = out.stat().st_size / 1e6
    assert result.stdout == (f"Written: {out} ({size:.1f} MB). Open it in a browser; it works offline.\n")
    grid = read_data(out.read_text(encoding="utf-8"))["grid"]
    assert len(grid["tiles"]) == 3 and grid["sources"]["b"]["id"] == "grad_cam@layer3"
    monkeypatch.chdir(tmp_path)
    assert run_camcore("report", judged).exit_code == 0
    assert (tmp_path / "judged-report.html").exists()
    refused = run_camcore("report", judged, "--out", tmp_path)
    assert refused.exit_code == 1
    assert refused.stderr == f"Error: {tmp_path} is a folder. Name a file in it: --out {tmp_path / 'report.html'}\n"


def test_the_theme_is_that_of_the_dashboard() -> None:
    settings = Path(__file__).parents[2] / "dashboard" / ".streamlit" / "config.toml"
    config = tomllib.loads(settings.read_text(encoding="utf-8"))
    for name, colors in (("light", html.LIGHT), ("dark", html.DARK)):
        theme = config["theme"][name]
        for color, value in colors.items():
            words = color.split("-")
            assert theme[words[0] + "".join(word.title() for word in words[1:])] == value
    assert config["theme"]["font"] == html.FONT
