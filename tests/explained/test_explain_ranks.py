"""Explaining on several ranks gives byte-identical files, even if a rank is killed."""

import shutil
from pathlib import Path

import pytest

from camcore.explained.explanation import open_explanation
from camcore.explained.resume import PART_IMAGES, choose_size
from camcore.runs.run import Run, open_run
from tests.support.kill_process import KILLED
from tests.support.torchrun import Forks, read_maps

EXACT = ("--force", "--sources", "cam,grad_cam,grad_cam@layer3", "--all-classes", "--precision", "exact")
ON_CPU = ("--device", "cpu", "--workers", 0)
IN_TWOS = "from camcore.explained import job\njob.BATCH_SIZE = 2\n"  # of six images, three batches


@pytest.fixture
def copies(trained_run: Run, tmp_path: Path) -> tuple[Run, Run]:
    """Two copies of a run: for one process and for several ranks."""
    first, second = (shutil.copytree(trained_run.path, tmp_path / name / "run") for name in ("alone", "ranks"))
    return open_run(Path(first)), open_run(Path(second))


def explain_alone(forks: Forks, run: Run) -> None:
    words = [str(word) for word in ("explain", run.path, *EXACT, *ON_CPU)]
    outcome = forks.killer.run(source=f"{IN_TWOS}from camcore.cli.main import main\nmain({words!r})")
    assert outcome.status == 0, outcome.output


@pytest.mark.parametrize("ranks", [2, 5])
def test_the_maps_of_ranks_are_those_of_one_process_to_the_byte(
    ranks: int, forks: Forks, copies: tuple[Run, Run]
) -> None:
    alone, shared = copies
    explain_alone(forks, alone)
    outcomes = forks.run("explain", shared.path, *EXACT, *ON_CPU, ranks=ranks, before=IN_TWOS)
    assert [outcome.status for outcome in outcomes] == [0] * ranks, [outcome.output for outcome in outcomes]
    assert [bool(outcome.output) for outcome in outcomes] == [True] + [False] * (ranks - 1)
    assert read_maps(shared) == read_maps(alone)
    assert len(list((shared.path / "explained").iterdir())) == 2, "the current maps and their name"


def kill_in_part(rank: int, number: int) -> str:
    return f"""
if rank == {rank}:
    from camcore.explained.resume import FinishedParts
    write, written = FinishedParts.write, []

    def write_or_die(*given):
        written.append(0)
        if len(written) == {number}:
            os.kill(os.getpid(), 9)
        write(*given)

    FinishedParts.write = write_or_die
"""


@pytest.mark.parametrize("rank", [0, 1])
def test_an_explain_resumes_with_any_number_of_ranks(rank: int, forks: Forks, copies: tuple[Run, Run]) -> None:
    alone, shared = copies
    explain_alone(forks, alone)
    before = open_explanation(shared).id
    command = ("explain", shared.path, *EXACT, *ON_CPU)
    outcomes = forks.run(*command, before=IN_TWOS + kill_in_part(rank, 2 - rank))
    assert outcomes[rank].status == KILLED
    assert outcomes[1 - rank].status == 1
    assert outcomes[1 - rank].output.startswith(f"Error: Rank {1 - rank} lost touch with the other ranks (")
    assert open_explanation(shared).id == before
    parts = sorted(path.name for path in (shared.path / "explained" / ".unfinished").glob("*.safetensors"))
    assert parts, "what was finished is kept"
    counted = IN_TWOS + (
        "from camcore.explained.resume import FinishedParts\nwrite = FinishedParts.write\n"
        "FinishedParts.write = lambda *given: (print('part'), write(*given))[1]\n"
    )
    outcomes = forks.run(*command, ranks=1 + rank, before=counted)
    assert [outcome.status for outcome in outcomes] == [0] * (1 + rank)
    assert "".join(outcome.output for outcome in outcomes).count("part\n") <= 3 - len(parts)
    assert read_maps(shared) == read_maps(alone)


def test_parts_are_whole_batches_and_enough_for_all() -> None:
    assert choose_size(100_000, 16, 1) == PART_IMAGES
    for images in (1, 6, 500, 8580, 100_000):
        for ranks in (2, 3, 8, 64):
            size = choose_size(images, 16, ranks)
            assert size % 16 == 0
            assert 16 <= size <= PART_IMAGES
            assert size == 16 or images / size > 2 * ranks
