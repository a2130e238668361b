"""Example images for a measure: those with the largest differences from the reference."""

import pandas as pd
import streamlit as st

from camcore.errors import RunError, shell_command
from camcore.presentation.wording import percent
from camcore.verdict.document import VerdictDocument
from dashboard.data.runs import ExplainedRun
from dashboard.data.verdict import pair_images
from dashboard.language import text
from dashboard.url_state import among, forget_if_changed, keep_in_url
from dashboard.widgets import controls, layout, open_image
from dashboard.widgets.grid import show_grid
from dashboard.widgets.wording import measure_title, name_of

PER_PAGE = 6
SIDES = ("better", "worse")
INSTEAD = "energy_in_box"  # stands in for measures without a value per image


def show_examples(explained: ExplainedRun, verdict: VerdictDocument, measure: str, method: str) -> None:
    """Show the images with the largest differences: the reference left, the method right."""
    layout.show_section(text("verdict.examples.title", measure=measure_title(measure)))
    names = {"reference": name_of(verdict.reference), "method": name_of(method)}
    try:
        pair_measure, pairs = _find_pairs(explained, verdict, measure, method)
    except RunError as error:
        layout.show_problem(str(error), explained.path.parent)
        return
    if pairs.empty:
        layout.show_notice(text("verdict.examples.no_values.title"), text("verdict.examples.no_values.body"))
        return
    if not pairs["gain"].any():
        layout.show_notice(text("verdict.examples.same.title"), text("verdict.examples.same.body", **names))
        return
    counts = {"better": int((pairs["gain"] > 0).sum()), "worse": int((pairs["gain"] < 0).sum())}
    counts["same"] = len(pairs) - sum(counts.values())
    st.caption(text("verdict.examples.lead", **names, **counts))
    if pair_measure != measure:
        st.caption(text("verdict.examples.whole", measure=measure_title(measure), instead=measure_title(pair_measure)))
    missing = _without_maps(explained, (verdict.reference, method))
    if missing:
        _offer_maps(explained, missing)
    else:
        _show_pictures(
            explained, verdict, (pair_measure, method), order_images(pairs, _choose_side(pairs, (pair_measure, method)))
        )


def order_images(pairs: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return the images for which the method is better, or worse; the largest difference first."""
    gain = pairs["gain"] if side == "better" else -pairs["gain"]
    return pairs[gain > 0].iloc[(-gain[gain > 0]).argsort(kind="stable")]


def _find_pairs(
    explained: ExplainedRun, verdict: VerdictDocument, measure: str, method: str
) -> tuple[str, pd.DataFrame]:
    """Return the measure, or its stand-in if it has no value per image, and its pairs."""
    pairs = pair_images(explained, verdict, measure, method)
    if pairs.empty and INSTEAD in verdict.measures:
        return INSTEAD, pair_images(explained, verdict, INSTEAD, method)
    return measure, pairs


def _choose_side(pairs: pd.DataFrame, because_of: tuple[str, str]) -> str:
    """Show the choice of a side; a new number starts at the side of its mean."""
    start = SIDES[int(pairs["gain"].mean() < 0)]
    forget_if_changed("side", because_of=hash(because_of))
    key = keep_in_url("side", start, among(SIDES))
    choice = st.segmented_control(
        text("verdict.examples.side"),
        SIDES,
        key=key,
        required=True,
        format_func=lambda side: text(f"verdict.examples.side.{side}"),
        label_visibility="collapsed",
    )
    return choice or start


def _show_pictures(
    explained: ExplainedRun, verdict: VerdictDocument, number: tuple[str, str], ordered: pd.DataFrame
) -> None:
    measure, method = number
    if ordered.empty:
        names = {"reference": name_of(verdict.reference), "method": name_of(method)}
        layout.show_notice(text("verdict.examples.none_here.title"), text("verdict.examples.none_here.body", **names))
        return
    images = ordered["index"].to_numpy(dtype="int64")
    asked = open_image.find_asked(explained, images)
    pictures = st.container()
    page = controls.choose_page(images, (PER_PAGE,), asked)
    rows = ordered.set_index("index").loc[page]
    yes_no = verdict.measures[measure].kind == "yes_no"
    captions = {
        index: _describe(measure, first, second, yes_no)
        for index, first, second in rows[["reference", "method"]].itertuples()
    }
    convention = "literature" if measure == "off_object_literature" else "positive"
    with pictures:
        boxes = "on" if verdict.measures[measure].group != "faithfulness" else "off"
        view = {"overlay": "both", "draw": convention, "boxes": boxes}
        key = f"verdict_grid_{convention}_{boxes}"
        show_grid(explained, captions, images, (verdict.reference, method), key=key, defaults=view)


def _describe(measure: str, reference: float, method: float, yes_no: bool) -> str:
    def write(value: float) -> str:
        return text(f"verdict.examples.{'yes' if value else 'no'}") if yes_no else f"{percent(value)}%"

    return text(
        "verdict.examples.caption", measure=measure_title(measure), first=write(reference), second=write(method)
    )


def _without_maps(explained: ExplainedRun, sources: tuple[str, str]) -> list[str]:
    return [source for source in sources if source not in explained.sources]


def _offer_maps(explained: ExplainedRun, missing: list[str]) -> None:
    path = layout.command_path(explained.path)
    sources = ",".join([*explained.sources, *missing])
    layout.show_notice(
        text("verdict.examples.no_maps.title", source=", ".join(name_of(source) for source in missing)),
        text("verdict.examples.no_maps.body"),
        f"{shell_command('explain', path, '--sources', sources)}\n{shell_command('verdict', path)}",
    )
