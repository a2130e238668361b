"""Numbers of images as a CSV file that spreadsheets open as it is meant."""

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
import pandas as pd

from camcore.disagreement import MEASURES, compare, object_cover, off_object_heat
from camcore.drawing import CONVENTIONS, draw
from camcore.generations import Generation
from camcore.geometry import FloatArray
from camcore.heatmaps import parse_source
from camcore.runs import Run

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones are read as the others


def make_image_table(run: Run, generation: Generation, indices: Sequence[int], first: str, second: str) -> pd.DataFrame:
    """Return a row per image, in the order of `indices`; distances are between two sources, the rest is per source.

    Everything is of the predicted class's maps. A share is from 0 to 1, and missing where it does not exist.
    """
    rows = list(indices)
    samples = generation.samples.iloc[rows]
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
            "right": np.where((predicted == label) | (predicted == other), "yes", "no"),
            "objects": samples["boxes"].map(len).to_numpy(),
            "source_a": first,
            "source_b": second,
        }
    )
    a, b = (np.asarray(generation.maps(source)[rows]) for source in (first, second))
    distances = compare(a, parse_source(first).method, b, parse_source(second).method)
    columns = [f"{measure}_{convention}" for measure in MEASURES for convention in CONVENTIONS]
    cover = cache(partial(object_cover, samples, run.config.view.kind))  # one per grid, not per source
    sources = [_describe_source(generation, samples, rows, source, cover) for source in generation.manifest["sources"]]
    return pd.concat([table, distances[columns], *sources], axis=1)


def to_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV: UTF-8 with a byte order mark, without which Excel takes it for another encoding.

    A text that a spreadsheet would run as a formula (first character `=`, `+`, `-`, `@`, tab or line break) gets an
    apostrophe in front, which spreadsheets show as text. Whoever reads the file with a program takes it off again.
    """
    text = table.select_dtypes(["object", "string"]).columns
    guarded = table.assign(**{name: table[name].map(_guard) for name in text})
    return guarded.to_csv(index=False, float_format="%.6g", lineterminator="\r\n").encode("utf-8-sig")


def _describe_source(
    generation: Generation, samples: pd.DataFrame, rows: list[int], source: str, cover: Callable[[int, int], FloatArray]
) -> pd.DataFrame:
    raw = np.asarray(generation.maps(source)[rows])
    method = parse_source(source).method
    columns = {
        f"off_object_{source}_{convention}": off_object_heat(draw(raw, convention, method), cover(*raw.shape[-2:]))
        for convention in CONVENTIONS
    }
    return pd.DataFrame(columns | {f"status_{source}": samples[f"status_{source}"].to_numpy()})


def _guard(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
