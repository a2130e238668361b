"""The results of the page Try your own image: the grid, probabilities and downloads."""

from collections.abc import Sequence

from camcore.data.uploaded_image import shorten_name
from camcore.heatmaps.sources import parse_source
from camcore.presentation.grid.tile import ClassShare, Grid, GridSource, Tile
from dashboard.components.heatmap_grid import heatmap_grid
from dashboard.components.own_results import Bar, Panel, own_results
from dashboard.language import text
from dashboard.own_image.downloads import OVERLAY_DEFAULT, SLOTS, PageContent, make_download
from dashboard.own_image.network import Analysis
from dashboard.widgets.wording import source_title

TILE_WIDTH = 264  # px
TOP = 5


def choose_targets(analysis: Analysis, chosen_label: int | None) -> dict[str, int]:
    """Return the classes to explain, by target: the chosen one, or the two most probable."""
    if chosen_label is not None:
        return {"chosen": chosen_label}
    return dict(zip(("predicted", "runner_up"), analysis.ranking, strict=False))


def show_pictures(content: PageContent, display: dict[str, str]) -> None:
    """Show the grid of pictures with the maps of both sources."""
    first, second = (
        GridSource(source, source_title(source), parse_source(source).method) for source in content.sources
    )
    grid = Grid(
        [_make_tile(content, index, name) for index, name in enumerate(content.analyses)],
        first,
        second if first != second else None,
        display=display,
        defaults=OVERLAY_DEFAULT,
        tile_width=TILE_WIDTH,
    )
    heatmap_grid(grid, "own_image_grid")


def show_classes(content: PageContent) -> None:
    """Show each picture's most probable classes and downloads."""
    chosen_label = next((targets["chosen"] for targets in content.targets.values() if "chosen" in targets), None)
    downloads = [("png", text("own_image.download.png"))]
    for slot, source in zip(SLOTS, dict.fromkeys(content.sources), strict=False):
        downloads.append((slot, text("own_image.download.npy", source=source_title(source))))
    own_results(
        [
            Panel(name, shorten_name(analysis.name), _make_bars(analysis, content.class_names, chosen_label))
            for name, analysis in content.analyses.items()
        ],
        downloads,
        (text("own_image.download"), text("own_image.classes.title")),
        key="own_image_results",
        make_file=lambda picture, wanted, parameters: make_download(content, picture, wanted, parameters),
    )


def write_share(share: float) -> str:
    """Return a probability in per cent with one digit, never rounded to 0 or 100."""
    if 0 < share < 0.001:
        return "< 0.1%"
    return "> 99.9%" if 0.999 < share < 1 else f"{share:.1%}"


def _make_tile(content: PageContent, index: int, name: str) -> Tile:
    analysis, targets = content.analyses[name], content.targets[name]
    image, best = analysis.image, analysis.ranking[0]
    caption = shorten_name(analysis.name)
    if "chosen" in targets:
        label = targets["chosen"]
        share = write_share(float(analysis.probabilities[label]))
        caption = text("own_image.caption.class", name=caption, label=content.class_names[label], share=share)
    return Tile(
        id=name,
        index=index,
        image=analysis.encoded,
        width=image.width,
        height=image.height,
        label=None,
        predicted=content.class_names[best],
        correct=None,
        confidence=float(analysis.probabilities[best]),
        seen=image.view_box,
        caption=caption,
        maps={
            slot: {target: analysis.maps[source, label] for target, label in targets.items()}
            for slot, source in zip(SLOTS, content.sources, strict=True)
        },
        path=analysis.name,
        top=[
            ClassShare(content.class_names[label], float(analysis.probabilities[label]), False)
            for label in analysis.ranking[:TOP]
        ],
    )


def _make_bars(analysis: Analysis, class_names: Sequence[str], chosen_label: int | None) -> list[Bar]:
    ranking = analysis.ranking
    listed = ranking[:TOP] + ([chosen_label] if chosen_label is not None and chosen_label not in ranking[:TOP] else [])
    return [
        Bar(
            class_names[label],
            float(analysis.probabilities[label]),
            write_share(float(analysis.probabilities[label])),
            text("own_image.other_class", place=ranking.index(label) + 1, count=len(ranking))
            if label not in ranking[:TOP]
            else "",
            label == chosen_label,
        )
        for label in listed
    ]
