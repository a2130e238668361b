"""What does the network look at, image by image?"""

import numpy as np
import streamlit as st

from dashboard import controls, filters, layout, open_image, selection
from dashboard.language import text
from dashboard.tiles import show_grid

layout.show_head("gallery")
entry = selection.selected_explained()
with st.grid(5, min_column_width=150):
    sources = controls.choose_sources(entry)
    values, sort = filters.choose_order(entry, sources)
with st.container(horizontal=True, vertical_alignment="center"):
    passes = filters.choose_filters(entry)
    found = np.flatnonzero(passes)
    st.markdown(text("gallery.count", found=len(found), total=len(passes)), width="content")
ordered = found[np.argsort(values[found], kind="stable")]

if len(ordered):
    asked = open_image.find_asked(entry, ordered)
    pictures = st.container()
    shown = controls.choose_page(ordered, controls.PAGE_SIZES, asked)
    captions = [filters.describe(sort, values[index]) for index in shown]
    with pictures:
        show_grid(entry, shown, ordered, sources, captions, key="gallery_grid", defaults={"overlay": "both"})
else:
    layout.show_notice(text("gallery.none.title"), text("gallery.none.body"))
