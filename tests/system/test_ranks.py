"""Ranks: shares, files, common decisions, and one report at the end."""

from pathlib import Path

import pytest

from camcore.runs.run import Run
from camcore.system.ranks import Ranks, current_rank, mute_followers, written_by_first
from tests.support.torchrun import Forks, become_rank

COUNTS = pytest.mark.parametrize("count", [1, 2, 3, 8])


@COUNTS
def test_shares_follow_one_another_and_differ_by_one_at_most(count: int) -> None:
    for total in range(40):
        shares = [Ranks(rank, count).share(total) for rank in range(count)]
        assert [index for share in shares for index in share] == list(range(total))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_without_torchrun_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    become_rank(1, 2, monkeypatch)
    assert current_rank() == Ranks(1, 2, 1, 2)
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")
    assert current_rank() == Ranks()
    assert current_rank().is_only
    assert current_rank().is_first


TOGETHER = """
import torch
from camcore.system.collectives import local_first, from_first, gather, init_ranks, reduce_any, reduce_sums
from camcore.system.ranks import current_rank

assert not torch.distributed.is_initialized()
init_ranks()
init_ranks()
assert reduce_sums(rank, 1) == [1, 2]
assert reduce_any(rank == 1)
assert not reduce_any(False)
assert gather({"rank": rank}) == [{"rank": 0}, {"rank": 1}]
assert from_first(lambda: ["decided", rank]) == ["decided", 0]
from pathlib import Path
with local_first():
    assert PLACE.exists() == bool(rank)
    PLACE.touch()
"""


def test_rank_0_alone_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    write = written_by_first(lambda: calls.append(current_rank().rank))
    write()
    for rank in (0, 1):
        become_rank(rank, 2, monkeypatch)
        write()
    assert calls == [0, 0]


OTHER_ERRORS = """
from camcore.system.collectives import init_ranks, translate_lost_ranks

init_ranks()
try:
    with translate_lost_ranks():
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
except RuntimeError as error:
    assert type(error) is RuntimeError
"""


def test_other_errors_of_torch_are_not_a_lost_rank(forks: Forks) -> None:
    for outcome in forks.run(source=OTHER_ERRORS):
        assert outcome.status == 0, outcome.output


def test_what_ranks_do_together(forks: Forks, tmp_path: Path) -> None:
    for outcome in forks.run(source=f"from pathlib import Path\nPLACE = Path({str(tmp_path / 'first')!r})\n{TOGETHER}"):
        assert outcome.status == 0, outcome.output


def test_a_process_that_is_alone_never_meets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch.distributed as dist

    from camcore.system.collectives import from_first, gather, init_ranks, may_report, reduce_sums

    monkeypatch.setattr(dist, "init_process_group", lambda *_, **__: pytest.fail("there is nobody to meet"))
    init_ranks()
    assert not dist.is_initialized()
    assert gather(1) == [1]
    assert from_first(lambda: 2) == 2
    assert reduce_sums(0.5, 2) == [0.5, 2]
    assert may_report()


def test_ranks_share_the_cores_of_their_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    from camcore.system import environment

    monkeypatch.setattr(environment, "_count_allowed", lambda: 7)
    for count, cores in ((1, 7), (2, 3), (8, 1)):
        become_rank(0, count, monkeypatch)
        assert environment.count_cores() == cores
    assert environment.describe_environment()["cores"] == 7
    assert environment.describe_environment()["ranks"] == 8


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("explain", "nowhere"), 1, "Error: There is no run at nowhere. `camcore runs` lists what is there.\n"),
        (
            ("runs",),
            1,
            "Error: camcore runs is the work of one process. Leave out torchrun; it is for train and explain.\n",
        ),
        (
            ("verdict", "nowhere"),
            1,
            "Error: camcore verdict is the work of one process. Leave out torchrun; it is for train and explain.\n",
        ),
        (
            ("demo",),
            1,
            "Error: camcore demo is the work of one process. Leave out torchrun; it is for train and explain.\n",
        ),
        (("explain", "RUN", "--precision", "rough"), 2, None),
    ],
)
def test_equal_messages_of_all_ranks_are_printed_once(
    arguments: tuple[str, ...], status: int, message: str | None, forks: Forks, trained_run: Run
) -> None:
    outcomes = forks.run(*(str(trained_run.path) if word == "RUN" else word for word in arguments), "--workers", 0)
    assert [outcome.status for outcome in outcomes] == [status, status]
    together = "".join(outcome.output for outcome in outcomes)
    assert together == message if message else together.count("Error: ") == 1


def test_followers_say_nothing_of_what_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    before = sys.stdout, sys.stderr
    mute_followers()
    assert (sys.stdout, sys.stderr) == before
    become_rank(1, 2, monkeypatch)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    mute_followers()
    with sys.stdout as silent:
        assert silent.name == "/dev/null"
        assert sys.stderr is silent
