"""Code in foreign run folders and checkpoints never runs. Weights: `test_weights.py`."""

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from camcore.errors import CamcoreError, RunError
from camcore.explained.explanation import open_explanation
from camcore.runs.run import Run, open_run
from camcore.workflows import train
from tests.support.command_line import CPU
from tests.support.pickle_payload import Trap


def test_a_trap_runs_if_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(tmp_path / "trace")))  # noqa: S301 - what the others must not do
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("file", ["cam", "logits", "targets", "pooled", "thumbnails"])
def test_an_array_of_objects_is_damage(file: str, old_run: Run, tmp_path: Path) -> None:
    explanation = open_explanation(old_run)
    np.save(explanation.path / f"{file}.npy", np.array([Trap(tmp_path / "trace")] * 6), allow_pickle=True)
    with pytest.raises(RunError, match=rf"{file}\.npy is damaged"):
        open_explanation(open_run(old_run.path)).read_all()
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", ["arrow.py_extension_type", "pandas.object", "camcore.unknown"])
def test_a_table_with_an_own_type_is_read_as_stored(name: str, old_run: Run, tmp_path: Path) -> None:
    path = open_explanation(old_run).path / "samples.parquet"
    table = parquet.read_table(path)
    marks = {
        b"ARROW:extension:name": name.encode(),
        b"ARROW:extension:metadata": pickle.dumps(Trap(tmp_path / "trace")),
    }
    place = table.schema.get_field_index("id")
    parquet.write_table(table.set_column(place, pa.field("id", table["id"].type, metadata=marks), table["id"]), path)
    stored = parquet.ParquetFile(path).schema_arrow.field("id")
    assert stored.metadata[b"ARROW:extension:name"] == name.encode(), "the mark is in the file"
    assert open_explanation(open_run(old_run.path)).samples["id"].tolist() == table["id"].to_pylist()
    assert not (tmp_path / "trace").exists()


def test_resume_runs_no_code_from_the_state(
    own_run: Run, tiny_folder: Path, tmp_path: Path, single_thread: None
) -> None:
    own_run.resume_path.mkdir()
    torch.save({"model": Trap(tmp_path / "trace")}, own_run.state_path)
    with pytest.raises(CamcoreError, match=r"state\.pt"):
        train.resume_run(own_run.path, CPU)
    assert not (tmp_path / "trace").exists()
