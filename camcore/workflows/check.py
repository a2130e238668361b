"""`camcore check`: opens all of a run and compares files with their SHA-256."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from camcore.errors import NoRunError, RunError, shell_command
from camcore.explained.explanation import find_current, is_explained, open_explanation
from camcore.runs.run import Run, open_run
from camcore.system.checksums import RUN_FILES, SUMS, read_sums, verify, write_sums
from camcore.system.files import RESTORE, atomic_path
from camcore.system.locks import only_writer
from camcore.verdict.document import describe_remedy, read_values, read_verdict

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """Result of a check: problems, number and bytes of listed files, folders without list."""

    problems: list[str]
    files: int = 0
    size: int = 0
    unlisted: tuple[Path, ...] = ()


def check_run(path: Path) -> Checked:
    """Open all of a run and hash its listed files. Unlisted files are opened only.

    Raises:
        NoRunError: There is no run.
    """
    problems: list[str] = []
    run = _try(problems, lambda: open_run(path))
    if run is None:
        return Checked(problems)
    _try(problems, run.history)
    _try(problems, run.kept_epoch)
    folders = [path]
    if is_explained(run):
        explanation = _try(problems, lambda: open_explanation(run))
        if explanation is not None:
            folders.append(explanation.path)
            _try(problems, explanation.read_all)
            verdict = _try(problems, lambda: read_verdict(explanation))
            if verdict is not None:
                _try(problems, lambda: read_values(explanation, verdict))
    listed = [folder / name for folder in folders for name in read_sums(folder) or ()]
    for file in listed:
        if not any(problem.startswith(f"{file} ") for problem in problems):
            _try(problems, lambda file=file: verify(file, _describe_remedy(run, file), largest=None))  # type: ignore[misc]
    size = sum(file.stat().st_size for file in listed if file.is_file())
    return Checked(problems, len(listed), size, tuple(folder for folder in folders if read_sums(folder) is None))


def accept_run(path: Path) -> Checked:
    """List the files of a run as they are now. If one can't be opened, the lists are unchanged.

    Raises:
        CamcoreError: The run can't be opened, is unfinished or read-only, or another process writes to it.
    """
    if not (path / "run.json").is_file():
        open_run(path)
    with only_writer(path), ExitStack() as lists:
        lists.enter_context(_kept_on_failure(path / SUMS))
        write_sums(path, RUN_FILES)
        run = open_run(path)
        if run.resume_path.exists():
            raise RunError(
                f"{path} is unfinished: its files change with every epoch. Resume:"
                f" {shell_command('train', '--run', path, '--resume')}"
            )
        folder = path / "explained" / find_current(run) if is_explained(run) else None
        if folder is not None and (folder / "manifest.json").is_file():
            lists.enter_context(_kept_on_failure(folder / SUMS))
            write_sums(folder, [file.name for file in folder.iterdir() if not file.name.startswith(".")])
        checked = check_run(path)
        if checked.problems:
            raise RunError(checked.problems[0])
    return checked


def _try(problems: list[str], step: Callable[[], T]) -> T | None:
    try:
        return step()
    except NoRunError:
        raise
    except RunError as error:
        problems.append(str(error))
        return None


def _describe_remedy(run: Run, file: Path) -> str:
    if file.parent == run.path:
        return RESTORE
    if file.name.startswith(("measures", "verdict")):
        return describe_remedy(run.path)
    return f"Recreate it: {shell_command('explain', run.path, '--force')}"


@contextmanager
def _kept_on_failure(path: Path) -> Iterator[None]:
    """Restore a file if the block fails."""
    before = path.read_bytes() if path.is_file() else None
    try:
        yield
    except BaseException:
        if before is not None:
            with atomic_path(path) as part:
                part.write_bytes(before)
        elif path.is_file():
            path.unlink()
        raise
