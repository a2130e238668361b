"""People at once: none of them sees an error, and nobody is kept when they have gone."""

import re
import urllib.request
from pathlib import Path

import pytest
from dashboard_server import APP, serve
from own_pictures import copy_run
from people import OFFERED, describe, quantile, visit_all
from synthetic_run import make_run
from synthetic_verdict import write_verdict
from visitor import run_apart


def count_sessions(url: str) -> int:
    with urllib.request.urlopen(f"{url}/_stcore/metrics?families=active_sessions", timeout=30) as answer:
        return int(float(re.findall(r"^active_sessions\S* (\S+)$", answer.read().decode(), re.MULTILINE)[0]))


@pytest.mark.parametrize(
    "people, seconds, thinking",
    [(6, 12, 0.15), pytest.param(25, 600, 1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
)
def test_many_people_see_no_error(people: int, seconds: float, thinking: float, trained_run, tmp_path: Path) -> None:
    write_verdict(make_run(tmp_path / "runs", "made", images=200))
    make_run(tmp_path / "runs", "other", images=40, seed=1)
    copy_run(trained_run, tmp_path / "runs" / "tiny")
    with serve(APP, tmp_path / "runs") as url:
        log = run_apart(visit_all(url, people, seconds, 0, ["made", "made", "other"], "tiny", thinking))
        sessions = count_sessions(url)
    print(describe(log))
    assert log.errors == []
    assert log.sessions >= people and sessions == 0
    kinds = {kind for offered in OFFERED.values() for kind in offered}
    assert len(kinds & set(log.seconds)) >= len(kinds) - 3, f"people did too little: {sorted(log.seconds)}"
    if people == 25:
        assert quantile(log.of_pages(), 0.95) <= 1.5
