"""The page Try your own image with good and bad files and all states of a run."""

import base64
import io
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from camcore.data.uploaded_image import MOST_MEGABYTES, read_uploaded_image
from camcore.errors import ReplacedError, RunError
from camcore.heatmaps.sources import parse_source
from camcore.runs.run import open_run
from dashboard import settings
from dashboard.own_image import network, uploads
from dashboard.own_image.downloads import PageContent, make_download, safe_name
from dashboard.own_image.queue import FairQueue
from dashboard.own_image.results import write_share
from tests.support.page_steps import all_text, payload, show_page
from tests.support.synthetic_run import make_run
from tests.support.uploaded_files import CLASSES, copy_run, draw_photograph, encode

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def runs(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    copy_run(trained_run, folder / "tiny")
    make_run(folder, "damaged", images=4)
    make_run(folder, "untouched", images=4, explained=False, finished=False, epochs=0)
    return folder


def show(folder: Path, monkeypatch, files=(), /, **parameters: str) -> AppTest:
    app = show_page("own_image", folder, monkeypatch, **{"run": "tiny"} | parameters)
    return upload(app, files) if files else app


def upload(app: AppTest, files) -> AppTest:
    app.file_uploader(key="own_image_files").set_value([(name, content, "image/png") for name, content in files])
    app.run()
    assert not app.exception
    return app


def photographs(count: int) -> list[tuple[str, bytes]]:
    return [(f"{seed}.png", encode(draw_photograph(seed))) for seed in range(count)]


def decode_map(encoded: dict) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(encoded["values"]), "<f4")
    return values.reshape(encoded["height"], encoded["width"])


def compute(folder: Path, content: bytes, source: str, label: int) -> np.ndarray:
    from camcore.heatmaps.one_image import explain_classes
    from camcore.runs.weights import load_model

    run = open_run(folder / "tiny")
    seen = read_uploaded_image(content, run.config.view).seen
    return explain_classes(load_model(run), seen, [label], [parse_source(source)])[source][0]


def test_without_a_picture_the_page_says_what_to_do(runs, monkeypatch):
    text = all_text(show(runs, monkeypatch))
    assert "Add an image to start" in text
    assert "never written to disk" in text
    assert "&lt;img src=x onerror=alert(1)&gt;, disc" in text, "class names are text"


def test_each_picture_has_classes_and_both_maps(runs, monkeypatch):
    files = photographs(2)
    app = show(runs, monkeypatch, files)
    grid, results = payload(app, "tiles"), payload(app, "panels")
    assert [panel["name"] for panel in results["panels"]] == ["0.png", "1.png"]
    for (_, content), tile, panel in zip(files, grid["tiles"], results["panels"], strict=True):
        shares = [bar["share"] for bar in panel["bars"]]
        assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)
        assert (tile["label"], tile["correct"]) == (None, None)
        assert tile["predicted"] == panel["bars"][0]["label"]
        best = [CLASSES.index(bar["label"]) for bar in panel["bars"]]
        for slot, source in (("a", "cam"), ("b", "grad_cam")):
            assert set(tile["maps"][slot]) == {"predicted", "runner_up"}
            for target, label in (("predicted", best[0]), ("runner_up", best[1])):
                expected = compute(runs, content, source, label)
                np.testing.assert_allclose(decode_map(tile["maps"][slot][target]), expected, rtol=1e-5, atol=1e-6)


def test_a_class_is_explained_for_all_pictures(runs, monkeypatch):
    files = photographs(2)
    app = show(runs, monkeypatch, files)
    app.selectbox(key="url_explains").select("disc").run()
    assert app.query_params["explains"] == "disc"
    for (_, content), tile in zip(files, payload(app, "tiles")["tiles"], strict=True):
        assert {slot: list(maps) for slot, maps in tile["maps"].items()} == {"a": ["chosen"], "b": ["chosen"]}
        expected = compute(runs, content, "cam", 1)
        np.testing.assert_allclose(decode_map(tile["maps"]["a"]["chosen"]), expected, rtol=1e-5, atol=1e-6)
        assert "map for disc" in tile["caption"]


