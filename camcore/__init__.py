"""Train a CNN, store its CAM-family heatmaps, and compare them."""

__version__ = "0.1.0"
