"""The contact sheet: size, content of each frame, and hostile names."""

import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from camcore.explained.explanation import TARGETS, open_explanation
from camcore.presentation import pictures
from camcore.presentation.contact_sheet import (
    FRAME,
    GAP,
    HEAD,
    LEAST_WIDTH,
    LINE,
    MARGIN,
    draw_contact_sheet,
    measure_sheet,
    to_png,
)
from camcore.presentation.grid.encoding import CHOICES, DEFAULTS
from camcore.presentation.pictures import find_problems
from camcore.presentation.texts import text_in
from camcore.runs.run import open_run
from tests.support.rendered_maps import render
from tests.support.synthetic_run import make_run

TEXT = text_in("en")
BOTH = DEFAULTS | {"overlay": "both"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(make_run(tmp_path_factory.mktemp("runs"), "gap", images=40))


def draw(run, indices=(0,), sources=("cam", "grad_cam"), **view):
    return draw_contact_sheet(run, open_explanation(run), indices, sources, DEFAULTS | view, TEXT)


def frame(sheet, number=0):
    """Return the pixels of the first image's frame."""
    left = MARGIN + number * (FRAME + GAP)
    return np.asarray(sheet.crop((left, HEAD, left + FRAME, HEAD + FRAME)))


def test_a_sheet_is_as_large_as_its_columns_and_rows(run):
    tile = FRAME + 3 * LINE + GAP
    assert measure_sheet(1, 1) == (LEAST_WIDTH, HEAD + tile + MARGIN, 1)
    # 12 images in pairs: round(sqrt(1.4 * 12 * 266 / 406)) = 3 columns, so 4 rows.
    assert measure_sheet(12, 2) == (2 * MARGIN + 3 * 406 + 2 * 12, HEAD + 4 * 266 + 3 * 12 + MARGIN, 3)
    assert draw(run, range(12), overlay="both").size == measure_sheet(12, 2)[:2]


def test_a_map_that_is_no_heatmap_says_so_below_its_photograph(run, tmp_path):
    copy = open_run(Path(shutil.copytree(run.path, tmp_path / "copy")))
    explanation = open_explanation(copy)
    maps = np.load(explanation.path / "grad_cam.npy")
    maps[0, 0], maps[1, 0, 2, 3] = 0, np.nan
    np.save(explanation.path / "grad_cam.npy", maps)
    assert find_problems(explanation, 0, ("cam", "grad_cam"), "predicted") == {"grad_cam": "no_positive_evidence"}
    assert find_problems(explanation, 1, ("cam", "grad_cam"), "predicted") == {"grad_cam": "not_finite"}
    assert find_problems(explanation, 0, ("cam", "grad_cam"), "other") == {}, "there is no other object"
    for index in (0, 1):
        pictured = frame(draw(copy, (index,), overlay="b"))
        assert (pictured[FRAME - LINE :, -1] == (251, 249, 245)).all()
        assert (pictured[FRAME - LINE :] < 100).any(), "there are words"
    whole = frame(draw(copy, (2,), overlay="b"))
    assert not (whole[FRAME - LINE :, -1] == (251, 249, 245)).all()


def test_it_is_a_png(run):
    content = to_png(draw(run, range(3)))
    assert content.startswith(b"\x89PNG")
    assert Image.open(BytesIO(content)).size == measure_sheet(3, 1)[:2]


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("convention", CHOICES["draw"])
def test_the_sheet_draws_like_the_pages(run, index, convention):
    explanation = open_explanation(run)
    photograph = Image.open(BytesIO(explanation.thumbnail(index))).convert("RGB")
    factor = FRAME / max(photograph.size)
    size = (round(photograph.width * factor), round(photograph.height * factor))
    photograph = photograph.resize(size, Image.Resampling.BICUBIC)
    raw = np.asarray(explanation.maps("cam")[index])
    expected = render(np.asarray(photograph), raw, convention, "cam", "cividis", 0.7)
    left, top = (FRAME - size[0]) // 2, (FRAME - size[1]) // 2
    pixels = frame(draw(run, [index], draw=convention, colors="cividis", opacity="70"))
    np.testing.assert_array_equal(pixels[top : top + size[1], left : left + size[0]], expected)


def test_every_display_choice_changes_the_sheet(run):
    start = np.asarray(draw(run, [9]))
    on_paper = {name: values for name, values in CHOICES.items() if name not in ("divider", "size")} | {
        "target": TARGETS
    }
    for name, values in on_paper.items():
        for value in set(values) - {DEFAULTS[name]}:
            changed = np.asarray(draw(run, [9], **{name: value}))
            assert changed.shape != start.shape or (changed != start).any(), (name, value)


def test_what_a_centred_crop_leaves_out_is_dark(run):
    cropped = replace(run, config=replace(run.config, view=replace(run.config.view, kind="center-crop")))
    samples = open_explanation(run).samples
    wide = int((samples["width"] / samples["height"]).to_numpy().argmax())
    height = round(FRAME * samples["height"].iloc[wide] / samples["width"].iloc[wide])
    top = edge = (FRAME - height) // 2
    assert edge > 10, "the photograph is wide enough to be cropped"
    plain, drawn = (frame(draw(cropped, [wide], overlay=overlay))[top : top + height] for overlay in ("off", "a"))
    for left_out in (slice(0, edge), slice(FRAME - edge, FRAME)):
        np.testing.assert_array_equal(drawn[:, left_out], np.floor(plain[:, left_out] * 0.45 + 0.5))


def test_boxes_of_other_classes_are_dashed(run):
    samples = open_explanation(run).samples
    two = int((samples["other_label"] >= 0).to_numpy().argmax())
    width, height = samples["width"].iloc[two], samples["height"].iloc[two]
    factor = FRAME / max(width, height)
    x0, y0, x1, _, _ = next(box for box in samples["boxes"].iloc[two] if box[4] == samples["other_label"].iloc[two])
    left, top = (FRAME - round(width * factor)) // 2, (FRAME - round(height * factor)) // 2
    line = top + max(round(y0 * factor), 1)
    side = frame(draw(run, [two], overlay="off", boxes="on"))[line]
    side = side[left + round(x0 * factor) : left + round(x1 * factor)]
    assert 0.3 < (side == 255).all(-1).mean() < 0.8


def test_both_sources_stand_side_by_side(run):
    pair = draw(run, [0], overlay="both")
    np.testing.assert_array_equal(frame(pair, 0), frame(draw(run, [0], overlay="a")))
    np.testing.assert_array_equal(frame(pair, 1), frame(draw(run, [0], overlay="b")))


def test_one_source_is_shown_once(run):
    assert draw(run, [0, 1], ("cam", "cam"), overlay="both").size == draw(run, [0, 1], overlay="a").size


def test_equal_maps_drawn_alike_do_not_differ(run):
    difference = frame(draw(run, [0], overlay="difference", draw="positive", opacity="100"))
    photograph = difference[(difference != difference[0, 0]).any(-1)]
    assert photograph.size == 0 or np.ptp(photograph.astype(int), axis=0).max() <= 6


def test_no_overlay_or_target_shows_the_photograph(run):
    plain = frame(draw(run, [0], overlay="off"))
    np.testing.assert_array_equal(frame(draw(run, [0], target="other")), plain)
    assert (frame(draw(run, [0])) != plain).any()


def test_true_cells_are_flat(run):
    pixels = frame(draw(run, [2], cells="true", opacity="100"))  # a square photograph fills its frame
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) <= 49