def test_any_two_sources_of_any_layer_come_from_the_address(runs, monkeypatch):
    app = show(runs, monkeypatch, photographs(1), a="hires_cam@layer2", b="eigen_cam")
    assert [payload(app, "tiles")["sources"][slot]["id"] for slot in "ab"] == ["hires_cam@layer2", "eigen_cam"]
    options = app.selectbox(key="url_a").options
    assert "CAM" in options and "Score-CAM" not in options and "Grad-CAM at layer1" in options


def test_a_bad_file_is_named_and_the_others_go_on(runs, monkeypatch):
    files = [("<b>.png", b"hello"), *photographs(1), ("cut.png", encode(draw_photograph())[:-300]), ("nil.png", b"")]
    app = show(runs, monkeypatch, files)
    text = all_text(app)
    assert "“&lt;b&gt;.png” is not an image in a supported format" in text
    assert "“cut.png” is damaged (" in text
    assert "“nil.png” is empty (0 bytes)" in text
    assert len(payload(app, "panels")["panels"]) == 1


def test_more_pictures_than_are_shown_are_counted(runs, monkeypatch):
    app = show(runs, monkeypatch, photographs(settings.PICTURES_AT_ONCE + 2))
    assert len(payload(app, "panels")["panels"]) == settings.PICTURES_AT_ONCE
    assert "The first 8 images are shown. To see the other 2, remove some." in all_text(app)


def test_removed_pictures_are_forgotten(runs, monkeypatch):
    files = photographs(2)
    app = show(runs, monkeypatch, files)
    assert len(app.session_state[network._FOUND]) == 2
    upload(app, files[:1])
    assert len(app.session_state[network._FOUND]) == 1
    app.switch_page("overview/page.py").run()
    assert not app.exception
    assert network._FOUND not in app.session_state


def test_nothing_is_computed_twice(runs, monkeypatch):
    from camcore.heatmaps import one_image

    calls = []
    original = one_image.explain_classes
    monkeypatch.setattr(one_image, "explain_classes", lambda *args: calls.append(args[3]) or original(*args))
    app = show(runs, monkeypatch, photographs(1))
    app.run()
    app.selectbox(key="url_b").select("layer_cam").run()
    assert [[source.id for source in sources] for sources in calls] == [["cam", "grad_cam"], ["layer_cam"]]


def test_sessions_wait_for_each_other(runs, monkeypatch):
    from camcore.heatmaps import one_image

    at_once, most = [], []

    def explain(model, seen, classes, sources):
        at_once.append(None)
        most.append(len(at_once))
        time.sleep(0.02)
        at_once.pop()
        return {source.id: np.zeros((len(classes), 4, 4), np.float32) for source in sources}

    monkeypatch.setattr(one_image, "explain_classes", explain)
    image = read_uploaded_image(encode(draw_photograph()), open_view())
    run = open_run(runs / "tiny")
    analyses = [
        network.Analysis("", image, np.ones(3, np.float32) / 3, ("cam",), network._version(run)) for _ in range(8)
    ]
    monkeypatch.setattr(network, "_line", FairQueue(3))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda analysis: network.find_maps(run, analysis, ["cam"], [0], lambda *_: None), analyses))
    assert len(most) == 8 and max(most) == 3
    assert all(("cam", 0) in analysis.maps for analysis in analyses)


def test_maps_are_never_of_other_weights_than_the_probabilities(runs):
    """The weights may change or vanish while a visitor waits."""
    image = read_uploaded_image(encode(draw_photograph()), open_view())
    run = open_run(runs / "tiny")
    analysis = network.Analysis("", image, np.ones(3, np.float32) / 3, ("cam",), (str(run.path), "those of before"))
    with pytest.raises(ReplacedError, match=r"The weights of .*tiny were replaced while this page was made"):
        network.find_maps(run, analysis, ["cam"], [0], lambda *_: None)
    assert analysis.maps == {}
    gone = replace(run, path=runs / "gone")
    with pytest.raises(RunError, match=r"model\.safetensors can't be read \(No such file or directory\)\. Restore it"):
        network.find_maps(gone, analysis, ["cam"], [0], lambda *_: None)


