"""What does the network look at, image by image?"""

import numpy as np
import streamlit as st

from dashboard import controls, downloads, filter_chips, filters, layout, order, selection
from dashboard.details import show_details
from dashboard.language import text
from dashboard.tiles import show_grid

VIEW = {"overlay": "both"}

layout.show_head("gallery")
entry = selection.selected_explained()
like = order.choose_like(entry)
with st.grid(5, min_column_width=150):
    sources = controls.choose_sources(entry)
    values, sort = order.choose_order(entry, sources, like)
bar = st.container(horizontal=True, vertical_alignment="center")
with bar:
    passes, chosen = filters.choose_filters(entry, sources)
    found = np.flatnonzero(passes)
    st.markdown(text("gallery.count", found=len(found), total=len(passes)), width="content")
filter_chips.show_chips(chosen, sources, like)
ordered = found[np.argsort(values[found], kind="stable")]

if len(ordered):
    pictures = st.container()
    shown = controls.choose_page(ordered, controls.PAGE_SIZES)
    captions = [order.describe(sort, values[index]) for index in shown]
    with bar:
        downloads.show_downloads(entry, ordered.tolist(), shown, sources, VIEW)
    with pictures:
        opened = show_grid(entry, shown, sources, captions, key="gallery_grid", defaults=VIEW)
    if opened is not None:
        show_details(entry, opened, sources)
else:
    layout.show_notice(text("gallery.none.title"), text("gallery.none.body"))
