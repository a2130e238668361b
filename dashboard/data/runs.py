"""Reads the runs in the runs folder and their explanations."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from camcore.errors import ReplacedError, RunError
from camcore.explained.explanation import Explanation, is_explained, open_explanation
from camcore.runs.run import Run, list_run_folders, open_run
from dashboard.data.caching import FileCache
from dashboard.data.links import find_state_files, refuse_links_out

STATES = ("explained", "trained", "training", "damaged")


@dataclass(frozen=True)
class ExplainedRun:
    """A run with its current explanation. Equal keys mean equal files."""

    run: Run = field(compare=False)
    explanation: Explanation = field(compare=False)
    key: tuple[str, str]

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.run.path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of the sources whose maps are stored."""
        return tuple(self.explanation.manifest.sources)


@dataclass(frozen=True)
class RunEntry:
    """A run folder. `problem` says why it can't be read, or why it has no maps.

    `changed` is the time of its `run.json`, from `read_time`.
    """

    path: Path
    run: Run | None
    explanation: Explanation | None
    problem: str | None
    changed: int

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self.run is None:
            return "damaged"
        if self.explanation is not None:
            return "explained"
        if is_explained(self.run):
            return "damaged"
        return "trained" if self.run.finished else "training"

    @property
    def key(self) -> tuple[str, str]:
        """The folder and the state of its files."""
        return str(self.path), f"{self.explanation.id if self.explanation else ''} {self.changed}"

    @property
    def explained(self) -> ExplainedRun | None:
        """The run with its explanation, or None."""
        if self.run is None or self.explanation is None:
            return None
        return ExplainedRun(self.run, self.explanation, self.key)


_entries: FileCache[Path, RunEntry] = FileCache(most=10_000)  # more than there are runs, or it never hits


def list_entries(folder: Path) -> list[RunEntry]:
    """Return the entries of the runs folder, sorted by name."""
    return [read_entry(path) for path in list_run_folders(folder)]


def read_entry(path: Path) -> RunEntry:
    """Return a run folder; if it can't be read, with the reason."""
    try:
        entry = _entries.get(path, lambda: find_state_files(path), lambda: _read_entry(path))
    except RunError:
        entry = _read_entry(path)  # it says what can't be read
    if entry.explanation is None:
        return entry
    # An explanation keeps the arrays it has read: each session gets its own, so that they are freed with it.
    return replace(entry, explanation=replace(entry.explanation))


def read_explained(path: Path) -> ExplainedRun:
    """Return a run with its current explanation.

    Raises:
        RunError: It is damaged, or has no explanation.
    """
    entry = read_entry(path)
    if entry.explained is None:
        raise RunError(entry.problem)
    return entry.explained


def reopen(explained: ExplainedRun) -> ExplainedRun:
    """Return the run opened again, so that the session keeps none of the arrays it reads.

    Raises:
        ReplacedError: The run was changed or explained again since the page began; the page would mix both.
        RunError: It is damaged.
    """
    now = read_explained(explained.path)
    if now != explained:
        raise ReplacedError(f"{now.path} was changed or explained again while this page was made. Load it once more.")
    return now


def read_time(path: Path) -> int:
    """Return when a file was last changed, in ns; 0 if it is missing."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read_entry(path: Path) -> RunEntry:
    changed = read_time(path / "run.json")
    try:
        refuse_links_out(path)
        run = open_run(path)
    except RunError as error:
        return RunEntry(path, None, None, str(error), changed)
    try:
        return RunEntry(path, run, open_explanation(run), None, changed)
    except RunError as error:
        return RunEntry(path, run, None, str(error), changed)
