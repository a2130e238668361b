"""What does the network look at, image by image?"""

import numpy as np
import streamlit as st

from dashboard import controls, filters, layout, selection
from dashboard.details import show_details
from dashboard.language import text
from dashboard.tiles import show_grid

layout.show_head("gallery")
entry = selection.selected_explained()
with st.grid(5, min_column_width=170, vertical_alignment="bottom"):
    sources = controls.choose_sources(entry)
    values, sort = filters.choose_order(entry, sources)
passes = filters.choose_filters(entry)
found = np.flatnonzero(passes)
ordered = found[np.argsort(values[found], kind="stable")]

with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(text("gallery.count", found=len(found), total=len(passes)))
    filters.show_clear_button()
    st.space("stretch")
    size = controls.choose_page_size()

if len(ordered):
    page = controls.choose_page(len(ordered), size)
    shown = [int(index) for index in ordered[(page - 1) * size : page * size]]
    captions = ["" if sort in ("index", "confidence") else text("gallery.caption", share=abs(values[i])) for i in shown]
    opened = show_grid(entry, shown, sources, captions, key="gallery_grid", defaults={"overlay": "both"})
    if opened is not None:
        show_details(entry, opened, sources)
else:
    layout.show_notice(text("gallery.none.title"), text("gallery.none.body"))
