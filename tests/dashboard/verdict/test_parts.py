"""Paired differences of the values per image, by hand."""

import numpy as np
import pandas as pd
import pytest

from dashboard.data.runs import read_explained
from dashboard.data.verdict import pair_images, read_verdict
from dashboard.verdict.examples import order_images
from tests.support.synthetic_run import make_run
from tests.support.synthetic_verdict import write_verdict


def test_pairs_by_hand(tmp_path):
    path = make_run(tmp_path, "run", images=40)
    explanation = write_verdict(path)
    rows = {"cam": [0.5, 0.5, 0.5, np.nan], "layer_cam": [0.7, 0.4, 0.5 + 1e-9, 0.9]}
    pd.DataFrame(
        [{"index": i, "source": s, "deletion": v} for s, values in rows.items() for i, v in enumerate(values)]
    ).to_parquet(explanation / "measures.parquet")
    explained = read_explained(path)
    verdict = read_verdict(explained)
    assert verdict is not None
    pairs = pair_images(explained, verdict, "deletion", "layer_cam")
    assert pairs["index"].tolist() == [0, 1, 2]
    assert pairs["gain"].tolist() == pytest.approx([-0.2, 0.1, 0])  # a low deletion is good
    assert order_images(pairs, "better")["index"].tolist() == [1]
    assert order_images(pairs, "worse")["index"].tolist() == [0]
    assert pair_images(explained, verdict, "pxap", "layer_cam").empty
