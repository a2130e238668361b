"""Which rank does what: shares, parts of batches, batch normalisation over all of them, and one voice at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from camcore.runs.run import Run
from camcore.system.ranks import VARIABLES, Ranks, current_rank, mute_followers
from camcore.training.loading import EpochSampler, RankBatches
from tests.support.torchrun import Forks, start_forks

COUNTS = pytest.mark.parametrize("count", [1, 2, 3, 8])


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with start_forks(tmp_path_factory.mktemp("forks")) as running:
        yield running


def become(rank: int, count: int, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("TORCHELASTIC_RUN_ID", "test")
    for name, value in zip(VARIABLES, (rank, count, rank, count), strict=True):
        patch.setenv(name, str(value))


@COUNTS
def test_shares_follow_one_another_and_differ_by_one_at_most(count: int) -> None:
    for total in range(40):
        shares = [Ranks(rank, count).share(total) for rank in range(count)]
        assert [index for share in shares for index in share] == list(range(total))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_without_torchrun_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    become(1, 2, monkeypatch)
    assert current_rank() == Ranks(1, 2, 1, 2)
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")
    assert current_rank() == Ranks()
    assert current_rank().is_only
    assert current_rank().is_first


@COUNTS
@pytest.mark.parametrize("mixed", [False, True])
def test_the_parts_of_a_batch_are_the_batch(mixed: bool, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(RankBatches(EpochSampler(17, seed=3), 5, drop_last=False, mixed=False))
    assert [len(batch) for batch in whole] == [5, 5, 5, 2]
    found: list[list[tuple[int, int]]] = [[] for _ in whole]
    for rank in range(count):
        become(rank, count, monkeypatch)
        for at, part in enumerate(RankBatches(EpochSampler(17, seed=3), 5, drop_last=False, mixed=mixed)):
            size = len(current_rank().share(len(whole[at])))
            if len(part) > size:
                before = whole[at].index(part[1]) - 1 if size else len(found[at]) - 1
                assert part[0] == whole[at][before], "the image in front of the part; of the first one the last"
            assert len(part) == size + ((mixed and count > 1) or not size)
            found[at] += part[len(part) - size :]
    assert found == whole


NORMALIZE = """
import torch
from torch import nn
from camcore.system.collectives import init_ranks, reduce_gradients
from camcore.system.ranks import current_rank
from camcore.training.synced_norm import SyncedBatchNorm, sync_batch_norm

init_ranks()
torch.manual_seed(0)
images = 50 + 3 * torch.randn(SIZE, 4, 5, 6)  # a mean that is large beside the spread
wanted = torch.randn(SIZE, 4, 5, 6)
whole, mine = nn.Sequential(nn.BatchNorm2d(4)), nn.Sequential(nn.BatchNorm2d(4))
for layer in (whole[0], mine[0]):
    nn.init.constant_(layer.weight, 1.5)
sync_batch_norm(mine)
assert type(mine[0]) is SyncedBatchNorm
rows = current_rank().share(SIZE)
rows = slice(rows.start, rows.stop)
for _ in range(2):
    expected, found = images.clone().requires_grad_(), images[rows].clone().requires_grad_()
    out, part = whole(expected), mine(found)
    (out * wanted).sum().backward()
    (part * wanted[rows]).sum().backward()
    reduce_gradients(mine.parameters())
    torch.testing.assert_close(part, out[rows], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.grad, expected.grad[rows], rtol=1e-4, atol=1e-4)
    for one, other in zip(mine.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-3)
    reduced, plain = mine.state_dict(), whole.state_dict()
    for name in plain:
        torch.testing.assert_close(reduced[name], plain[name], rtol=1e-5, atol=1e-5)
    for model in (whole, mine):
        model.zero_grad()
torch.testing.assert_close(mine.eval()(images[rows]), whole.eval()(images)[rows])
"""


@pytest.mark.parametrize("size", [8, 2])
def test_batch_normalisation_is_that_of_the_whole_batch(size: int, forks: Forks) -> None:
    # Of two images, one of three ranks has none.
    for outcome in forks.run(ranks=3, source=f"SIZE = {size}\n{NORMALIZE}"):
        assert outcome.status == 0, outcome.said


TOGETHER = """
import torch
from camcore.system.collectives import first_here, from_first, gather, init_ranks, reduce_any, reduce_sums
from camcore.system.collectives import sum_over_ranks
from camcore.system.ranks import current_rank

assert not torch.distributed.is_initialized()
init_ranks()
init_ranks()
assert reduce_sums(rank, 1) == [1, 2]
assert reduce_any(rank == 1)
assert not reduce_any(False)
assert gather({"rank": rank}) == [{"rank": 0}, {"rank": 1}]
assert from_first(lambda: ["decided", rank]) == ["decided", 0]
assert sum_over_ranks(torch.tensor([1.0 + rank])).tolist() == [3.0]
from pathlib import Path
with first_here():
    assert PLACE.exists() == bool(rank)
    PLACE.touch()
"""


def test_what_ranks_do_together(forks: Forks, tmp_path: Path) -> None:
    for outcome in forks.run(source=f"from pathlib import Path\nPLACE = Path({str(tmp_path / 'first')!r})\n{TOGETHER}"):
        assert outcome.status == 0, outcome.said


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
        become(0, count, monkeypatch)
        assert environment.count_cores() == cores
    assert environment.describe_environment()["cores"] == 7
    assert environment.describe_environment()["ranks"] == 8


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
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
def test_what_all_ranks_would_say_is_said_once(
    arguments: tuple[str, ...], status: int, said: str | None, forks: Forks, trained_run: Run
) -> None:
    outcomes = forks.run(*(str(trained_run.path) if word == "RUN" else word for word in arguments), "--workers", 0)
    assert [outcome.status for outcome in outcomes] == [status, status]
    together = "".join(outcome.said for outcome in outcomes)
    assert together == said if said else together.count("Error: ") == 1


def test_followers_say_nothing_of_what_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    before = sys.stdout, sys.stderr
    mute_followers()
    assert (sys.stdout, sys.stderr) == before
    become(1, 2, monkeypatch)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    mute_followers()
    with sys.stdout as silent:
        assert silent.name == "/dev/null"
        assert sys.stderr is silent
