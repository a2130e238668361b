"""What the grid says of pictures without a label, in Korean."""

OWN_IMAGE_GRID_STRINGS = {
    "target_chosen": "선택한 클래스",
    "tile_unlabelled": "예측: {predicted}, {percent}%.",
}
