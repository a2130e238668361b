"""Caches follow their files, compute once, share results, and keep their limits."""

import gc
import json
import os
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save

from camcore.errors import RunError
from camcore.runs.run import open_run
from dashboard.data import caching, histories, runs
from dashboard.data.caching import FileCache, cached_by_size
from tests.support.synthetic_run import make_run, write_history

OLD = 10**9  # s since 1970
ROOM = 1000  # bytes
RUN = SimpleNamespace(key=("run", "1"))


def age(folder: Path) -> None:
    """Make everything in a folder look old; the time of the last change of state stays."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (OLD, OLD), follow_symlinks=False)


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Treat recently changed files as settled, so that tests need not wait."""
    monkeypatch.setattr("dashboard.data.caching.SETTLED_NS", 0)


@pytest.fixture
def reads(monkeypatch) -> list[Path]:
    """The runs opened from their files, in order."""
    opened: list[Path] = []
    monkeypatch.setattr(runs, "open_run", lambda path: opened.append(path) or open_run(path))
    return opened


def test_a_run_is_read_once_for_all_clicks(tmp_path, reads):
    for number in range(5):
        make_run(tmp_path, str(number), images=4, explained=number % 2 > 0)
    time.sleep(0.02)
    first = runs.list_entries(tmp_path)
    assert [runs.list_entries(tmp_path) for _ in range(4)] == [first] * 4
    assert len(reads) == 5


def change_configuration(run: Path) -> None:
    document = json.loads((run / "run.json").read_text(encoding="utf-8"))
    document["config"]["train"]["epochs"] = 99
    (run / "run.json").write_text(json.dumps(document), encoding="utf-8")


def replace_quietly(run: Path) -> None:
    """Replace `run.json` by a file of the same size and times."""
    path, before = run / "run.json", (run / "run.json").stat()
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace('"epochs": 12', '"epochs": 13'), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def explain(run: Path) -> None:
    other = make_run(run.parents[1] / "elsewhere", "made", images=8)
    shutil.rmtree(run / "explained")
    shutil.move(other / "explained", run / "explained")


def link_out(run: Path) -> None:
    (map_file,) = run.glob("explained/*/cam.npy")
    shutil.move(map_file, run.parents[1] / "cam.npy")
    map_file.symlink_to(run.parents[1] / "cam.npy")


