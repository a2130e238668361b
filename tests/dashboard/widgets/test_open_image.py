"""The page of an image that a link or the large view opens, and its tile's data."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from camcore.explained.explanation import open_explanation
from camcore.explained.queries import measure_pair, top_classes
from camcore.heatmaps.drawing import CONVENTIONS
from camcore.measures.disagreement import MEASURES
from camcore.runs.run import open_run
from camcore.system.names import natural_key
from dashboard.data import measures, runs
from dashboard.widgets import grid
from dashboard.widgets.open_image import ask_for_neighbour
from tests.support.large_view_steps import CLASSES, IMAGES, PER_PAGE, make_browsed_run, read_order
from tests.support.page_steps import payload, show_page

PAIR = ("cam", "grad_cam")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_browsed_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def order(run: Path) -> list[int]:
    return read_order(run)


def show(run: Path, monkeypatch: pytest.MonkeyPatch, on: str = "gallery", /, **parameters: str) -> AppTest:
    return show_page(on, run.parent, monkeypatch, **{"sort": "confidence"} | parameters)


def name_of(index: int) -> str:
    return f"val/{index:05d}"


@pytest.mark.parametrize("page", ["1", "3"])
def test_a_link_puts_the_page_on_which_its_image_lies(run, order, monkeypatch, page) -> None:
    app = show(run, monkeypatch, image=name_of(order[PER_PAGE]), page=page)
    assert app.session_state["url_page"] == 2
    assert app.query_params["page"] == "2"
    sent = payload(app, "tiles")
    assert [tile["index"] for tile in sent["tiles"]] == order[PER_PAGE : 2 * PER_PAGE]
    assert (sent["large"]["first"], sent["large"]["total"]) == (PER_PAGE, IMAGES)


def test_the_image_of_a_link_decides_once(run, order, monkeypatch) -> None:
    app = show(run, monkeypatch, image=name_of(order[PER_PAGE]))
    app.session_state["url_page"] = 3
    app.run()
    assert payload(app, "tiles")["large"]["first"] == 2 * PER_PAGE


def test_the_disagreement_page_finds_its_images_too(run, monkeypatch) -> None:
    moved = measures.measure_pair(runs.read_explained(run), *PAIR, "heat_moved")["heat_moved_literature"]
    index = int(np.argsort(-moved, kind="stable")[30])
    sent = payload(show(run, monkeypatch, "disagreement", image=name_of(index)), "tiles")
    assert sent["tiles"][6]["index"] == index
    assert (sent["large"]["first"], sent["large"]["total"]) == (24, IMAGES)


@pytest.mark.parametrize(
    ("image", "message"),
    [(name_of(0), "does not match the filters"), ("nonsense", "image = nonsense"), ("", None)],
)
def test_a_link_to_a_missing_image_shows_a_notice(run, monkeypatch, image, message) -> None:
    app = show(run, monkeypatch, result="wrong", image=image)
    assert app.session_state["url_page"] == 1
    assert len(app.warning) == (message is not None)
    assert message is None or message in app.warning[0].value


def test_a_step_asks_for_the_neighbour_and_numbers_the_wish(run, order, monkeypatch) -> None:
    explained, state = runs.read_explained(run), {}
    monkeypatch.setattr("dashboard.widgets.open_image.st", SimpleNamespace(session_state=state))
    ordered = np.array(order)
    ask_for_neighbour(explained, ordered, order[PER_PAGE - 1], 1)
    assert state == {"image_asked": order[PER_PAGE], "image_goto": (name_of(order[PER_PAGE]), 1)}
    ask_for_neighbour(explained, ordered, order[PER_PAGE], -1)
    assert state["image_goto"] == (name_of(order[PER_PAGE - 1]), 2)
    ask_for_neighbour(explained, ordered, order[-1], 1)
    ask_for_neighbour(explained, ordered, order[0], -1)
    assert state["image_goto"][1] == 2, "nothing lies beyond the ends"


def test_a_tile_has_the_numbers_of_its_image(run) -> None:
    explained, indices = runs.read_explained(run), [7, 3, 59]
    tiles = grid.make_tiles(explained, dict.fromkeys(indices, ""), PAIR)
    measured = measure_pair(explained.explanation, *PAIR)
    for tile, index in zip(tiles, indices, strict=True):
        assert [(share.name, share.share) for share in tile.top] == top_classes(
            explained.run, explained.explanation, index
        )
        sample, names = explained.explanation.samples.iloc[index], explained.run.class_names
        right = {names[label] for label in (sample["label"], sample["other_label"]) if label >= 0}
        assert {share.name for share in tile.top if share.is_right} == right & {share.name for share in tile.top}
        for name in MEASURES:
            expected = [measured[f"{name}_{convention}"][index] for convention in CONVENTIONS]
            assert tile.distances[name] == pytest.approx(expected)
        for slot, source in zip(("a", "b"), PAIR, strict=True):
            expected = [measures.measure_off_object(explained, source)[convention][index] for convention in CONVENTIONS]
            assert tile.off_object[slot] == pytest.approx(expected, nan_ok=True)


def test_one_source_has_nothing_to_compare(run) -> None:
    (tile,) = grid.make_tiles(runs.read_explained(run), {0: ""}, ("cam", "cam"))
    assert (list(tile.maps), tile.distances, list(tile.off_object)) == (["a"], {}, ["a"])


def test_the_numbers_of_a_page_stay_small(run, monkeypatch) -> None:
    sent = payload(show(run, monkeypatch), "tiles")
    numbers = [{key: tile[key] for key in ("path", "top", "distances", "offObject")} for tile in sent["tiles"]]
    assert max(len(json.dumps(tile_numbers)) for tile_numbers in numbers) < 700


def test_the_maps_of_a_class_travel_when_a_link_asks_for_them(run, order, monkeypatch) -> None:
    assert payload(show(run, monkeypatch), "tiles")["large"]["classes"] == sorted(CLASSES, key=natural_key)
    sent = payload(show(run, monkeypatch, for_class="Pug", target="class"), "tiles")
    assert sent["large"]["chosenClass"] == "Pug"
    stored = open_explanation(open_run(run)).all_class_maps()
    assert stored is not None
    explained = runs.read_explained(run)
    monkeypatch.setattr("dashboard.widgets.class_maps.chosen_class", lambda explained, sources: "Pug")
    class_tile = grid.make_tiles(explained, {order[0]: ""}, PAIR)[0].maps
    np.testing.assert_array_equal(class_tile["a"]["class"], stored[order[0], CLASSES.index("Pug")])
    np.testing.assert_allclose(class_tile["b"]["class"] * 49, class_tile["a"]["class"], rtol=1e-6)
    assert all("class" in tile["maps"]["a"] for tile in sent["tiles"])


@pytest.mark.parametrize("sources", [("grad_cam@layer3", "grad_cam@layer3"), PAIR])
def test_no_class_can_be_chosen_without_its_maps(run, monkeypatch, sources) -> None:
    sent = payload(show(run, monkeypatch, a=sources[0], b=sources[1], for_class="Cat"), "tiles")
    assert sent["large"]["chosenClass"] == ""
    assert bool(sent["large"]["classes"]) == (sources == PAIR)
