"""A place that can't be written to is refused before the work begins."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from camcore.errors import CamcoreError
from camcore.system import locks
from camcore.system.locks import only_writer


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_place_without_files_is_not_called_locked() -> None:
    with pytest.raises(CamcoreError) as caught, only_writer(Path("/proc/foo")):
        pytest.fail("the work began")
    assert str(caught.value).startswith("Could not write to /proc: ")
    assert "another process" not in str(caught.value)


@pytest.mark.parametrize("part", ["", "explained", "resume"])
def test_a_read_only_run_is_refused_before_the_work(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    (run / part).mkdir(parents=True)

    def make_file(dir: Path) -> Any:
        if dir == run / part:
            raise PermissionError(13, "Permission denied")
        return tempfile.TemporaryFile(dir=dir)

    monkeypatch.setattr(locks, "TemporaryFile", make_file)
    with pytest.raises(CamcoreError) as caught, only_writer(run):
        pytest.fail("the work began")
    assert str(caught.value) == (
        f"Could not write to {run / part}: Permission denied. Nothing was changed; name another place."
    )
    monkeypatch.undo()
    with only_writer(run):
        assert not [child for child in run.rglob("*") if child.is_file()], "the attempt leaves nothing"
