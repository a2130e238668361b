"""A small app around the heatmap grid, for browser tests, which import its tiles too."""

import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from camcore.geometry import view_box
from camcore.presentation.grid.tile import Grid, GridBox, GridSource, LargeView, Tile
from dashboard.components.heatmap_grid import heatmap_grid

CAM = GridSource("cam", "CAM", "cam")
GRAD_CAM = GridSource("grad_cam", "Grad-CAM", "grad_cam")
MARKUP = "<img src=x onerror=alert(1)>"


def make_map(seed: int, side: int = 7) -> NDArray[np.float32]:
    """Return a signed map (side, side)."""
    return np.random.default_rng(seed).normal(0.4, 1, (side, side)).astype(np.float32)


def make_tile(index: int) -> Tile:
    """Return a tile. Number 8 has markup as its name, number 9 nothing to draw."""
    width, height = ((200, 150), (150, 200))[index % 2]
    wave = np.add.outer(np.arange(height), np.arange(width)) * (index + 3) % 256
    picture = Image.fromarray(np.stack([wave, wave[::-1], 255 - wave], axis=-1).astype(np.uint8))
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", lossless=True)
    first, second = make_map(index), make_map(index + 100, 14)
    maps = {"a": {"predicted": first, "true": -first}, "b": {"predicted": second, "true": -second}}
    if index == 9:
        maps = {"a": {"predicted": -np.abs(first)}, "b": {"predicted": np.full_like(second, np.nan)}}
    return Tile(
        id=f"image-{index}",
        index=10 + index,
        image=encoded.getvalue(),
        width=width,
        height=height,
        label="Beagle",
        predicted=MARKUP if index == 8 else "Beagle",
        correct=index != 8,
        confidence=0.905,
        seen=view_box("center-crop", width, height),
        caption=f"caption {index}",
        boxes=[GridBox(20, 20, 120, 120, "Beagle"), GridBox(5, 5, 60, 60, MARKUP, is_target=False)],
        maps=maps,
    )


def show_gallery() -> None:
    """The page with the grid, and widgets that make Streamlit write the address."""
    count = st.slider("Count", 1, 10, 10, key="count", bind="query-params")
    if st.button("Write a parameter"):
        st.query_params["sort"] = "worst"
    if st.button("Leave"):
        st.switch_page(OTHER)
    large = LargeView(first=5, total=count + 10)
    grid = Grid([make_tile(index) for index in range(count)], CAM, GRAD_CAM, st.query_params.to_dict(), large=large)
    heatmap_grid(grid, "grid", on_step=lambda index, by: st.session_state.update(stepped=(index, by)))
    st.text(f"stepped {st.session_state.get('stepped')}, showing {count}")


def show_other() -> None:
    """A page without a grid."""
    st.text("the other page")


if __name__ == "__main__":
    OTHER = st.Page(show_other, title="Other")
    st.navigation([st.Page(show_gallery, title="Gallery", default=True), OTHER]).run()
