"""Train a CNN, store its CAM-family heatmaps, and compare them."""
