"""The names of the gallery's filters, and a link to similar images."""

from dashboard.data.measures import load_samples
from dashboard.data.runs import ExplainedRun
from dashboard.url_state import leave_for

GALLERY = "gallery"
NAMES = (
    "search",
    "class",
    "predicted",
    "objects",
    "confidence",
    "disagreement",
    "off_object",
    "status_a",
    "status_b",
    "result",
)
REFINEMENTS = ("disagreement_by", "off_object_of", "filter_as")  # refine two of the ranges
ALL_NAMES = (*NAMES, *REFINEMENTS, "page")  # reset when the filters are cleared


def show_like(explained: ExplainedRun, index: int) -> None:
    """End this run of the script and open the gallery, sorted by similarity to an image."""
    sample_id = load_samples(explained)["id"].iloc[index]
    leave_for(GALLERY, {"run": explained.name, "like": sample_id}, forget=("sort", "page"))