def test_a_common_scale_has_one_hottest_picture(run):
    explanation = open_explanation(run)
    maps = np.asarray(explanation.maps("grad_cam"))
    hottest, other = int(maps.max((1, 2)).argmax()), 2
    view = {"opacity": "100", "scale": "common"}
    sources = ("grad_cam", "grad_cam")
    assert frame(draw(run, [other], sources, **view)).sum() < frame(draw(run, [other], sources, opacity="100")).sum()
    assert hottest != other


HOSTILE = ("<img src=x onerror=alert(1)>", "two\nlines\tand a tab", "강아지 🐶", "x" * 5000, "")


@pytest.mark.parametrize("fonts", [pictures.FONTS, ()])
def test_hostile_names_stay_in_their_place(fonts, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "FONTS", fonts)
    pictures.load_font.cache_clear()
    run = open_run(make_run(tmp_path, "hostile", images=10, classes=HOSTILE))
    sheet = draw(run, range(10), overlay="both")
    pictures.load_font.cache_clear()
    assert sheet.size == measure_sheet(10, 2)[:2]
    between = np.asarray(sheet.crop((MARGIN + 2 * FRAME + GAP + 1, HEAD, MARGIN + 2 * FRAME + 3 * GAP, HEAD + 250)))
    assert (between == between[0, 0]).all(), "nothing is written between the tiles"


def test_hangul_is_written_if_a_font_has_it():
    font = pictures.load_font(14)
    if not isinstance(font, ImageFont.FreeTypeFont) or "CJK" not in str(font.path):
        pytest.skip("no font with Hangul is installed")
    assert bytes(font.getmask("강")) != bytes(font.getmask("아")), "letters that are missing all look the same"