CHANGES = {
    "configuration": change_configuration,
    "the same size and time": replace_quietly,
    "explained again": explain,
    "a link out": link_out,
    "no manifest": lambda run: next(run.glob("explained/*/manifest.json")).unlink(),
    "damaged manifest": lambda run: next(run.glob("explained/*/manifest.json")).write_text("{"),
    "list of sums": lambda run: (run / "SHA256SUMS").write_text("nonsense"),
    "no run.json": lambda run: (run / "run.json").unlink(),
    "no run": shutil.rmtree,
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_files_are_read_again(change, tmp_path, reads):
    run = make_run(tmp_path / "runs", "run", images=4)
    age(run)
    time.sleep(0.02)
    before = runs.read_entry(run)
    assert runs.read_entry(run) == before and len(reads) == 1
    CHANGES[change](run)
    now = runs.read_entry(run)
    assert now == runs._read_entry(run)
    assert now != before


def test_what_was_changed_just_now_is_not_kept(tmp_path, reads, monkeypatch):
    monkeypatch.setattr("dashboard.data.caching.SETTLED_NS", 60 * 10**9)
    run = make_run(tmp_path, "run", images=4)
    for _ in range(3):
        runs.read_entry(run)
    assert len(reads) == 3, "a second change within the same tick of the clock would not be seen"


def test_a_run_with_a_link_is_looked_at_each_time(tmp_path, reads):
    run = make_run(tmp_path, "run", images=4)
    (tmp_path / "again").symlink_to(run)
    time.sleep(0.02)
    for _ in range(3):
        runs.read_entry(tmp_path / "again")
    assert len(reads) == 3, "what it leads to may change without it"


def test_sessions_do_not_keep_what_another_has_read_of_the_maps(tmp_path):
    run = make_run(tmp_path, "run", images=4)
    time.sleep(0.02)
    first = runs.read_entry(run).explanation
    assert first is not None and len(first.samples) == 4
    again = runs.read_entry(run).explanation
    assert again is not None and "samples" not in vars(again)


def test_the_history_and_the_kept_weights_are_those_of_now(tmp_path):
    run = open_run(make_run(tmp_path, "run", explained=False, finished=False, epochs=2))
    time.sleep(0.02)
    entry = runs.read_entry(run.path)
    for epochs in (2, 3, 5):
        write_history(run, epochs)
        time.sleep(0.02)
        assert len(histories.read_history(entry)) == epochs
        assert histories.read_history(entry) is histories.read_history(entry)
        assert histories.read_kept_row(run) is None
    run.weights_path.write_bytes(save({}, {"epoch": "4"}))
    run.resume_path.rmdir()
    row = histories.read_kept_row(run)
    assert row is not None and (row["epoch"], histories.read_kept_epoch(run)) == (4, 4)
    (run.path / "history.csv").write_text("cut", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RunError, match=r"history\.csv is damaged"):
            histories.read_history(entry)


def test_the_cache_keeps_its_limit(tmp_path):
    cache: FileCache[int, int] = FileCache(most=3)
    (tmp_path / "file").touch()
    time.sleep(0.02)
    for number in range(10):
        assert cache.get(number, lambda: [tmp_path / "file"], lambda number=number: number) == number
    assert list(cache._values) == [7, 8, 9]
    assert cache.get(9, list, lambda: 0) == 9
    assert cache.get(7, list, lambda: 0) == 7


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give functions decorated in this test an empty cache of `ROOM` bytes."""
    monkeypatch.setattr(caching, "_results", caching.new_cache(ROOM))


def counted(size: int = 100):
    """Return a cached function with results of a size in bytes, and its computed arguments."""
    computed: list[int] = []

    @cached_by_size
    def measure(run, number: int) -> np.ndarray:
        computed.append(number)
        return np.full(size // 8, number, dtype=float)

    return measure, computed


def test_a_result_is_computed_once_and_shared(room):
    measure, computed = counted()
    assert measure(RUN, 3) is measure(RUN, 3)
    assert measure(RUN, 4)[0] == 4
    assert computed == [3, 4]


def test_another_state_of_a_run_has_other_results(room):
    measure, computed = counted()
    measure(RUN, 3)
    measure(SimpleNamespace(key=("run", "2")), 3)
    assert computed == [3, 3]


def test_two_functions_have_separate_results(room):
    measure, _ = counted()
    other, computed = counted()
    assert measure(RUN, 3) is not other(RUN, 3)
    assert computed == [3]


def test_a_cached_result_does_not_keep_the_run_it_is_of(room):
    measure, _ = counted()
    run = SimpleNamespace(key=("run", "1"))
    measure(run, 3)
    assert not [referrer for referrer in gc.get_referrers(run) if isinstance(referrer, tuple)]


def test_the_results_used_last_stay_as_far_as_they_fit(room):
    measure, computed = counted(size=400)
    for number in (1, 2, 1, 3):  # the third one takes the room of 2, which was not asked for since
        measure(RUN, number)
    assert computed == [1, 2, 3]
    measure(RUN, 1)
    assert computed == [1, 2, 3]
    measure(RUN, 2)
    assert computed == [1, 2, 3, 2]


def test_any_number_of_results_takes_no_more_than_the_room(room):
    measure, _ = counted(size=96)
    for number in range(500):
        measure(RUN, number)
        assert caching._results.currsize <= ROOM
    assert len(caching._results) == ROOM // 96


def test_a_result_larger_than_the_room_is_cached_alone(room):
    measure, computed = counted(size=2 * ROOM)
    assert measure(RUN, 1) is measure(RUN, 1)
    measure(RUN, 2)
    assert len(caching._results) == 1
    measure(RUN, 1)
    assert computed == [1, 2, 1]


def test_tables_are_measured_with_the_texts_in_them():
    texts = pd.DataFrame({"id": ["a" * 100] * 50, "n": np.arange(50)})
    assert caching.size_of(texts) >= 5000 + 400
    assert caching.size_of(texts["id"]) >= 5000
    assert caching.size_of(b"a" * 100) >= 100


def test_concurrent_sessions_share_one_computation(room):
    computed = []

    @cached_by_size
    def measure(run, number: int) -> np.ndarray:
        computed.append(number)
        time.sleep(0.05)
        return np.zeros(1)

    threads = [threading.Thread(target=measure, args=(RUN, 7)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert computed == [7]


def test_an_error_is_not_cached(room):
    fails = [True]

    @cached_by_size
    def measure(run) -> np.ndarray:
        if fails.pop():
            raise ValueError("not yet")
        return np.ones(1)

    with pytest.raises(ValueError, match="not yet"):
        measure(RUN)
    fails.append(False)
    assert measure(RUN)[0] == 1
