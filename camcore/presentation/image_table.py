"""Numbers per image as a CSV file that spreadsheets open correctly."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from io import BytesIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from camcore.explained.explanation import Explanation, is_correct
from camcore.explained.queries import rows_at_once
from camcore.geometry import FloatArray
from camcore.heatmaps.drawing import CONVENTIONS, draw, keep_measured
from camcore.heatmaps.sources import parse_source
from camcore.measures.disagreement import MEASURES, compare
from camcore.measures.localization import count_boxes, object_cover, off_object_heat
from camcore.runs.run import Run

ROWS_AT_ONCE = 10_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width characters count too


def write_csv(run: Run, explanation: Explanation, indices: NDArray[np.intp], first: str, second: str) -> bytes:
    """Return the table of images as CSV, made in parts. A million rows take a quarter of a GB."""
    stream = BytesIO()
    size = rows_at_once(explanation, ROWS_AT_ONCE)
    for start in range(0, len(indices), size):
        rows = indices[start : start + size].tolist()
        table = make_image_table(run, explanation, rows, first, second)
        stream.write(to_csv(table, head=not start))
    return stream.getvalue()


def make_image_table(
    run: Run, explanation: Explanation, indices: Sequence[int], first: str, second: str
) -> pd.DataFrame:
    """Return a row per image, in the order of `indices`. Distances are between two sources, other values per source.

    All values are of the predicted class's maps. Shares are from 0 to 1; those that do not exist are missing.
    """
    rows = list(indices)
    samples = explanation.samples.iloc[rows]
    names = np.array(run.class_names, dtype=object)
    label, predicted = samples["label"].to_numpy(), samples["predicted"].to_numpy()
    other = samples["other_label"].to_numpy()
    table = pd.DataFrame(
        {
            "id": samples["id"].to_numpy(),
            "path": samples["path"].to_numpy(),
            "true_class": names[label],
            "second_class": np.where(other >= 0, names[other], ""),
            "predicted_class": names[predicted],
            "confidence": samples["confidence"].to_numpy(),
            "right": np.where(is_correct(samples), "yes", "no"),
            "objects": count_boxes(samples["boxes"]),
            "source_a": first,
            "source_b": second,
        }
    )
    a, b = (np.asarray(explanation.maps(source)[rows]) for source in (first, second))
    distances = compare(a, parse_source(first).method, b, parse_source(second).method)
    columns = [f"{measure}_{convention}" for measure in MEASURES for convention in CONVENTIONS]
    cover = cache(partial(object_cover, samples, run.config.view.kind))  # one per grid, not per source
    sources = [_describe_source(explanation, samples, rows, source, cover) for source in explanation.manifest.sources]
    return pd.concat([table, distances[columns], *sources], axis=1)


def to_csv(table: pd.DataFrame, head: bool = True) -> bytes:
    """Return a table as CSV: UTF-8 with a byte order mark, which Excel needs.

    Without `head` it is what follows on a table of the same columns: no mark, and no names.

    A text that a spreadsheet would run as a formula (first character `=`, `+`, `-`, `@`, tab or line break) gets an
    apostrophe in front, which spreadsheets show as text. Whoever reads the file with a program takes it off again.
    """
    names = table.select_dtypes(["object", "string"]).columns
    guarded = table.assign(**{name: table[name].map(_guard) for name in names})
    text = guarded.to_csv(index=False, header=head, float_format="%.6g", lineterminator="\r\n")
    return text.encode("utf-8-sig" if head else "utf-8")


def _describe_source(
    explanation: Explanation,
    samples: pd.DataFrame,
    rows: list[int],
    source: str,
    cover: Callable[[int, int], FloatArray],
) -> pd.DataFrame:
    raw = keep_measured(explanation.maps(source)[rows])
    method = parse_source(source).method
    columns = {
        f"off_object_{source}_{convention}": off_object_heat(draw(raw, convention, method), cover(*raw.shape[-2:]))
        for convention in CONVENTIONS
    }
    return pd.DataFrame(columns | {f"status_{source}": samples[f"status_{source}"].to_numpy()})


def _guard(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
