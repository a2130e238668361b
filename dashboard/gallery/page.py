"""Page: images with their heatmaps, filtered and sorted."""

import numpy as np
import streamlit as st

from dashboard.gallery import downloads, filter_chips, filters, order
from dashboard.language import text
from dashboard.widgets import controls, layout, open_image, run_choice
from dashboard.widgets.grid import show_grid

VIEW = {"overlay": "both"}

layout.show_head("gallery")
explained = run_choice.selected_explained()
like = order.choose_like(explained)
with st.grid(5, min_column_width=150):
    sources = controls.choose_sources(explained)
    values, sort = order.choose_order(explained, sources, like)
bar = st.container(horizontal=True, vertical_alignment="center")
with bar:
    passes, filter_values = filters.choose_filters(explained, sources)
    indices = np.flatnonzero(passes)
    st.markdown(text("gallery.count", found=len(indices), total=len(passes)), width="content")
filter_chips.show_chips(filter_values, sources, like)
ordered = indices[np.argsort(values[indices], kind="stable")]

asked = open_image.find_asked(explained, ordered)
if len(ordered):
    pictures = st.container()
    page = controls.choose_page(ordered, controls.PAGE_SIZES, asked)
    captions = {index: order.describe(sort, values[index]) for index in page}
    with bar:
        downloads.show_downloads(explained, ordered, page, sources, VIEW)
    with pictures:
        show_grid(explained, captions, ordered, sources, key="gallery_grid", defaults=VIEW)
else:
    layout.show_notice(text("gallery.none.title"), text("gallery.none.body"))
