"""Finding images in a real browser: confusions, filters, downloads, hostile names."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from camcore.presentation.contact_sheet import measure_sheet
from camcore.system.names import natural_key
from dashboard.data.measures import load_samples
from dashboard.data.runs import read_explained
from tests.support.browser_steps import choose, parameters, wait_until_painted
from tests.support.synthetic_run import CLASSES, make_run

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "*a* $x$ :smile: `c` [l](x)",
    "강아지 🐶",
    "quo\"te's & {name}",
    "=1+1",
    "-> --",
)


@pytest.fixture(scope="session")
def hostile(shelf: Path) -> str:
    """The name of a run whose classes have hostile names, beside the others."""
    make_run(shelf, "hostile", images=60, classes=HOSTILE)
    return "hostile"


def open_confusions(page: Page, dashboard: str, run: str = "gap") -> None:
    page.goto(f"{dashboard}/training_curves?run={run}")
    expect(page.locator(".confusion tbody tr")).to_have_count(6)


def count_pairs(shelf: Path, label: int, predicted: int | None = None) -> int:
    samples = load_samples(read_explained(shelf / "gap"))
    of_class = (samples["label"] == label) & (samples["other_label"] == -1)
    return int((of_class if predicted is None else of_class & (samples["predicted"] == predicted)).sum())


def expect_count(page: Page, count: int) -> None:
    expect(page.get_by_text(re.compile(r"^\d+ of 60 images$"))).to_have_text(f"{count} of 60 images")


def save_download(page: Page, name: str, path: Path) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    download.value.save_as(path)
    return download.value.suggested_filename


def test_a_matrix_field_opens_its_images_and_back_returns(page: Page, dashboard: str, shelf) -> None:
    page.goto(f"{dashboard}/gallery?run=gap&search=zebra&sort=confidence")
    expect_count(page, 0)
    page.get_by_role("link", name="Training curves").click()
    field = page.locator(".confusion rect.wrong").first
    field.hover()
    words = page.locator(".confusion .readout").inner_text()
    label, predicted = re.fullmatch(r"(.+) → (.+): 1 of \d+ \(\d+%\)", words).groups()
    field.click()
    wait_until_painted(page)
    expect_count(page, count_pairs(shelf, CLASSES.index(label), CLASSES.index(predicted)))
    wanted = {"run": "gap", "class": label, "predicted": predicted, "objects": "one_class", "sort": "confidence"}
    assert parameters(page) == wanted, "what was filtered before is forgotten, the order is not"
    page.go_back()
    expect(page.locator(".confusion .matrix")).to_be_visible()
    page.go_forward()
    expect_count(page, count_pairs(shelf, CLASSES.index(label), CLASSES.index(predicted)))


def test_the_keyboard_opens_class_and_field(page: Page, dashboard: str, shelf) -> None:
    open_confusions(page, dashboard)
    page.locator(".confusion .matrix").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".confusion .readout")).to_contain_text("Collie → Collie: ")
    page.keyboard.press("Enter")
    expect_count(page, count_pairs(shelf, 1, 1))
    open_confusions(page, dashboard)
    page.locator(".confusion tbody").get_by_role("link", name="Pug", exact=True).focus()
    page.keyboard.press("Enter")
    expect_count(page, count_pairs(shelf, 4))


def test_classes_are_sorted_by_a_column(page: Page, dashboard: str) -> None:
    open_confusions(page, dashboard)
    button = page.get_by_role("button", name="Accuracy, 95% interval")
    for direction, sign in (("ascending", 1), ("descending", -1)):
        button.click()
        expect(page.locator(".confusion th.accuracy")).to_have_attribute("aria-sort", direction)
        shares = [float(text.rstrip("%")) for text in page.locator(".confusion td.accuracy b").all_inner_texts()]
        assert len(shares) == 6 and len(set(shares)) > 1
        assert (np.diff(shares) * sign >= 0).all()


def test_a_link_opens_the_same_images_in_a_new_tab(page: Page, dashboard: str) -> None:
    open_confusions(page, dashboard)
    link = page.locator(".mistakes a").first
    with page.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    there = opened.value
    expect(there.get_by_text(re.compile(r"^\d+ of 60 images$"))).to_have_text("1 of 60 images")
    assert set(parameters(there)) == {"run", "objects", "class", "predicted"}
    expect(page.locator(".confusion .matrix")).to_be_visible()


def test_one_click_clears_every_filter_and_a_chip_its_own(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/gallery?run=gap&class=Collie&result=wrong&disagreement=0-99&status_a=ok")
    wait_until_painted(page)
    page.get_by_role("button", name="True class: Collie", exact=True).click()
    expect(page).not_to_have_url(re.compile("class="))
    page.get_by_role("button", name="Clear filters").click()
    expect_count(page, 60)
    expect(page.get_by_role("button", name="Clear filters")).to_have_count(0)
    assert parameters(page) == {"run": "gap"}


def test_a_link_keeps_filters_in_another_browser(page: Page, browser: Browser, dashboard: str) -> None:
    page.goto(f"{dashboard}/gallery?run=gap")
    wait_until_painted(page)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("combobox", name="Predicted class").click()
    page.get_by_role("option", name=re.compile("^Whippet")).click()
    page.get_by_role("slider", name="Activation outside the object").first.press("PageUp")
    expect(page).to_have_url(re.compile("off_object=10-100"))
    expect(page).to_have_url(re.compile("predicted=Whippet"))
    words = page.get_by_text(re.compile(r"^\d+ of 60 images$")).inner_text()
    other = browser.new_context()
    there = other.new_page()
    there.goto(page.url)
    wait_until_painted(there)
    expect(there.get_by_text(words)).to_be_visible()
    tiles = [view.locator(".tile .predicted").all_inner_texts() for view in (page, there)]
    assert tiles[0] == tiles[1] != []
    other.close()


def test_the_selection_is_downloaded_in_its_order_as_it_is_drawn(page: Page, dashboard: str, tmp_path) -> None:
    page.goto(f"{dashboard}/gallery?run=gap&result=wrong&sort=confidence&order=low")
    wait_until_painted(page)
    choose(page, "overlay", "a")
    page.get_by_role("button", name="Download").click()
    assert save_download(page, "Table (CSV)", tmp_path / "a.csv").startswith("gap-")
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 15
    assert [row["right"] for row in rows] == ["no"] * 15
    confidence = [float(row["confidence"]) for row in rows]
    assert confidence == sorted(confidence)
    save_download(page, "Contact sheet (PNG)", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as sheet:
        assert sheet.size == measure_sheet(15, 1)[:2]


def test_hostile_names_are_text_everywhere(page: Page, dashboard: str, hostile: str, tmp_path) -> None:
    open_confusions(page, dashboard, hostile)
    names = page.locator(".confusion tbody th").all_inner_texts()
    assert names == sorted(HOSTILE, key=natural_key)
    for number, name in enumerate(names):
        page.locator(".confusion tbody th a").nth(number).click()
        expect(page.locator("[class*=st-key-chip_class]").get_by_role("button")).to_have_text(
            re.compile("^" + re.escape(f"True class: {name}").replace(r"\-", "\u2060?\\-\u2060?"))
        )
        assert parameters(page)["class"] == name
        page.go_back()
        expect(page.locator(".confusion tbody tr")).to_have_count(6)
    page.goto(f"{dashboard}/gallery?run={hostile}")
    wait_until_painted(page)
    page.get_by_role("button", name="Download").click()
    save_download(page, "Table (CSV)", tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["true_class"] for row in rows} == {*HOSTILE[:4], "'=1+1", "'-> --"}
    assert page.locator("img[src=x]").count() == 0