def test_a_run_without_weights_names_the_command(runs, monkeypatch):
    text = all_text(show(runs, monkeypatch, run="untouched"))
    assert "untouched has no weights yet" in text
    assert "camcore train --run " in text and "--resume" in text


def test_an_upload_reveals_damaged_weights(runs, monkeypatch):
    app = show(runs, monkeypatch, photographs(1), run="damaged")
    assert "model.safetensors is damaged" in all_text(app)
    assert str(runs.parent) not in all_text(app)


def test_the_camera_is_offered_on_safe_addresses_only(runs, monkeypatch):
    app = show(runs, monkeypatch)
    assert not app.camera_input
    app.toggle(key="own_image_camera").set_value(True).run()
    app.camera_input[0].set_value(("shot.jpg", encode(draw_photograph(), "JPEG"), "image/jpeg"))
    app.run()
    assert payload(app, "panels")["panels"][0]["name"] == "camera"
    for url in ("https://a.example/own_image", "http://localhost:8501/", "http://127.0.0.1/", "http://[::1]:80/", None):
        assert uploads._is_secure(url), url
    for url in ("http://a.example/own_image", "http://192.0.2.7:8501/", "http://localhost.example/"):
        assert not uploads._is_secure(url), url


def test_the_server_takes_as_much_as_the_page_does():
    config = tomllib.loads((REPOSITORY / "dashboard" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] == MOST_MEGABYTES


@pytest.fixture
def page_content() -> PageContent:
    image = read_uploaded_image(encode(draw_photograph()), open_view())
    maps = {("cam", 0): np.arange(16, dtype=np.float32).reshape(4, 4), ("grad_cam", 0): np.eye(4, dtype=np.float32)}
    maps |= {(source, 1): -raw for (source, _), raw in maps.items()}
    analysis = network.Analysis("../강아지 🐶.jpg", image, np.array([0.7, 0.3]), ("cam", "grad_cam"), ("", ""), maps)
    return PageContent({"id": analysis}, ("cam", "grad_cam"), {"id": {"predicted": 0, "runner_up": 1}}, CLASSES)


def open_view():
    from camcore.config import ViewConfig

    return ViewConfig(size=64)


def test_a_raw_map_is_downloaded_as_it_is(page_content):
    file = make_download(page_content, "id", "b", {"target": "runner_up"})
    np.testing.assert_array_equal(np.load(io.BytesIO(base64.b64decode(file.content))), -np.eye(4, dtype=np.float32))
    assert (file.name, file.kind) == ("강아지-grad_cam-disc.npy", "application/octet-stream")


def test_a_picture_is_downloaded_as_it_is_shown(page_content):
    pictures = {}
    for overlay in ("off", "a", "b", "both", "difference"):
        file = make_download(page_content, "id", "png", {"overlay": overlay, "draw": "positive", "opacity": "<script>"})
        pictures[overlay] = Image.open(io.BytesIO(base64.b64decode(file.content)))
        assert file.name.endswith(".png")
    assert len({picture.tobytes() for picture in pictures.values()}) == 5
    assert pictures["a"].size == (512, 341)
    assert pictures["both"].size == (2 * 512 + 8, 341)
    per_image = make_download(page_content, "id", "png", {"scale": "image"}).content
    assert make_download(page_content, "id", "png", {"scale": "common"}).content == per_image, (
        "one picture is all of them"
    )


def test_file_names_are_harmless():
    assert safe_name("../../etc/passwd", "cam") == "etc_passwd-cam"
    assert safe_name(CLASSES[0], '"\n\r') == "img_src_x_onerror_alert_1"
    assert safe_name("..", "🐶") == "picture"
    assert len(safe_name("x" * 500, "cam")) == 64


def test_names_are_as_they_were_before_the_browser_sent_them():
    assert uploads.restore_name("%22강아지%22 100%.png") == '"강아지" 100%.png'
    assert uploads.restore_name("a%0D%0Ab") == "a\r\nb"


def test_shares_are_never_rounded_to_nothing_or_certainty():
    written = [write_share(share) for share in (0.0, 1e-6, 0.0312, 0.9994, 1.0)]
    assert written == ["0.0%", "< 0.1%", "3.1%", "> 99.9%", "100.0%"]
