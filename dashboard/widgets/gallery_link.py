"""Links into the gallery: the names of its filters, and the way to images like one."""

from dashboard.data.measures import load_samples
from dashboard.data.runs import ExplainedRun
from dashboard.url_state import leave_for

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
REFINEMENTS = ("disagreement_by", "off_object_of", "filter_as")  # what two of the ranges are ranges of
ALL_NAMES = (*NAMES, *REFINEMENTS, "page")  # what is reset when the filters are cleared


GALLERY = "gallery"


def show_like(explained: ExplainedRun, index: int) -> None:
    """End this run of the script and show the gallery's images by likeness to one of them."""
    sample_id = load_samples(explained)["id"].iloc[index]
    leave_for(GALLERY, {"run": explained.name, "like": sample_id}, forget=("sort", "page"))
