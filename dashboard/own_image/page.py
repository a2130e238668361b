"""Page: what the network sees in pictures that the user uploads."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from markupsafe import Markup

from camcore.runs.run import Run
from camcore.system.names import natural_key, nfc
from dashboard.language import text
from dashboard.own_image import network
from dashboard.own_image.downloads import PageContent
from dashboard.own_image.queue import OnWait
from dashboard.own_image.results import choose_targets, show_classes, show_pictures
from dashboard.own_image.uploads import choose_uploads
from dashboard.settings import PICTURES_AT_ONCE
from dashboard.url_state import among, keep_in_url
from dashboard.widgets import controls, layout, run_choice


def show_empty(run: Run) -> None:
    """Show what the page does and which classes the network knows."""
    layout.show_notice(text("own_image.empty.title"), text("own_image.empty.body"))
    few = sorted(run.class_names, key=natural_key)[:12]
    names = ", ".join(few) + (", …" if len(few) < len(run.class_names) else "")
    classes = text("own_image.empty.classes", count=len(run.class_names), names=names)
    st.html(Markup('<p class="cc-quiet">{}</p>').format(classes))


def choose_class(run: Run) -> int | None:
    """Show the choice of the class to explain; None for each picture's predicted class."""
    options = ["", *sorted(run.class_names, key=natural_key)]
    key = keep_in_url("explains", "", among(options))
    name = st.selectbox(
        text("own_image.class"),
        options,
        key=key,
        format_func=lambda name: nfc(name) or text("own_image.class.own"),
    )
    return run.class_names.index(name) if name else None


@contextmanager
def working() -> Iterator[OnWait]:
    """Show that the visitor waits, and at which place in the queue, while the block runs."""
    notice = st.empty()

    def tell(place: int, seconds: int) -> None:
        notice.info(text("own_image.line", place=place, seconds=seconds), icon=":material/hourglass_top:")

    with st.spinner(text("own_image.working")):
        yield tell
    notice.empty()


def show_results(run: Run, analyses: dict[str, network.Analysis]) -> None:
    """Show pictures, classes and downloads."""
    with st.grid(3, min_column_width=150):
        sources = controls.choose_among(network.list_sources(list(analyses.values())))
        chosen_label = choose_class(run)
    targets = {name: choose_targets(analysis, chosen_label) for name, analysis in analyses.items()}
    with working() as tell:
        for name, analysis in analyses.items():
            network.find_maps(run, analysis, sources, list(targets[name].values()), tell)
    content = PageContent(analyses, sources, targets, run.class_names)
    show_pictures(content, st.query_params.to_dict())
    layout.show_section(text("own_image.classes.title"), text("own_image.classes.lead"))
    show_classes(content)


layout.show_head("own_image")
run_choice.say_blank(run_choice.selected())
trained = run_choice.selected_with_weights()
uploads = choose_uploads()
if uploads:
    with working() as tell:
        analysed, refused = network.analyse(trained, uploads, PICTURES_AT_ONCE, tell)
    waiting = len(uploads) - len(analysed) - len(refused)
    if waiting:
        st.caption(text("own_image.too_many", most=PICTURES_AT_ONCE, count=waiting))
    if refused:
        layout.show_refusals(text("own_image.refused.title"), refused)
    if analysed:
        show_results(trained, analysed)
else:
    network.forget()  # all pictures were removed
    show_empty(trained)
